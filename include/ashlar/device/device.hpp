#pragma once

#include <ashlar/array_view.hpp>
#include <ashlar/counted.hpp>
#include <ashlar/device/instance.hpp>
#include <ashlar/device/physical_device.hpp>
#include <ashlar/device/queue.hpp>
#include <ashlar/export.hpp>
#include <ashlar/vulkan_handles.hpp>

#include <cstdint>

namespace ashlar {

class BufferUse;
class TrackedWork;

/// Queues of one family to create.
struct QueueCreateInfo {
  std::uint32_t family = 0;
  std::uint32_t count = 1;
  float priority = 1.0F;  ///< From 0 to 1.
};

struct DeviceCreateInfo {
  /// Which device; empty takes the one that `Device::create_default` would take.
  PhysicalDevice physical_device{};

  /// Device extensions to enable, beside those that ashlar enables by itself. An unknown one is a `NotFoundError`.
  ArrayView<char const*> extensions{};

  /// A pNext chain of feature structs (VkPhysicalDeviceFeatures2, VkPhysicalDeviceVulkan12Features, …) to enable.
  ///
  /// ashlar turns on, by itself, the features that it profits from where the device has them. If the chain already
  /// holds the struct of such a feature, that member is set to VK_TRUE in the chain itself, so that no struct
  /// stands twice; other members are left alone. If creation fails the chain is put back as it was. Who chooses
  /// VK_EXT_buffer_device_address gets no buffer device address of ashlar's: the two exclude each other.
  void* features = nullptr;

  /// Empty: one general queue, and one of a compute-only and a transfer-only family where there are such.
  ArrayView<QueueCreateInfo> queues{};

  /// Passed to every Vulkan call that takes it; has to live as long as the device.
  VkAllocationCallbacks const* allocation_callbacks = nullptr;

  /// The device's debug-utils name.
  char const* name = "";
};

/// Which device `Device::create_default` takes, and how its instance is made.
struct DefaultDeviceInfo {
  /// Part of the device's name, without regard to case, or its index in `Instance::physical_devices`. Empty: the
  /// environment variable ASHLAR_DEVICE, in the same form, and then the best there is.
  char const* device = "";

  InstanceCreateInfo instance{};
};

/// Locks and unlocks a queue that its owner also submits to. Several queues may have the same one.
struct QueueLock {
  void (*lock)(void* user_data) = nullptr;
  void (*unlock)(void* user_data) = nullptr;  ///< Must not throw.
  void* user_data = nullptr;
};

/// A queue of a device that somebody else created.
struct AdoptedQueue {
  VkQueue handle = nullptr;
  std::uint32_t family = 0;
  std::uint32_t index = 0;
  QueueLock lock{};  ///< Null functions: nobody else uses the queue; a mutex of ashlar's serves.
};

/// A device that somebody else created, with what cannot be queried back. What is not declared is off.
struct DeviceAdoptInfo {
  VkInstance instance = nullptr;
  VkPhysicalDevice physical_device = nullptr;
  VkDevice device = nullptr;

  /// Where Vulkan's functions come from; null opens the system's loader at run time.
  PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;

  /// VkApplicationInfo::apiVersion that the instance was created with.
  std::uint32_t api_version = 0;

  /// What the device was created with: its extensions, features and queue families are taken from it. Read during
  /// the call only.
  VkDeviceCreateInfo const* create_info = nullptr;

  /// Queues that ashlar may use.
  ArrayView<AdoptedQueue> queues{};

  /// VkDeviceMemory objects that exist already: they count towards maxMemoryAllocationCount.
  std::uint64_t memory_allocation_count = 0;

  /// Whether VK_EXT_debug_utils is enabled on the instance.
  bool debug_utils = false;

  /// Passed to every Vulkan call that takes it; has to live as long as ashlar's device.
  VkAllocationCallbacks const* allocation_callbacks = nullptr;

  /// Where the report of `Device::drain` goes; null prints it on stderr.
  MessageCallback message_callback = nullptr;
  void* message_user_data = nullptr;
};

/// What still lives on a device.
struct LiveObjects {
  std::uint64_t buffers = 0;
  std::uint64_t memory_allocations = 0;  ///< VkDeviceMemory objects.
  std::uint64_t memory_bytes = 0;        ///< Their sizes, added up.

  [[nodiscard]] bool empty() const noexcept { return buffers == 0 && memory_allocations == 0; }
};

/// VkDevice with its queues, and the table of its functions. A counted handle: the device is destroyed, and
/// after it the instance, when the last handle, buffer and allocator that needs it is gone.
///
/// Threads: all members may be called by several threads at once.
class ASHLAR_API Device {
 public:
  /// Empty: tests false.
  Device() noexcept = default;

  /// The best Vulkan device here: discrete before integrated before virtual before CPU, and among those the first.
  /// \throws NotFoundError if no device fits; the text lists the devices that were seen and what to install.
  /// \throws VulkanError if a Vulkan call fails.
  [[nodiscard]] static Device create_default(DefaultDeviceInfo const& info = {});

  /// A device with the features, extensions and queues that you choose. Vulkan 1.1 is the least.
  ///
  /// Enables by itself, where present: buffer device address, timeline semaphores, synchronization2, maintenance4,
  /// VK_EXT_memory_budget, VK_EXT_memory_priority, and VK_KHR_portability_subset, which must be.
  /// \throws NotFoundError if an extension is unknown, or the device offers less than Vulkan 1.1.
  /// \throws ValidationError if a queue is asked for that the device does not have.
  /// \throws VulkanError if a Vulkan call fails.
  [[nodiscard]] static Device create(DeviceCreateInfo const& info);

  /// Uses a device that you created and that outlives every ashlar object: nothing is destroyed that ashlar did not
  /// create. Before you destroy it, let go of every buffer and allocator, call `drain`, and let go of the device
  /// handles.
  /// \throws ValidationError if a handle or the create info is missing, or the version is below 1.1.
  /// \throws VulkanError if a Vulkan call fails.
  [[nodiscard]] static Device adopt(DeviceAdoptInfo const& info);

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(state_); }
  [[nodiscard]] friend bool operator==(Device const&, Device const&) noexcept = default;

  [[nodiscard]] VkDevice handle() const noexcept;
  [[nodiscard]] PhysicalDevice const& physical_device() const noexcept ASHLAR_LIFETIMEBOUND;

  /// The Vulkan version that may be used with this device, as VK_MAKE_API_VERSION.
  [[nodiscard]] std::uint32_t api_version() const noexcept;

  /// What is enabled.
  [[nodiscard]] DeviceFeatures const& features() const noexcept ASHLAR_LIFETIMEBOUND;

  [[nodiscard]] bool extension_enabled(char const* name) const noexcept;

  [[nodiscard]] std::uint32_t queue_count() const noexcept;
  /// \pre `index < queue_count()`.
  [[nodiscard]] Queue queue(std::uint32_t index) const noexcept;

  /// The queue that can do `flags` and least else.
  /// \throws ValidationError if no queue can; the text lists what the queues can do.
  [[nodiscard]] Queue queue(Flags<QueueFlag> flags) const;

  /// The queue families that this device has queues of.
  [[nodiscard]] ArrayView<std::uint32_t> queue_families() const noexcept ASHLAR_LIFETIMEBOUND;

  /// vkDeviceWaitIdle, under the mutexes of all queues.
  /// \throws VulkanError
  void wait_idle() const;

  /// Lets go of what the device is done with: destroys buffers that only it still used, frees their memory. Submitting,
  /// waiting and growing allocators do it by themselves; one that does none of these calls it now and then. Where
  /// nothing is in flight, one atomic read; else a query of each busy queue's semaphore.
  void poll() const noexcept;

  /// Notes that the device is lost (VK_ERROR_DEVICE_LOST), as ashlar's own calls do where one says so: for good. Who
  /// waits for the device gets a VulkanError; what it used is let go.
  void notify_lost() const noexcept;
  [[nodiscard]] bool is_lost() const noexcept;

  /// Registers work that you are about to submit yourself, and that signals `value` of the timeline semaphore when it
  /// is done: guards and submissions wait for it as for one by `Queue::submit`, until it is. Waits for other threads'
  /// guards as that does. Before you destroy the semaphore, `TrackedWork::wait` for the work, or `cancel` it.
  ///
  /// Submit it at once, or `cancel` it: who conflicts with it waits for its semaphore meanwhile, a later submission to
  /// the same queue for ever.
  ///
  /// Yourself you do what `Queue::submit` would have done:
  /// - the work waits for `TrackedWork::waits`; for that of its own queue (`Queue::timeline_semaphore`) a barrier
  /// before
  ///   its first command does as well (from VK_PIPELINE_STAGE_ALL_COMMANDS_BIT to the same, from
  ///   VK_ACCESS_MEMORY_WRITE_BIT to VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT);
  /// - if it writes host-visible memory that the host is to read, a barrier after its last command
  ///   (from VK_PIPELINE_STAGE_ALL_COMMANDS_BIT and VK_ACCESS_MEMORY_WRITE_BIT to VK_PIPELINE_STAGE_HOST_BIT and
  ///   VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT).
  /// \throws as `Queue::submit`. (transfer/tracked_work.hpp, transfer/submit_info.hpp)
  TrackedWork track(VkSemaphore semaphore, std::uint64_t value, ArrayView<BufferUse> uses) const;

  /// Waits until the device is idle, frees what was deferred, and says what of ashlar's still lives: call it before you
  /// destroy a device that was adopted. A buffer that another thread destroys meanwhile may still be counted. An
  /// allocator that lives keeps a block of memory in reserve. If any of it was given a name by `set_name`, the names
  /// are reported through the message callback, or on stderr.
  /// \throws VulkanError
  LiveObjects drain() const;

  /// Gives a Vulkan object of this device a debug-utils name, where VK_EXT_debug_utils is on; an empty name takes it
  /// away. A name that there is no memory for is not given. The name of a VkBuffer or VkDeviceMemory is kept for
  /// `drain` until ashlar destroys the object; of one that is your own, take the name away before you destroy it.
  /// \param object_type a VkObjectType.
  void set_name(std::int32_t object_type, std::uint64_t handle, char const* name) const noexcept;

  /// A function of Vulkan by its name, or null: to be cast to its PFN type.
  [[nodiscard]] PFN_vkVoidFunction proc_addr(char const* name) const noexcept;

 private:
  friend struct detail::Access;
  explicit Device(detail::Counted<detail::DeviceState> state) noexcept;

  detail::Counted<detail::DeviceState> state_;
};

}  // namespace ashlar
