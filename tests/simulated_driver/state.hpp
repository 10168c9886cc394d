#pragma once

// What the driver knows. Handles are looked up in tables and never dereferenced.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "device/vulkan.hpp"
#include "simulated_driver/access_history.hpp"
#include "simulated_driver/backing.hpp"
#include "simulated_driver/clock.hpp"
#include "simulated_driver/command.hpp"
#include "simulated_driver/dispatchable.hpp"
#include "simulated_driver/gpu.hpp"
#include "simulated_driver/host_write_watch.hpp"
#include "simulated_driver/queue_family_ownership.hpp"
#include "simulated_driver/records.hpp"

namespace ashlar::simulated {

struct DeviceState;

/// A handle as a key of the driver's tables.
template <class Handle>
[[nodiscard]] std::uint64_t to_id(Handle handle) {
  if constexpr (std::is_pointer_v<Handle>) {
    return reinterpret_cast<std::uintptr_t>(handle);
  } else {
    return handle;  // Vulkan's non-dispatchable handles are integers on 32-bit platforms.
  }
}
template <class Handle>
[[nodiscard]] Handle to_handle(std::uint64_t id) {
  if constexpr (std::is_pointer_v<Handle>) {
    return reinterpret_cast<Handle>(static_cast<std::uintptr_t>(id));
  } else {
    return id;
  }
}

/// A buffer or an image.
struct Resource {
  VkMemoryRequirements requirements{};
  bool prefers_dedicated = false;
  bool requires_dedicated = false;
  bool is_image = false;
  VkFlags usage = 0;                 ///< VkBufferUsageFlags or VkImageUsageFlags.
  std::set<std::uint32_t> families;  ///< That share it; none: one at a time owns it.
  bool optimal = false;
  bool device_address = false;
  bool may_alias = false;
  VkExternalMemoryHandleTypeFlags handle_types = 0;
  VkDeviceSize size = 0;  ///< Of a buffer.
  struct {
    VkExtent3D extent{};
    std::uint32_t mip_levels = 0;
    std::uint32_t layers = 0;
    VkDeviceSize texel_size = 0;
  } image;
  std::uint64_t memory = 0;  ///< That it is bound to; 0: none.
  VkDeviceSize offset = 0;
};

struct Memory {
  RecordedAllocation info;
  MemoryType type;
  VkExternalMemoryHandleTypeFlags imported_as = 0;  ///< 0: not imported.
  VkDeviceSize map_alignment = 1;
  VkDeviceSize map_offset = 0;
  VkDeviceSize map_size = 0;                             ///< 0: not mapped.
  std::multimap<VkDeviceSize, std::uint64_t> resources;  ///< That are bound and may not alias, by offset.
  std::set<std::uint64_t> aliases;                       ///< That are bound and may alias each other.

  /// Whether the host has a copy of its own.
  [[nodiscard]] bool has_two_copies() const {
    return type.properties.contains(MemoryProperty::HostVisible) &&
           !type.properties.contains(MemoryProperty::HostCoherent);
  }
  /// The copies, made when they are first wanted; null where the process has no memory.
  [[nodiscard]] std::shared_ptr<Backing> const& device_copy();
  [[nodiscard]] std::shared_ptr<Backing> const& host_copy();
  /// The host's copy as it was when it was last written back or invalidated: what differs is dirty.
  [[nodiscard]] std::shared_ptr<Backing> const& clean_copy();

  std::shared_ptr<Backing> device_bytes;  ///< Imported and exportable memory has it from the start.

 private:
  std::shared_ptr<Backing> host_bytes_;
  std::shared_ptr<Backing> clean_bytes_;
};

struct Fence {
  bool signaled = false;
  Clock clock = {};  ///< What comes before its signal.
};

struct Semaphore {
  bool timeline = false;
  std::uint64_t value = 0;  ///< Of a binary one: 1 if it is signaled.
  bool promised = false;    ///< Of a binary one: a signal was submitted, and no wait for it since.

  void signal(std::uint64_t to, Clock const& clock);
  /// What comes before a value: the signal that reached it.
  [[nodiscard]] Clock clock_of(std::uint64_t of) const;

 private:
  std::map<std::uint64_t, Clock> signals_;  ///< What comes before each value; the last few.
};

struct Event {
  bool set = false;
  bool device_only = false;
};

struct BufferView {};

struct CommandBuffer {
  enum class State : std::uint8_t { Initial, Recording, Executable, Invalid };  ///< Pending: see is_in_use.

  std::unique_ptr<Dispatchable> object;
  std::uint64_t pool = 0;
  VkCommandBufferLevel level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  State state = State::Initial;
  VkCommandBufferUsageFlags usage = 0;
  std::shared_ptr<Commands> commands = std::make_shared<Commands>();
};

struct CommandPool {
  std::uint32_t family = 0;
  bool resets_single = false;  ///< VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT.
  std::set<std::uint64_t> command_buffers;
};

/// A wait for, or a signal of, a semaphore.
struct SemaphoreOperation {
  std::uint64_t semaphore = 0;
  std::uint64_t value = 0;
  VkPipelineStageFlags2 stages = 0;  ///< That wait.
};

/// One VkSubmitInfo.
struct Submission {
  Moment moment;
  std::vector<SemaphoreOperation> waits;
  std::vector<std::shared_ptr<Commands>> commands;
  std::vector<SemaphoreOperation> signals;
  std::uint64_t fence = 0;
  std::set<std::uint64_t> objects;   ///< That it uses, of every kind.
  Clock host_clock;                  ///< What the host had waited for when it submitted.
  std::vector<WatchedRange> ranges;  ///< Of host-visible memory.
  bool ready = false;                ///< Whether it has got all that it waits for.
  bool loses_device = false;         ///< When its turn comes.
};

/// What a submission uses until the host knows that it is done.
struct ObjectsInUse {
  Moment moment;
  std::set<std::uint64_t> objects;
};

struct QueueState {
  QueueState(DeviceState& of, std::size_t its_position, std::uint32_t its_family, std::uint32_t its_index)
      : device{of}, position{its_position}, family{its_family}, index{its_index} {}

  DeviceState& device;
  std::size_t position;  ///< Among the device's queues.
  std::uint32_t family;
  std::uint32_t index;
  std::unique_ptr<Dispatchable> object;
  std::deque<Submission> pending;  ///< The first may be under way.
  std::uint64_t submitted = 0;
  std::uint64_t begun = 0;
  bool busy = false;                  ///< Whether the first of `pending` is under way.
  std::optional<std::uint64_t> hold;  ///< The number of the submission, from 0, that may not begin.
  std::thread worker;                 ///< Started by the first submission.
};

/// How often functions were called, and which calls are to fail or to be held.
class CallPlan {
 public:
  /// Counts a call. What is to become of it.
  [[nodiscard]] Failure count(std::string_view function);
  [[nodiscard]] std::uint64_t calls(std::string_view function) const;
  void fail(std::string_view function, Failure const& failure, std::uint64_t nth, bool from_then_on);
  void cancel_failures() { failures_.clear(); }

 private:
  struct Armed {
    std::uint64_t first;  ///< Number of the call, from 1.
    bool from_then_on;
    Failure failure;
  };
  std::map<std::string, std::uint64_t, std::less<>> calls_;
  std::map<std::string, std::vector<Armed>, std::less<>> failures_;
};

struct InstanceState;

struct PhysicalDeviceState {
  InstanceState* instance = nullptr;
  Gpu const* gpu = nullptr;
  std::unique_ptr<Dispatchable> object;
};

struct LivingObject {
  std::uint64_t id = 0;
  char const* type = nullptr;  ///< As in "VkBuffer".
};

struct DeviceState {
  std::shared_ptr<InstanceState> instance;  ///< Even where the program destroys it too early.
  Gpu const* gpu = nullptr;
  Dispatchable* object = nullptr;
  std::set<std::string, std::less<>> features;    ///< That are enabled.
  std::set<std::string, std::less<>> extensions;  ///< That are enabled.
  std::vector<std::unique_ptr<QueueState>> queues;
  bool lost = false;
  bool stopping = false;
  std::uint32_t host_waits = 0;  ///< Calls that let work run to its end: see DriverState::begins_when_awaited.
  CallPlan plan;
  std::minstd_rand write_back_random;

  std::unordered_map<std::uint64_t, Memory> memories;
  std::unordered_map<std::uint64_t, Resource> resources;
  std::unordered_map<std::uint64_t, Fence> fences;
  std::unordered_map<std::uint64_t, Semaphore> semaphores;
  std::unordered_map<std::uint64_t, Event> events;
  std::unordered_map<std::uint64_t, CommandPool> pools;
  std::unordered_map<std::uint64_t, CommandBuffer> command_buffers;
  std::unordered_map<std::uint64_t, BufferView> buffer_views;

  Clock host_clock;  ///< What the host has waited for.
  AccessHistory accesses;
  HostWriteWatch host_writes;
  QueueFamilyOwnership owners;
  std::vector<ObjectsInUse> in_use;

  std::map<std::uint64_t, std::string> names;  ///< By vkSetDebugUtilsObjectNameEXT.

  /// The objects that live, in the order of their handles.
  [[nodiscard]] std::vector<LivingObject> objects() const;
  /// The type of an object that lives, or null.
  [[nodiscard]] char const* type_of(std::uint64_t id) const;
  /// An object of a type, with the name that it was given.
  [[nodiscard]] std::string describe(char const* type, std::uint64_t id) const;
};

struct Messenger {
  VkDebugUtilsMessageSeverityFlagsEXT severities = 0;
  VkDebugUtilsMessageTypeFlagsEXT types = 0;
  PFN_vkDebugUtilsMessengerCallbackEXT callback = nullptr;
  void* user_data = nullptr;
  bool chained = false;  ///< To the instance's create info: it is no object of its own.
};

struct InstanceState : std::enable_shared_from_this<InstanceState> {
  Dispatchable* object = nullptr;
  std::vector<Gpu> gpus;
  std::vector<std::unique_ptr<PhysicalDeviceState>> physical_devices;
  std::set<std::string, std::less<>> extensions;  ///< That are enabled.
  std::map<std::uint64_t, Messenger> messengers;
};

/// Bytes of a heap of a GPU: of this process, of others, and the estimate of what this process may use.
struct HeapUse {
  VkDeviceSize used = 0;
  VkDeviceSize occupied = 0;
  std::optional<VkDeviceSize> budget;
};

struct Gate {
  bool armed = false;
  bool holds = false;
};

/// The driver: one a process.
struct DriverState {
  std::mutex mutex;  ///< Guards all that follows, and the states above.
  std::condition_variable changed;

  std::vector<Gpu> gpus;             ///< A test's; if there are none, the environment's.
  bool has_owner = false;            ///< Whether a test is there to take what is recorded.
  CallPlan plan;                     ///< Of all devices together, and of what needs no device.
  bool begins_when_awaited = false;  ///< Whether submissions begin only while the host waits for something.
  std::map<std::string, Gate, std::less<>> gates;
  std::map<std::string, std::vector<HeapUse>> heaps;  ///< By the GPU's name.

  std::vector<char const*> call_names;  ///< Functions, as they were called.
  std::vector<RecordedAllocation> allocations;
  std::vector<RecordedRange> flushes;
  std::vector<RecordedRange> invalidations;
  std::vector<std::string> violations;
  std::vector<std::string> undelivered;  ///< Violations that have yet to be shown.

  std::uint64_t last_id = 0;
  std::map<std::uint64_t, std::shared_ptr<InstanceState>> instances;
  std::map<std::uint64_t, std::unique_ptr<DeviceState>> devices;
  std::map<std::uint64_t, PhysicalDeviceState*> physical_devices;
  std::unordered_map<std::uint64_t, QueueState*> queues;
  std::unordered_map<std::uint64_t, DeviceState*> command_buffers;  ///< Their devices.

  [[nodiscard]] HeapUse& heap(Gpu const& gpu, std::uint32_t heap);
  void violation(std::string text);
  /// Shows the undelivered violations to messengers, or, if no test takes them, to stderr. Without the mutex meanwhile.
  void deliver(std::unique_lock<std::mutex>& lock);
};

[[nodiscard]] DriverState& driver();

}  // namespace ashlar::simulated
