#pragma once

#include "device/device_work.hpp"
#include "device/vulkan.hpp"
#include "intrusive_list.hpp"

#include <atomic>
#include <cstdint>

namespace ashlar::detail {

/// What a queue's submissions through ashlar need: their timeline semaphore, and command buffers that are recorded
/// once.
struct QueueTimeline {
  /// Makes all that is missing; then `ready` is set. \pre The queue's mutex is held. \throws VulkanError
  void prepare(DeviceState& device, std::uint32_t family);

  /// \pre Nothing is in flight.
  void destroy(DeviceState& device) noexcept;

  std::atomic<bool> ready{false};
  VkSemaphore semaphore = VK_NULL_HANDLE;

  /// Makes all later commands of the queue wait for all earlier ones, and see what they wrote.
  VkCommandBuffer order_barrier = VK_NULL_HANDLE;

  /// Makes what all earlier commands of the queue wrote available to the host.
  VkCommandBuffer host_barrier = VK_NULL_HANDLE;

  std::uint64_t last_value = 0;           ///< Of the last submission. Guarded by the queue's mutex.
  std::atomic<std::uint64_t> reached{0};  ///< How far the semaphore is known to have come.
  IntrusiveList<DeviceWork> works;        ///< In flight, in the order of their values. Guarded by InFlight.

 private:
  VkCommandPool pool_ = VK_NULL_HANDLE;
};

}  // namespace ashlar::detail
