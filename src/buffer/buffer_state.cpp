#include "buffer/buffer_state.hpp"

#include "device/check.hpp"

#include <algorithm>
#include <utility>

namespace ashlar::detail {
namespace {

/// What AccessTracker takes: 0 on coherent memory, and where the host cannot reach it.
std::uint64_t atom_of(MemoryAllocation const& memory, Device const& device) noexcept {
  MemoryPropertyFlags const properties = memory.properties();
  bool const coherent =
      !properties.contains(MemoryProperty::HostVisible) || properties.contains(MemoryProperty::HostCoherent);
  return coherent ? 0 : device.physical_device().limits().non_coherent_atom_size;
}

}  // namespace

OwnedBuffer::OwnedBuffer(Device const& device, BufferCreateInfo const& info, std::uint64_t size) : device_{device} {
  DeviceState& owner = Access::state(device);
  VkExternalMemoryBufferCreateInfo const external{VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, nullptr,
                                                  info.external_memory_handle_types.mask()};
  VkBufferCreateInfo create{};
  create.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  create.pNext = info.external_memory_handle_types.empty() ? nullptr : &external;
  create.flags = info.flags.mask();
  create.size = size;
  create.usage = info.usage.mask();
  create.sharingMode = VK_SHARING_MODE_EXCLUSIVE;
  if (info.sharing == Sharing::Concurrent && owner.queue_families.size() > 1) {
    create.sharingMode = VK_SHARING_MODE_CONCURRENT;
    create.queueFamilyIndexCount = static_cast<std::uint32_t>(owner.queue_families.size());
    create.pQueueFamilyIndices = owner.queue_families.data();
  }
  check(owner.vk.vkCreateBuffer(owner.handle, &create, owner.allocation_callbacks, &handle_), "vkCreateBuffer");
  owner.buffer_count.fetch_add(1, std::memory_order_relaxed);
}

OwnedBuffer::OwnedBuffer(OwnedBuffer&& other) noexcept
    : device_{std::move(other.device_)}, handle_{std::exchange(other.handle_, VK_NULL_HANDLE)} {}

OwnedBuffer::~OwnedBuffer() {
  if (handle_ == VK_NULL_HANDLE) {
    return;
  }
  DeviceState& owner = Access::state(device_);
  owner.object_names.forget(VK_OBJECT_TYPE_BUFFER, reinterpret_cast<std::uint64_t>(handle_));
  owner.vk.vkDestroyBuffer(owner.handle, handle_, owner.allocation_callbacks);
  owner.buffer_count.fetch_sub(1, std::memory_order_relaxed);
}

BufferState::BufferState(OwnedBuffer buffer, MemoryAllocation memory, BufferCreateInfo const& info,
                         std::uint64_t bytes) noexcept
    : allocation{std::move(memory)},
      vulkan{std::move(buffer)},
      size{bytes},
      usage{info.usage},
      tracker{atom_of(allocation, vulkan.device())} {}

ByteRange BufferState::inside_allocation(ByteRange range) const noexcept {
  return {range.offset, std::min(range.size, allocation.size() - range.offset)};
}

void retain(BufferState& state) noexcept { state.add_reference(); }

void release(BufferState& state) noexcept {
  if (state.drop_reference() && state.tracker.retire()) {
    destroy(state);
  }
}

void destroy(BufferState& state) noexcept { delete &state; }

}  // namespace ashlar::detail
