#pragma once

#include <ashlar/error.hpp>
#include <ashlar/memory/device_memory.hpp>

#include "counted_state.hpp"
#include "device/device_state.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>

namespace ashlar::detail {

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

  /// Null until the first `try_map`, which takes the mutex.
  std::atomic<std::byte*> mapped{nullptr};
  std::mutex map_mutex;
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
