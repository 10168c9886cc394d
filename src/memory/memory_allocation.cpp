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

MemoryAllocation::MemoryAllocation(detail::Counted<detail::MemoryAllocatorState> allocator, DeviceMemory memory,
                                   Suballocation piece, detail::MemoryBlock* block) noexcept
    : allocator_{std::move(allocator)}, memory_{std::move(memory)}, piece_{piece}, block_{block} {}

MemoryAllocation::MemoryAllocation(MemoryAllocation&& other) noexcept
    : allocator_{std::move(other.allocator_)},
      memory_{std::move(other.memory_)},
      piece_{std::exchange(other.piece_, {})},
      block_{std::exchange(other.block_, nullptr)} {}

MemoryAllocation& MemoryAllocation::operator=(MemoryAllocation&& other) noexcept {
  MemoryAllocation taken{std::move(other)};
  std::swap(allocator_, taken.allocator_);
  std::swap(memory_, taken.memory_);
  std::swap(piece_, taken.piece_);
  std::swap(block_, taken.block_);
  return *this;
}

MemoryAllocation::~MemoryAllocation() {
  if (block_ != nullptr) {
    block_->pool.deallocate(*block_, piece_);
  } else if (memory_) {
    allocator_->pools[memory_.memory_type()].remove_dedicated(piece_.size);
  }
}

Device const& MemoryAllocation::device() const noexcept { return allocator_->device; }

std::byte* MemoryAllocation::map() const { return memory_.map() + piece_.offset; }

void MemoryAllocation::flush(ByteRange range) const {
  memory_.flush(in_memory(piece_, range, "MemoryAllocation::flush"));
}

void MemoryAllocation::invalidate(ByteRange range) const {
  memory_.invalidate(in_memory(piece_, range, "MemoryAllocation::invalidate"));
}

void MemoryAllocation::bind_buffer(VkBuffer buffer) const {
  detail::DeviceState const& device = detail::Access::state(allocator_->device);
  VkResult const result = bind_to(detail::Access::state(memory_), [&] {
    return device.vk.vkBindBufferMemory(device.handle, buffer, memory_.handle(), piece_.offset);
  });
  detail::check(result, "vkBindBufferMemory");
}

void MemoryAllocation::bind_image(VkImage image) const {
  detail::DeviceState const& device = detail::Access::state(allocator_->device);
  VkResult const result = bind_to(detail::Access::state(memory_), [&] {
    return device.vk.vkBindImageMemory(device.handle, image, memory_.handle(), piece_.offset);
  });
  detail::check(result, "vkBindImageMemory");
}

}  // namespace ashlar
