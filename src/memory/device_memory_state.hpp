#pragma once

#include <ashlar/error.hpp>
#include <ashlar/memory/device_memory.hpp>

#include "counted_state.hpp"
#include "device/check.hpp"
#include "device/device_state.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>

namespace ashlar::detail {

/// Whether the host reaches the memory through caches that have to be flushed and invalidated, by whole atoms.
[[nodiscard]] constexpr bool needs_flushes(MemoryPropertyFlags properties) noexcept {
  return properties.contains(MemoryProperty::HostVisible) && !properties.contains(MemoryProperty::HostCoherent);
}

struct DeviceMemoryState final : CountedState {
  DeviceMemoryState(Device owner, DeviceMemoryAllocateInfo const& info) noexcept;
  ~DeviceMemoryState();

  Device const device;
  VkDeviceMemory handle = VK_NULL_HANDLE;
  std::uint64_t const size;
  std::uint32_t const memory_type;
  MemoryPropertyFlags const properties;

  /// The address, or null with `result` set where the driver fails. \pre The type is host-visible.
  [[nodiscard]] std::byte* try_map(VkResult& result) noexcept;

  /// vkBindBufferMemory.
  /// \throws VulkanError
  void bind_buffer(VkBuffer buffer, std::uint64_t offset) {
    DeviceState const& owner = Access::state(device);
    VkResult const result =
        while_not_mapping([&] { return owner.vk.vkBindBufferMemory(owner.handle, buffer, handle, offset); });
    check(result, "vkBindBufferMemory");
  }

  /// vkBindImageMemory.
  /// \throws VulkanError
  void bind_image(VkImage image, std::uint64_t offset) {
    DeviceState const& owner = Access::state(device);
    VkResult const result =
        while_not_mapping([&] { return owner.vk.vkBindImageMemory(owner.handle, image, handle, offset); });
    check(result, "vkBindImageMemory");
  }

  /// Null until the first `try_map`, which takes the mutex.
  std::atomic<std::byte*> mapped{nullptr};
  std::mutex map_mutex;

 private:
  /// Calls what binds a resource to the memory: not while another thread maps it, for which Vulkan wants the memory to
  /// itself (vkMapMemory, host synchronization).
  template <class Bind>
  VkResult while_not_mapping(Bind const& bind) {
    bool const may_be_mapped_yet =
        properties.contains(MemoryProperty::HostVisible) && mapped.load(std::memory_order_acquire) == nullptr;
    if (may_be_mapped_yet) [[unlikely]] {
      std::lock_guard const lock{map_mutex};
      return bind();
    }
    return bind();
  }
};

/// Why there is no memory, as far as the driver was asked.
struct MemoryFailure {
  VkResult allocate = VK_SUCCESS;  ///< Of the last vkAllocateMemory.
  VkResult map = VK_SUCCESS;       ///< Of the last vkMapMemory that failed.
};

/// As DeviceMemory::allocate, but the driver's "no memory" is an ordinary answer: empty, with `result` set. So is
/// "too many allocations", and a size above the heap's or the device's limit, for which no call is made and `result`
/// stays.
/// \throws VulkanError for any other failure.
[[nodiscard]] DeviceMemory try_allocate_device_memory(Device const& device, DeviceMemoryAllocateInfo const& info,
                                                      VkResult& result);

/// The figures of a failed allocation, for OutOfMemoryError.
[[nodiscard]] OutOfMemoryInfo out_of_memory_info(Device const& device, std::uint64_t size, std::uint32_t memory_type,
                                                 VkResult result);

}  // namespace ashlar::detail
