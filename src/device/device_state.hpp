#pragma once

#include <ashlar/device/device.hpp>

#include "access.hpp"
#include "counted_state.hpp"
#include "device/in_flight.hpp"
#include "device/instance_state.hpp"
#include "device/live_count.hpp"
#include "device/name_list.hpp"
#include "device/object_names.hpp"
#include "device/queue_timeline.hpp"
#include "device/vulkan.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

namespace ashlar::detail {

/// A queue and the mutex, ashlar's or its owner's, that guards it. Lockable: for std::lock_guard and its like.
struct QueueState {
  VkQueue handle = VK_NULL_HANDLE;
  std::uint32_t family = 0;
  std::uint32_t index = 0;
  Flags<QueueFlag> flags;
  QueueLock owner_lock;
  std::mutex mutex;
  QueueTimeline timeline;

  /// If the owner's lock throws, nothing is held.
  void lock();
  void unlock() noexcept;

  /// Whether both queues have one lock, given by their owner.
  [[nodiscard]] bool shares_lock(QueueState const& other) const noexcept;
};

struct DeviceState final : CountedState {
  DeviceState() = default;
  ~DeviceState();

  /// Destroyed last: it keeps the instance alive.
  PhysicalDevice physical_device;
  VkDevice handle = VK_NULL_HANDLE;
  bool owned = false;  ///< Whether ashlar created the device, and so destroys it.
  VolkDeviceTable vk{};
  VkAllocationCallbacks const* allocation_callbacks = nullptr;
  std::uint32_t api_version = 0;
  DeviceFeatures features;
  bool debug_utils = false;
  NameList extensions;
  std::deque<QueueState> queues;
  std::vector<std::uint32_t> queue_families;

  /// VkDeviceMemory objects, those of the device's owner included.
  std::atomic<std::uint64_t> memory_allocation_count{0};
  /// VkDeviceMemory objects that ashlar made, and their bytes per heap.
  std::atomic<std::uint64_t> own_memory_allocation_count{0};
  std::atomic<std::uint64_t> heap_use[max_memory_heaps]{};
  LiveCount buffer_count;

  InFlight in_flight{*this};

  /// Of VkBuffers and VkDeviceMemory objects. Who destroys one of ashlar's calls `forget`.
  ObjectNames buffer_names;
  ObjectNames memory_names;

  /// The instance and its functions.
  [[nodiscard]] InstanceState& instance() const noexcept { return *Access::state(physical_device).instance; }

  [[nodiscard]] PhysicalDeviceLimits const& limits() const noexcept { return Access::state(physical_device).limits; }
};

}  // namespace ashlar::detail
