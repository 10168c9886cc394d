#include <ashlar/device/device.hpp>
#include <ashlar/error.hpp>

#include "device/device_state.hpp"
#include "device/device_table.hpp"
#include "device/feature_chain.hpp"
#include "device/loader.hpp"
#include "text.hpp"

#include <algorithm>

namespace ashlar {

namespace detail {

namespace {

void require(bool condition, char const* problem) {
  if (!condition) {
    throw ValidationError{"Device::adopt", problem};
  }
}

/// An instance that belongs to somebody else, as far as this device needs it.
Counted<InstanceState> adopt_instance(DeviceAdoptInfo const& info) {
  Counted<InstanceState> instance{new InstanceState};
  instance->vk =
      load_instance_functions(info.get_instance_proc_addr != nullptr ? info.get_instance_proc_addr : system_loader(),
                              info.instance, info.debug_utils);
  instance->handle = info.instance;
  instance->api_version = info.api_version;
  instance->debug_utils = info.debug_utils;
  instance->messages = {info.message_callback, info.message_user_data};
  instance->physical_devices.push_back(read_physical_device(*instance, info.physical_device));
  return instance;
}

NameList declared_extensions(VkDeviceCreateInfo const& info) {
  NameList names;
  for (std::uint32_t i = 0; i < info.enabledExtensionCount; ++i) {
    add_name(names, info.ppEnabledExtensionNames[i]);
  }
  return names;
}

std::vector<std::uint32_t> declared_families(VkDeviceCreateInfo const& info) {
  std::vector<std::uint32_t> families;
  for (std::uint32_t i = 0; i < info.queueCreateInfoCount; ++i) {
    std::uint32_t const family = info.pQueueCreateInfos[i].queueFamilyIndex;
    // A family stands twice if it has protected queues too.
    if (std::find(families.begin(), families.end(), family) == families.end()) {
      families.push_back(family);
    }
  }
  return families;
}

void add_queue(DeviceState& device, AdoptedQueue const& info, std::vector<QueueFamily> const& families) {
  require(info.handle != VK_NULL_HANDLE, "a queue's handle is null");
  require(std::find(device.queue_families.begin(), device.queue_families.end(), info.family) !=
                  device.queue_families.end() &&
              info.family < families.size(),
          "a queue is of a family that create_info does not name");
  require((info.lock.lock == nullptr) == (info.lock.unlock == nullptr),
          "a queue's lock has only one of its two functions");
  require(std::none_of(device.queues.begin(), device.queues.end(),
                       [&](QueueState const& queue) { return queue.handle == info.handle; }),
          "a queue stands twice in the queues: it would have two locks");
  QueueState& queue = device.queues.emplace_back();
  queue.handle = info.handle;
  queue.family = info.family;
  queue.index = info.index;
  queue.flags = families[info.family].flags;
  queue.owner_lock = info.lock;
}

}  // namespace

}  // namespace detail

using namespace detail;

Device Device::adopt(DeviceAdoptInfo const& info) {
  require(info.instance != VK_NULL_HANDLE, "the instance is null");
  require(info.physical_device != VK_NULL_HANDLE, "the physical device is null");
  require(info.device != VK_NULL_HANDLE, "the device is null");
  require(info.create_info != nullptr, "create_info is null: what the device was created with cannot be queried");
  require(info.api_version >= VK_API_VERSION_1_1,
          "api_version is below 1.1: give the VkApplicationInfo::apiVersion of the instance");

  Counted<InstanceState> const instance = adopt_instance(info);
  PhysicalDeviceState const& physical_device = instance->physical_devices.front();
  require(physical_device.api_version >= VK_API_VERSION_1_1, "the physical device offers less than Vulkan 1.1");

  Counted<DeviceState> state{new DeviceState};
  state->physical_device = Access::make<PhysicalDevice>(instance, physical_device);
  state->handle = info.device;
  state->allocation_callbacks = info.allocation_callbacks;
  state->api_version = physical_device.api_version;
  state->debug_utils = info.debug_utils;
  state->extensions = declared_extensions(*info.create_info);
  state->features = declared_features(info.create_info->pNext, state->api_version, state->extensions);
  state->queue_families = declared_families(*info.create_info);
  for (AdoptedQueue const& queue : info.queues) {
    add_queue(*state, queue, physical_device.queue_families);
  }
  state->memory_allocation_count = info.memory_allocation_count;
  load_device_functions(*state);
  return Device{std::move(state)};
}

}  // namespace ashlar
