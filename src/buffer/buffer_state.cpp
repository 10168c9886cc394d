#include "buffer/buffer_state.hpp"

#include <algorithm>

namespace ashlar::detail {

std::byte* BufferState::map() {
  std::byte* const address = allocation.map();
  mapped.store(address, std::memory_order_release);
  return address;
}

ByteRange BufferState::inside_allocation(ByteRange range) const noexcept {
  return {range.offset, std::min(range.size, allocation.size() - range.offset)};
}

void retain(BufferState& state) noexcept { state.add_reference(); }

void release(BufferState& state) noexcept {
  if (state.drop_reference() && state.tracker.retire()) {
    destroy(state);
  }
}

void destroy(BufferState& state) noexcept {
  if (!state.tracker.in_flight()) [[likely]] {
    delete &state;
    return;
  }
  state.orphaned = true;
  OrphanedAllocation const keeper{state.allocation};  // Lets go of the allocator at the end, when all is settled.
  if (!state.tracker.leave_to_device()) {
    delete &state;  // The device was done meanwhile.
  }
}

void end_work(BufferState& state, DeviceEntry& entry) noexcept {
  if (state.tracker.end_work(entry)) {
    delete &state;
  }
}

}  // namespace ashlar::detail
