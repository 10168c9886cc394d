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
    delete &state;
  }
}

void destroy(BufferState& state) noexcept { delete &state; }

}  // namespace ashlar::detail
