#pragma once

#include <ashlar/buffer/subbuffer.hpp>

#include "buffer/access_tracker.hpp"
#include "buffer/spare_blocks.hpp"
#include "counted_state.hpp"
#include "device/check.hpp"
#include "device/device_state.hpp"
#include "memory/buffer_memory.hpp"
#include "memory/device_memory_state.hpp"
#include "memory/memory_block.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace ashlar::detail {

/// A VkBuffer that belongs to ashlar; destroyed with this. Somebody else keeps the device alive.
class OwnedBuffer {
 public:
  /// vkCreateBuffer.
  /// \throws VulkanError
  OwnedBuffer(DeviceState& device, VkBufferCreateInfo const& info);
  OwnedBuffer(OwnedBuffer const&) = delete;
  OwnedBuffer& operator=(OwnedBuffer const&) = delete;
  ~OwnedBuffer() { destroy(); }

  [[nodiscard]] VkBuffer handle() const noexcept { return handle_; }

  /// vkDestroyBuffer, unless that is done.
  void destroy() noexcept;

 private:
  DeviceState& device_;
  VkBuffer handle_ = VK_NULL_HANDLE;
};

/// A buffer, its memory, and who may touch which of its bytes. Lives until its last handle and its last guard are gone.
struct BufferState final : CountedState {
  /// Creates the buffer, and binds it to memory. `device` is the allocator's.
  /// \pre Nothing is chained to `info` but what the buffer may be exported by.
  /// \throws as MemoryAllocator::allocate.
  BufferState(DeviceState& device, MemoryAllocator const& allocator, VkBufferCreateInfo const& info,
              AllocationCreateInfo const& allocation_info, std::uint64_t alignment);
  ~BufferState();

  static void* operator new(std::size_t size) { return spare_blocks.take(size); }
  static void operator delete(void* block) noexcept { spare_blocks.give(block); }

  /// The first byte, mapped; one atomic read but for the first time.
  /// \throws NotHostVisibleError, VulkanError
  [[nodiscard]] std::byte* host_pointer() {
    std::byte* const known = mapped.load(std::memory_order_acquire);
    return known != nullptr ? known : map();
  }

  /// \pre The range is in the buffer, widened to whole atoms.
  /// \throws VulkanError
  void flush(ByteRange range) const { allocation.flush(inside_allocation(range)); }
  void invalidate(ByteRange range) const { allocation.invalidate(inside_allocation(range)); }

  BufferUsages const usage;
  std::uint64_t const size;
  OwnedBuffer vulkan;
  MemoryAllocation allocation;              ///< Keeps the device alive. Freed after the VkBuffer is destroyed.
  std::atomic<std::byte*> mapped{nullptr};  ///< Null until the first `host_pointer`.
  AccessTracker tracker;

  /// The queue family that owns a buffer with `Sharing::Exclusive`, or if there is only one.
  std::atomic<std::uint32_t> owner_family;

 private:
  [[nodiscard]] std::byte* map();

  /// The last atom of a buffer may end behind a dedicated allocation.
  [[nodiscard]] ByteRange inside_allocation(ByteRange range) const noexcept;
};

/// The least minMemoryMapAlignment that Vulkan allows.
constexpr std::uint64_t always_given_host_alignment = 64;

/// \throws ValidationError if `bytes` is empty, or mapped memory has no such alignment.
void require_host_alignment(BufferRange const& bytes, std::uint64_t alignment);

/// What the host's guards of elements of this alignment work on.
/// \throws as require_host_alignment.
[[nodiscard]] inline BufferState& state_for_host(BufferRange const& bytes, std::uint64_t alignment) {
  if (!bytes || alignment > always_given_host_alignment) {
    require_host_alignment(bytes, alignment);
  }
  return Access::state(bytes.buffer());
}

/// Any family may use the buffer.
constexpr std::uint32_t no_owner_needed = VK_QUEUE_FAMILY_IGNORED;
/// The first family to use it will own it.
constexpr std::uint32_t no_owner_yet = VK_QUEUE_FAMILY_IGNORED - 1;

/// Destroys a buffer that neither a handle nor a guard keeps; if the device still uses it, as soon as it is done.
void destroy(BufferState& state) noexcept;

/// Ends an entry of work that is done, and perhaps the buffer.
void end_work(BufferState& state, DeviceEntry& entry) noexcept;

/// What AccessTracker takes: 0 on coherent memory, and where the host cannot reach it.
[[nodiscard]] inline std::uint64_t atom_of(MemoryAllocation const& allocation, DeviceState const& device) noexcept {
  MemoryPropertyFlags const properties = Access::state(Access::block(allocation).memory).properties;
  return needs_flushes(properties) ? device.limits().non_coherent_atom_size : 0;
}

inline OwnedBuffer::OwnedBuffer(DeviceState& device, VkBufferCreateInfo const& info) : device_{device} {
  check(device.vk.vkCreateBuffer(device.handle, &info, device.allocation_callbacks, &handle_), "vkCreateBuffer");
  device.buffer_count.add();
}

inline void OwnedBuffer::destroy() noexcept {
  if (handle_ == VK_NULL_HANDLE) {
    return;
  }
  VkBuffer const handle = std::exchange(handle_, VK_NULL_HANDLE);
  DeviceState& device = device_;
  device.buffer_names.forget(reinterpret_cast<std::uint64_t>(handle));
  device.vk.vkDestroyBuffer(device.handle, handle, device.allocation_callbacks);
  device.buffer_count.remove();
}

inline BufferState::BufferState(DeviceState& device, MemoryAllocator const& allocator, VkBufferCreateInfo const& info,
                                AllocationCreateInfo const& allocation_info, std::uint64_t alignment)
    : usage{BufferUsages::from_mask(info.usage)},
      size{info.size},
      vulkan{device, info},
      allocation{allocate_for_buffer(allocator, vulkan.handle(), info, alignment, allocation_info)},
      tracker{atom_of(allocation, device)},
      owner_family{info.sharingMode == VK_SHARING_MODE_EXCLUSIVE ? no_owner_yet : no_owner_needed} {}

inline BufferState::~BufferState() { vulkan.destroy(); }
static_assert(alignof(BufferState) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

}  // namespace ashlar::detail
