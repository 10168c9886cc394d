// The functions of a FakeDriver up to its devices.

#include <algorithm>
#include <limits>

#include "support/fake_driver_state.hpp"

namespace ashlar::test {

namespace {

/// Calls `visit` with each feature of ashlar's that a struct of the chain has, and that struct's member.
template <class Visit>
void visit_features(void* chain, Visit visit) {
  auto const each = [&]<class Struct>(bool DeviceFeatures::* feature, VkStructureType type, VkBool32 Struct::* member) {
    if (auto* const found = find_struct<Struct>(chain, type)) {
      visit(feature, found->*member);
    }
  };
  each(&DeviceFeatures::buffer_device_address, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
       &VkPhysicalDeviceBufferDeviceAddressFeatures::bufferDeviceAddress);
  each(&DeviceFeatures::buffer_device_address, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
       &VkPhysicalDeviceVulkan12Features::bufferDeviceAddress);
  each(&DeviceFeatures::timeline_semaphore, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
       &VkPhysicalDeviceTimelineSemaphoreFeatures::timelineSemaphore);
  each(&DeviceFeatures::timeline_semaphore, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
       &VkPhysicalDeviceVulkan12Features::timelineSemaphore);
  each(&DeviceFeatures::synchronization2, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES,
       &VkPhysicalDeviceSynchronization2Features::synchronization2);
  each(&DeviceFeatures::synchronization2, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
       &VkPhysicalDeviceVulkan13Features::synchronization2);
  each(&DeviceFeatures::maintenance4, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES,
       &VkPhysicalDeviceMaintenance4Features::maintenance4);
  each(&DeviceFeatures::maintenance4, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
       &VkPhysicalDeviceVulkan13Features::maintenance4);
  each(&DeviceFeatures::memory_priority, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PRIORITY_FEATURES_EXT,
       &VkPhysicalDeviceMemoryPriorityFeaturesEXT::memoryPriority);
}

/// The extensions that the device needs to offer its features.
std::vector<std::string_view> device_extensions(FakeDriverInfo const& info) {
  constexpr std::uint32_t never = ~std::uint32_t{0};
  struct {
    bool DeviceFeatures::* feature;
    std::uint32_t core_since;
    std::string_view name;
  } const rows[] = {
      {&DeviceFeatures::buffer_device_address, VK_API_VERSION_1_2, VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME},
      {&DeviceFeatures::timeline_semaphore, VK_API_VERSION_1_2, VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME},
      {&DeviceFeatures::synchronization2, VK_API_VERSION_1_3, VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME},
      {&DeviceFeatures::maintenance4, VK_API_VERSION_1_3, VK_KHR_MAINTENANCE_4_EXTENSION_NAME},
      {&DeviceFeatures::memory_budget, never, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME},
      {&DeviceFeatures::memory_priority, never, VK_EXT_MEMORY_PRIORITY_EXTENSION_NAME}};
  std::vector<std::string_view> names;
  for (auto const& row : rows) {
    if (info.features.*row.feature && info.api_version < row.core_since) {
      names.push_back(row.name);
    }
  }
  return names;
}

/// Vulkan's two calls: the count, then the elements.
template <class Element, class Fill>
VkResult enumerate(std::size_t available, std::uint32_t* count, Element* elements, Fill fill) {
  if (elements == nullptr) {
    *count = static_cast<std::uint32_t>(available);
    return VK_SUCCESS;
  }
  *count = std::min(*count, static_cast<std::uint32_t>(available));
  for (std::uint32_t i = 0; i < *count; ++i) {
    elements[i] = {};
    fill(elements[i], i);
  }
  return *count < available ? VK_INCOMPLETE : VK_SUCCESS;
}

VkResult VKAPI_CALL enumerate_version(std::uint32_t* version) {
  FakeCall const call{"vkEnumerateInstanceVersion"};
  *version = VK_API_VERSION_1_3;
  return call.result();
}

VkResult VKAPI_CALL enumerate_instance_extensions(char const* /*layer*/, std::uint32_t* count,
                                                  VkExtensionProperties* /*properties*/) {
  FakeCall const call{"vkEnumerateInstanceExtensionProperties"};
  *count = 0;
  return call.result();
}

VkResult VKAPI_CALL enumerate_layers(std::uint32_t* count, VkLayerProperties* /*properties*/) {
  FakeCall const call{"vkEnumerateInstanceLayerProperties"};
  *count = 0;
  return call.result();
}

VkResult VKAPI_CALL create_instance(VkInstanceCreateInfo const* /*info*/, VkAllocationCallbacks const* /*callbacks*/,
                                    VkInstance* instance) {
  FakeCall const call{"vkCreateInstance"};
  if (call.result() == VK_SUCCESS) {
    *instance = to_handle<VkInstance>(++call.driver().last_id);
    call.driver().instances.insert(call.driver().last_id);
  }
  return call.result();
}

void VKAPI_CALL destroy_instance(VkInstance instance, VkAllocationCallbacks const* /*callbacks*/) {
  FakeCall const call{"vkDestroyInstance"};
  if (call.driver().instances.erase(to_id(instance)) == 0) {
    call.driver().violation("vkDestroyInstance: unknown handle");
  }
  if (!call.driver().devices.empty()) {
    call.driver().violation("vkDestroyInstance: a device still lives");
  }
}

VkResult VKAPI_CALL enumerate_physical_devices(VkInstance /*instance*/, std::uint32_t* count,
                                               VkPhysicalDevice* devices) {
  FakeCall const call{"vkEnumeratePhysicalDevices"};
  VkResult const result = enumerate(1, count, devices, [&](VkPhysicalDevice& device, std::uint32_t) {
    device = reinterpret_cast<VkPhysicalDevice>(&call.driver());
  });
  return call.result() == VK_SUCCESS ? result : call.result();
}

void fill_properties(FakeDriverInfo const& info, VkPhysicalDeviceProperties& properties) {
  properties = {};
  properties.apiVersion = info.api_version;
  properties.deviceType = static_cast<VkPhysicalDeviceType>(info.memory.device_type);
  std::string_view{"FakeDriver"}.copy(properties.deviceName, sizeof properties.deviceName - 1);
  properties.limits.maxMemoryAllocationCount = info.limits.max_memory_allocation_count;
  properties.limits.nonCoherentAtomSize = info.limits.non_coherent_atom_size;
  properties.limits.bufferImageGranularity = info.limits.buffer_image_granularity;
  properties.limits.minMemoryMapAlignment = static_cast<std::size_t>(info.limits.min_memory_map_alignment);
  properties.limits.minUniformBufferOffsetAlignment = 64;
  properties.limits.minStorageBufferOffsetAlignment = 16;
  properties.limits.minTexelBufferOffsetAlignment = 16;
  properties.limits.maxUniformBufferRange = 65536;
  properties.limits.maxStorageBufferRange = std::uint32_t{1} << 30;
}

void VKAPI_CALL get_properties(VkPhysicalDevice /*device*/, VkPhysicalDeviceProperties* properties) {
  FakeCall const call{"vkGetPhysicalDeviceProperties"};
  fill_properties(call.driver().info, *properties);
}

void VKAPI_CALL get_properties2(VkPhysicalDevice /*device*/, VkPhysicalDeviceProperties2* properties) {
  FakeCall const call{"vkGetPhysicalDeviceProperties2"};
  fill_properties(call.driver().info, properties->properties);
  if (auto* const maintenance3 = find_struct<VkPhysicalDeviceMaintenance3Properties>(
          properties->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES)) {
    maintenance3->maxMemoryAllocationSize = call.driver().info.max_memory_allocation_size();
  }
  if (auto* const maintenance4 = find_struct<VkPhysicalDeviceMaintenance4Properties>(
          properties->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES)) {
    maintenance4->maxBufferSize = std::numeric_limits<VkDeviceSize>::max();
  }
}

void VKAPI_CALL get_features2(VkPhysicalDevice /*device*/, VkPhysicalDeviceFeatures2* features) {
  FakeCall const call{"vkGetPhysicalDeviceFeatures2"};
  visit_features(features->pNext, [&](bool DeviceFeatures::* feature, VkBool32& member) {
    member = call.driver().info.features.*feature ? VK_TRUE : VK_FALSE;
  });
}

void fill_memory_properties(FakeDriverInfo const& info, VkPhysicalDeviceMemoryProperties& properties) {
  properties = {};
  properties.memoryHeapCount = info.memory.heap_count;
  properties.memoryTypeCount = info.memory.type_count;
  for (std::uint32_t i = 0; i < info.memory.heap_count; ++i) {
    properties.memoryHeaps[i] = {info.memory.heaps[i].size, info.memory.heaps[i].flags.mask()};
  }
  for (std::uint32_t i = 0; i < info.memory.type_count; ++i) {
    properties.memoryTypes[i] = {info.memory.types[i].properties.mask(), info.memory.types[i].heap};
  }
}

void VKAPI_CALL get_memory_properties(VkPhysicalDevice /*device*/, VkPhysicalDeviceMemoryProperties* properties) {
  FakeCall const call{"vkGetPhysicalDeviceMemoryProperties"};
  fill_memory_properties(call.driver().info, *properties);
}

void VKAPI_CALL get_memory_properties2(VkPhysicalDevice /*device*/, VkPhysicalDeviceMemoryProperties2* properties) {
  FakeCall const call{"vkGetPhysicalDeviceMemoryProperties2"};
  FakeDriverState const& driver = call.driver();
  fill_memory_properties(driver.info, properties->memoryProperties);
  if (auto* const budget = find_struct<VkPhysicalDeviceMemoryBudgetPropertiesEXT>(
          properties->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT)) {
    for (std::uint32_t i = 0; i < driver.info.memory.heap_count; ++i) {
      budget->heapUsage[i] = driver.used[i];
      budget->heapBudget[i] = driver.info.memory.heaps[i].size - driver.occupied[i];
    }
  }
}

void VKAPI_CALL get_queue_families(VkPhysicalDevice /*device*/, std::uint32_t* count,
                                   VkQueueFamilyProperties* families) {
  FakeCall const call{"vkGetPhysicalDeviceQueueFamilyProperties"};
  std::vector<VkQueueFlags> const& flags = call.driver().info.queue_families;
  static_cast<void>(enumerate(flags.size(), count, families, [&](VkQueueFamilyProperties& family, std::uint32_t i) {
    family.queueFlags = flags[i];
    family.queueCount = 1;
  }));
}

/// Every buffer can be exported in every way, by itself or together with others.
void VKAPI_CALL get_external_buffer_properties(VkPhysicalDevice /*device*/, VkPhysicalDeviceExternalBufferInfo const*,
                                               VkExternalBufferProperties* properties) {
  FakeCall const call{"vkGetPhysicalDeviceExternalBufferProperties"};
  properties->externalMemoryProperties = {VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT, 0,
                                          ~VkExternalMemoryHandleTypeFlags{0}};
}

VkResult VKAPI_CALL enumerate_device_extensions(VkPhysicalDevice /*device*/, char const* /*layer*/,
                                                std::uint32_t* count, VkExtensionProperties* properties) {
  FakeCall const call{"vkEnumerateDeviceExtensionProperties"};
  std::vector<std::string_view> const names = device_extensions(call.driver().info);
  VkResult const result =
      enumerate(names.size(), count, properties, [&](VkExtensionProperties& extension, std::uint32_t i) {
        names[i].copy(extension.extensionName, sizeof extension.extensionName - 1);
      });
  return call.result() == VK_SUCCESS ? result : call.result();
}

VkResult VKAPI_CALL create_device(VkPhysicalDevice /*physical_device*/, VkDeviceCreateInfo const* info,
                                  VkAllocationCallbacks const* /*callbacks*/, VkDevice* device) {
  FakeCall const call{"vkCreateDevice"};
  if (call.result() != VK_SUCCESS) {
    return call.result();
  }
  call.driver().enabled = {};
  visit_features(const_cast<void*>(info->pNext), [&](bool DeviceFeatures::* feature, VkBool32& member) {
    call.driver().enabled.*feature |= member == VK_TRUE;
  });
  *device = to_handle<VkDevice>(++call.driver().last_id);
  call.driver().devices.insert(call.driver().last_id);
  return VK_SUCCESS;
}

void VKAPI_CALL destroy_device(VkDevice device, VkAllocationCallbacks const* /*callbacks*/) {
  FakeCall const call{"vkDestroyDevice"};
  if (call.driver().devices.erase(to_id(device)) == 0) {
    call.driver().violation("vkDestroyDevice: unknown handle");
  }
  if (!call.driver().memories.empty() || !call.driver().resources.empty()) {
    call.driver().violation("vkDestroyDevice: memory, a buffer or an image of the device still lives");
  }
}

void VKAPI_CALL get_device_queue(VkDevice /*device*/, std::uint32_t family, std::uint32_t index, VkQueue* queue) {
  FakeCall const call{"vkGetDeviceQueue"};
  *queue = to_handle<VkQueue>(0x1000 + family * 0x100 + index * 0x10);
}

VkResult VKAPI_CALL device_wait_idle(VkDevice /*device*/) { return FakeCall{"vkDeviceWaitIdle"}.result(); }

VkResult VKAPI_CALL queue_wait_idle(VkQueue /*queue*/) { return FakeCall{"vkQueueWaitIdle"}.result(); }

PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice /*device*/, char const* name) {
  return FakeDriver::get_instance_proc_addr(VK_NULL_HANDLE, name);
}

}  // namespace

FakeFunctions fake_instance_functions() {
  return {{"vkCreateDevice", void_function(create_device)},
          {"vkCreateInstance", void_function(create_instance)},
          {"vkDestroyDevice", void_function(destroy_device)},
          {"vkDestroyInstance", void_function(destroy_instance)},
          {"vkDeviceWaitIdle", void_function(device_wait_idle)},
          {"vkEnumerateDeviceExtensionProperties", void_function(enumerate_device_extensions)},
          {"vkEnumerateInstanceExtensionProperties", void_function(enumerate_instance_extensions)},
          {"vkEnumerateInstanceLayerProperties", void_function(enumerate_layers)},
          {"vkEnumerateInstanceVersion", void_function(enumerate_version)},
          {"vkEnumeratePhysicalDevices", void_function(enumerate_physical_devices)},
          {"vkGetDeviceProcAddr", void_function(get_device_proc_addr)},
          {"vkGetDeviceQueue", void_function(get_device_queue)},
          {"vkGetPhysicalDeviceExternalBufferProperties", void_function(get_external_buffer_properties)},
          {"vkGetPhysicalDeviceFeatures2", void_function(get_features2)},
          {"vkGetPhysicalDeviceMemoryProperties", void_function(get_memory_properties)},
          {"vkGetPhysicalDeviceMemoryProperties2", void_function(get_memory_properties2)},
          {"vkGetPhysicalDeviceProperties", void_function(get_properties)},
          {"vkGetPhysicalDeviceProperties2", void_function(get_properties2)},
          {"vkGetPhysicalDeviceQueueFamilyProperties", void_function(get_queue_families)},
          {"vkQueueWaitIdle", void_function(queue_wait_idle)}};
}

}  // namespace ashlar::test
