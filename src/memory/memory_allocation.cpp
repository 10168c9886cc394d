#include <ashlar/memory/memory_allocation.hpp>

#include "device/check.hpp"
#include "device/device_state.hpp"
#include "memory/memory_allocator_state.hpp"
#include "text.hpp"

#include <mutex>
#include <utility>

namespace ashlar {
namespace {

/// A range of the piece as a range of its memory.
ByteRange in_memory(Suballocation const& piece, ByteRange range, char const* context) {
  if (range.offset > piece.size || range.size > piece.size - range.offset) {
    throw ValidationError{context, detail::text("the range [", range.offset, ", +", range.size,
                                                ") is not inside the allocation of ", piece.size, " bytes")
                                       .c_str()};
  }
  return {piece.offset + range.offset, range.size};
}

/// Calls what binds a resource to the memory: not while another thread maps it, for which Vulkan wants the memory to
/// itself (vkMapMemory, host synchronization).
template <class Bind>
VkResult bind_to(detail::DeviceMemoryState& memory, Bind bind) {
  bool const may_be_mapped_yet = memory.properties.contains(MemoryProperty::HostVisible) &&
                                 memory.mapped.load(std::memory_order_acquire) == nullptr;
  std::unique_lock lock{memory.map_mutex, std::defer_lock};
  if (may_be_mapped_yet) {
    lock.lock();
  }
  return bind();
}

}  // namespace

void MemoryAllocation::give_back() noexcept { detail::MemoryPool::deallocate(*block_, piece_); }

DeviceMemory const& MemoryAllocation::memory() const noexcept {
  static constinit DeviceMemory const none;
  return block_ != nullptr ? block_->memory : none;
}

Device const& MemoryAllocation::device() const noexcept { return block_->pool.device(); }

bool MemoryAllocation::is_dedicated() const noexcept { return block_ != nullptr && block_->shard == nullptr; }

std::byte* MemoryAllocation::map() const { return memory().map() + piece_.offset; }

void MemoryAllocation::flush(ByteRange range) const {
  memory().flush(in_memory(piece_, range, "MemoryAllocation::flush"));
}

void MemoryAllocation::invalidate(ByteRange range) const {
  memory().invalidate(in_memory(piece_, range, "MemoryAllocation::invalidate"));
}

void MemoryAllocation::bind_buffer(VkBuffer buffer) const {
  detail::DeviceState const& state = detail::Access::state(device());
  VkResult const result = bind_to(detail::Access::state(memory()), [&] {
    return state.vk.vkBindBufferMemory(state.handle, buffer, memory().handle(), piece_.offset);
  });
  detail::check(result, "vkBindBufferMemory");
}

void MemoryAllocation::bind_image(VkImage image) const {
  detail::DeviceState const& state = detail::Access::state(device());
  VkResult const result = bind_to(detail::Access::state(memory()), [&] {
    return state.vk.vkBindImageMemory(state.handle, image, memory().handle(), piece_.offset);
  });
  detail::check(result, "vkBindImageMemory");
}

}  // namespace ashlar
