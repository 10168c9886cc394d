// Instances, and what there is before one.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>

#include "simulated_driver/call.hpp"
#include "simulated_driver/chain.hpp"
#include "simulated_driver/dispatchable.hpp"
#include "simulated_driver/environment.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/icd.hpp"

namespace ashlar::simulated {

namespace {

/// Instance extensions; all are part of Vulkan 1.1 but the last, which the loader has of its own.
std::vector<VkExtensionProperties> instance_extensions(bool in_process) {
  std::vector<VkExtensionProperties> extensions = {{VK_KHR_EXTERNAL_MEMORY_CAPABILITIES_EXTENSION_NAME, 1},
                                                   {VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME, 2}};
  if (in_process) {
    extensions.push_back({VK_EXT_DEBUG_UTILS_EXTENSION_NAME, 2});
  }
  return extensions;
}

VkResult VKAPI_CALL enumerate_version(std::uint32_t* version) {
  Call const call{"vkEnumerateInstanceVersion"};
  *version = VK_API_VERSION_1_3;
  return call.result();
}

template <bool in_process>
VkResult VKAPI_CALL enumerate_extensions(char const* layer, std::uint32_t* count, VkExtensionProperties* properties) {
  Call const call{"vkEnumerateInstanceExtensionProperties"};
  if (call.result() != VK_SUCCESS || layer != nullptr) {
    *count = 0;
    return call.result() != VK_SUCCESS ? call.result() : VK_ERROR_LAYER_NOT_PRESENT;
  }
  auto const all = instance_extensions(in_process);
  return enumerate(all.size(), count, properties, [&](auto& one, std::uint32_t i) { one = all[i]; });
}

VkResult VKAPI_CALL enumerate_layers(std::uint32_t* count, VkLayerProperties* /*properties*/) {
  Call const call{"vkEnumerateInstanceLayerProperties"};
  *count = 0;
  return call.result();
}

/// The test's GPUs, or the environment's; none, after a message, if the environment is wrong.
std::vector<Gpu> current_gpus() {
  if (!driver().gpus.empty()) {
    return driver().gpus;
  }
  try {
    return gpus_of_environment();
  } catch (std::exception const& error) {
    std::fprintf(stderr, "ashlar simulated driver: %s\n", error.what());
    return {};
  }
}

void add_physical_devices(InstanceState& instance) {
  for (Gpu const& gpu : instance.gpus) {
    auto device = std::make_unique<PhysicalDeviceState>();
    device->instance = &instance;
    device->gpu = &gpu;
    device->object = std::make_unique<Dispatchable>();
    driver().physical_devices[to_id(device->object.get())] = device.get();
    instance.physical_devices.push_back(std::move(device));
  }
}

/// Messengers of the chain hear what happens while the instance is created and destroyed; here they hear all.
void add_chained_messengers(InstanceState& instance, void const* chain) {
  if (auto const* const info = find_struct<VkDebugUtilsMessengerCreateInfoEXT>(
          chain, VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT)) {
    instance.messengers[++driver().last_id] = {info->messageSeverity, info->messageType, info->pfnUserCallback,
                                               info->pUserData, true};
  }
}

template <bool in_process>
VkResult VKAPI_CALL create_instance(VkInstanceCreateInfo const* info, VkAllocationCallbacks const* callbacks,
                                    VkInstance* handle) {
  Call const call{"vkCreateInstance"};
  if (call.result() != VK_SUCCESS) {
    return call.result();
  }
  auto instance = std::make_shared<InstanceState>();
  auto const known = instance_extensions(in_process);
  for (std::uint32_t i = 0; i < info->enabledExtensionCount; ++i) {
    std::string const name = info->ppEnabledExtensionNames[i];
    if (std::none_of(known.begin(), known.end(), [&](auto const& one) { return name == one.extensionName; })) {
      return VK_ERROR_EXTENSION_NOT_PRESENT;
    }
    instance->extensions.insert(name);
  }
  instance->gpus = current_gpus();
  if (instance->gpus.empty()) {
    return VK_ERROR_INITIALIZATION_FAILED;
  }
  instance->object = create_dispatchable(callbacks, VK_SYSTEM_ALLOCATION_SCOPE_INSTANCE);
  if (instance->object == nullptr) {
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
  add_physical_devices(*instance);
  if (in_process) {
    add_chained_messengers(*instance, info->pNext);
  }
  *handle = dispatchable_handle<VkInstance>(instance->object);
  driver().instances[to_id(*handle)] = std::move(instance);
  return VK_SUCCESS;
}

void note_leaks(Call const& call, InstanceState const& instance) {
  for (auto const& [id, device] : driver().devices) {
    if (device->instance.get() == &instance) {
      call.require(false, device->describe("VkDevice", id) + ", still lives (VUID-vkDestroyInstance-instance-00629)");
    }
  }
  for (auto const& [id, messenger] : instance.messengers) {
    call.require(messenger.chained, "a VkDebugUtilsMessengerEXT still lives (VUID-vkDestroyInstance-instance-00629)");
  }
}

void VKAPI_CALL destroy_instance(VkInstance handle, VkAllocationCallbacks const* callbacks) {
  Call const call{"vkDestroyInstance", {exclusive("VkInstance", handle)}};
  auto const found = driver().instances.find(to_id(handle));
  if (handle == VK_NULL_HANDLE ||
      !call.require(found != driver().instances.end(),
                    "a handle that does not live (VUID-vkDestroyInstance-instance-parameter)")) {
    return;
  }
  InstanceState& instance = *found->second;
  note_leaks(call, instance);
  for (auto const& device : instance.physical_devices) {
    driver().physical_devices.erase(to_id(device->object.get()));
  }
  destroy_dispatchable(callbacks, instance.object);
  driver().instances.erase(found);
}

VkResult VKAPI_CALL enumerate_physical_devices(VkInstance handle, std::uint32_t* count, VkPhysicalDevice* devices) {
  Call const call{"vkEnumeratePhysicalDevices"};
  auto const found = driver().instances.find(to_id(handle));
  if (call.result() != VK_SUCCESS ||
      !call.require(found != driver().instances.end(),
                    "a handle that does not live (VUID-vkEnumeratePhysicalDevices-instance-parameter)")) {
    *count = 0;
    return call.result();
  }
  auto const& all = found->second->physical_devices;
  return enumerate(all.size(), count, devices, [&](VkPhysicalDevice& device, std::uint32_t i) {
    device = dispatchable_handle<VkPhysicalDevice>(all[i]->object.get());
  });
}

VkResult VKAPI_CALL enumerate_groups(VkInstance handle, std::uint32_t* count, VkPhysicalDeviceGroupProperties* groups) {
  Call const call{"vkEnumeratePhysicalDeviceGroups"};
  auto const found = driver().instances.find(to_id(handle));
  if (call.result() != VK_SUCCESS ||
      !call.require(found != driver().instances.end(),
                    "a handle that does not live (VUID-vkEnumeratePhysicalDeviceGroups-instance-parameter)")) {
    *count = 0;
    return call.result();
  }
  auto const& all = found->second->physical_devices;
  return enumerate(all.size(), count, groups, [&](VkPhysicalDeviceGroupProperties& group, std::uint32_t i) {
    group.physicalDeviceCount = 1;
    group.physicalDevices[0] = dispatchable_handle<VkPhysicalDevice>(all[i]->object.get());
    group.subsetAllocation = VK_FALSE;
  });
}

PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, char const* name) {
  return find_device_function(device, name);
}

}  // namespace

Functions instance_functions() {
  using enum FunctionLevel;
  return {{"vkEnumerateInstanceVersion", entry_point<enumerate_version>(), Global, VK_API_VERSION_1_0},
          {"vkEnumerateInstanceLayerProperties", entry_point<enumerate_layers>(), Global, VK_API_VERSION_1_0},
          {"vkDestroyInstance", entry_point<destroy_instance>(), Instance, VK_API_VERSION_1_0},
          {"vkEnumeratePhysicalDevices", entry_point<enumerate_physical_devices>(), Instance, VK_API_VERSION_1_0},
          {"vkEnumeratePhysicalDeviceGroups", entry_point<enumerate_groups>(), Instance, VK_API_VERSION_1_1},
          core<get_device_proc_addr>("vkGetDeviceProcAddr")};
}

PFN_vkVoidFunction find_entry_function(char const* name, bool in_process) {
  std::string_view const wanted = name;
  if (wanted == "vkCreateInstance") {
    return in_process ? entry_point<create_instance<true>>() : entry_point<create_instance<false>>();
  }
  if (wanted == "vkEnumerateInstanceExtensionProperties") {
    return in_process ? entry_point<enumerate_extensions<true>>() : entry_point<enumerate_extensions<false>>();
  }
  if (wanted == "vkGetInstanceProcAddr") {
    return in_process ? entry_point<get_instance_proc_addr>() : entry_point<vk_icdGetInstanceProcAddr>();
  }
  return nullptr;
}

}  // namespace ashlar::simulated
