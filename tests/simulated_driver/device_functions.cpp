// Devices: their creation, their queues, their end.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "simulated_driver/call.hpp"
#include "simulated_driver/chain.hpp"
#include "simulated_driver/dispatchable.hpp"
#include "simulated_driver/features.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/queue.hpp"

namespace ashlar::simulated {

namespace {

/// Enables what is asked for, or says what is missing.
VkResult read_create_info(Gpu const& gpu, VkDeviceCreateInfo const& info, DeviceState& device) {
  auto const offered = gpu.extensions();
  for (std::uint32_t i = 0; i < info.enabledExtensionCount; ++i) {
    std::string const name = info.ppEnabledExtensionNames[i];
    if (std::find(offered.begin(), offered.end(), name) == offered.end()) {
      return VK_ERROR_EXTENSION_NOT_PRESENT;
    }
    device.extensions.insert(name);
  }
  EnabledFeatures enabled = read_features(gpu, info);
  device.features = std::move(enabled.names);
  return enabled.all_supported ? VK_SUCCESS : VK_ERROR_FEATURE_NOT_PRESENT;
}

bool add_queues(Call const& call, Gpu const& gpu, VkDeviceCreateInfo const& info, DeviceState& device) {
  for (std::uint32_t i = 0; i < info.queueCreateInfoCount; ++i) {
    VkDeviceQueueCreateInfo const& asked = info.pQueueCreateInfos[i];
    if (!call.require(asked.queueFamilyIndex < gpu.queue_families.size(),
                      "no such queue family (VUID-VkDeviceQueueCreateInfo-queueFamilyIndex-00381)") ||
        !call.require(asked.queueCount <= gpu.queue_families[asked.queueFamilyIndex].queue_count,
                      "more queues than the family has (VUID-VkDeviceQueueCreateInfo-queueCount-00382)")) {
      return false;
    }
    for (std::uint32_t index = 0; index < asked.queueCount; ++index) {
      auto queue = std::make_unique<QueueState>(device, device.queues.size(), asked.queueFamilyIndex, index);
      queue->object = std::make_unique<Dispatchable>();
      device.queues.push_back(std::move(queue));
    }
  }
  return true;
}

VkResult VKAPI_CALL create_device(VkPhysicalDevice physical_device, VkDeviceCreateInfo const* info,
                                  VkAllocationCallbacks const* callbacks, VkDevice* handle) {
  Call const call{"vkCreateDevice"};
  auto const found = driver().physical_devices.find(to_id(physical_device));
  if (call.result() != VK_SUCCESS ||
      !call.require(found != driver().physical_devices.end(),
                    "a handle that does not live (VUID-vkCreateDevice-physicalDevice-parameter)")) {
    return call.result() != VK_SUCCESS ? call.result() : VK_ERROR_INITIALIZATION_FAILED;
  }
  auto device = std::make_unique<DeviceState>();
  device->instance = found->second->instance->shared_from_this();
  device->gpu = found->second->gpu;
  device->write_back_random.seed(static_cast<unsigned>(device->gpu->write_back_seed.value_or(0)));
  if (VkResult const result = read_create_info(*device->gpu, *info, *device); result != VK_SUCCESS) {
    return result;
  }
  if (!add_queues(call, *device->gpu, *info, *device)) {
    return VK_ERROR_INITIALIZATION_FAILED;
  }
  device->object = create_dispatchable(callbacks, VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
  if (device->object == nullptr) {
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
  ObjectUses queues;
  for (auto const& queue : device->queues) {
    driver().queues[to_id(queue->object.get())] = queue.get();
    queues.push_back(exclusive("VkQueue", queue->object.get()));
  }
  set_used_with(to_id(device->object), std::move(queues));
  *handle = dispatchable_handle<VkDevice>(device->object);
  driver().devices[to_id(*handle)] = std::move(device);
  return VK_SUCCESS;
}

void note_leaks(Call const& call) {
  for (LivingObject const& object : call.device().objects()) {
    call.require(false,
                 call.device().describe(object.type, object.id) + ", still lives (VUID-vkDestroyDevice-device-00378)");
  }
}

/// A queue that is held can never become idle: the test is wrong, and would hang.
void abort_if_held(DeviceState const& device) {
  for (auto const& queue : device.queues) {
    if (queue->hold) {
      std::fprintf(stderr,
                   "ashlar simulated driver: vkDestroyDevice: queue %u of family %u is still held before submission "
                   "%llu; release it first\n",
                   queue->index, queue->family, static_cast<unsigned long long>(*queue->hold));
      std::abort();
    }
  }
}

void VKAPI_CALL destroy_device(VkDevice handle, VkAllocationCallbacks const* callbacks) {
  if (handle == VK_NULL_HANDLE) {
    return;
  }
  ObjectUses uses = used_with(to_id(handle));
  uses.push_back(exclusive("VkDevice", handle));
  Call call{handle, "vkDestroyDevice", std::move(uses)};
  auto const found = driver().devices.find(to_id(handle));
  if (found == driver().devices.end()) {
    return;
  }
  abort_if_held(call.device());
  bool const idle = is_idle(call.device());
  call.require(idle || call.device().lost, "work is still under way (VUID-vkDestroyDevice-device-00378)");
  note_leaks(call);
  stop_queues(call.device(), call.lock());
  std::unique_ptr<DeviceState> const device = std::move(driver().devices.at(to_id(handle)));
  driver().devices.erase(to_id(handle));
  for (auto const& [id, memory] : device->memories) {
    driver().heap(*device->gpu, memory.type.heap).used -= memory.info.size;
  }
  for (auto const& queue : device->queues) {
    driver().queues.erase(to_id(queue->object.get()));
  }
  for (auto const& [id, command_buffer] : device->command_buffers) {
    driver().command_buffers.erase(id);
    set_used_with(id, {});
  }
  set_used_with(to_id(handle), {});
  destroy_dispatchable(callbacks, device->object);
}

VkQueue find_queue(DeviceState const& device, std::uint32_t family, std::uint32_t index) {
  for (auto const& queue : device.queues) {
    if (queue->family == family && queue->index == index) {
      return dispatchable_handle<VkQueue>(queue->object.get());
    }
  }
  return VK_NULL_HANDLE;
}

void VKAPI_CALL get_device_queue(VkDevice device, std::uint32_t family, std::uint32_t index, VkQueue* queue) {
  Call const call{device, "vkGetDeviceQueue"};
  *queue = find_queue(call.device(), family, index);
  call.require(*queue != VK_NULL_HANDLE, "no such queue (VUID-vkGetDeviceQueue-queueFamilyIndex-00384)");
}

void VKAPI_CALL get_device_queue2(VkDevice device, VkDeviceQueueInfo2 const* info, VkQueue* queue) {
  Call const call{device, "vkGetDeviceQueue2"};
  *queue = find_queue(call.device(), info->queueFamilyIndex, info->queueIndex);
  call.require(*queue != VK_NULL_HANDLE, "no such queue (VUID-VkDeviceQueueInfo2-queueFamilyIndex-01842)");
}

}  // namespace

Functions device_functions() {
  return {{"vkCreateDevice", entry_point<create_device>(), FunctionLevel::PhysicalDevice, VK_API_VERSION_1_0},
          core<destroy_device>("vkDestroyDevice"),
          core<get_device_queue>("vkGetDeviceQueue"),
          core<get_device_queue2>("vkGetDeviceQueue2", VK_API_VERSION_1_1)};
}

}  // namespace ashlar::simulated
