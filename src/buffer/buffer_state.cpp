#include "buffer/buffer_state.hpp"

#include "memory/orphans.hpp"

#include <algorithm>
#include <utility>

namespace ashlar::detail {

std::byte* BufferState::map() {
  std::byte* const address = allocation.map();
  mapped.store(address, std::memory_order_release);
  return address;
}

ByteRange BufferState::inside_allocation(ByteRange range) const noexcept {
  return {range.offset, std::min(range.size, allocation.size() - range.offset)};
}

namespace {

/// What only the device used, which is done.
void destroy_orphan(BufferState& state) noexcept {
  state.vulkan.destroy();
  free_orphan(std::move(state.allocation));
  delete &state;
}

/// Not inline, so that the usual way is short.
[[gnu::noinline]] void leave_to_device(BufferState& state) noexcept {
  OrphanedAllocation const keeper{state.allocation};  // Lets go of the allocator at the end, when all is settled.
  if (!state.tracker.leave_to_device()) {
    destroy_orphan(state);  // The device was done meanwhile.
  }
}

}  // namespace

void retain(BufferState& state) noexcept { state.add_reference(); }

void release(BufferState& state) noexcept {
  if (state.drop_reference()) {
    if (state.tracker.retire_unlisted()) [[likely]] {
      delete &state;
    } else if (state.tracker.retire()) {
      destroy(state);
    }
  }
}

void destroy(BufferState& state) noexcept {
  if (state.tracker.in_flight()) [[unlikely]] {
    leave_to_device(state);
  } else {
    delete &state;
  }
}

void end_work(BufferState& state, DeviceEntry& entry) noexcept {
  if (state.tracker.end_work(entry)) {
    destroy_orphan(state);
  }
}

}  // namespace ashlar::detail
