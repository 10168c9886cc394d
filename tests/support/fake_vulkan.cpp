#include "support/fake_vulkan.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>

namespace ashlar::test {

namespace {

FakeVulkan* fake = nullptr;

FakeDevice const& device_of(VkPhysicalDevice handle) { return *reinterpret_cast<FakeDevice const*>(handle); }

ChainTypes chain_types(void const* chain) {
  ChainTypes types;
  for (auto const* link = static_cast<VkBaseInStructure const*>(chain); link != nullptr; link = link->pNext) {
    types.push_back(link->sType);
  }
  return types;
}

/// Calls `visit` with each struct of a chain that has one of the features, as a DeviceFeatures member and Vulkan's.
template <class Visit>
void visit_features(void* chain, Visit visit) {
  for (auto* link = static_cast<VkBaseOutStructure*>(chain); link != nullptr; link = link->pNext) {
    void* const at = link;
    switch (link->sType) {
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES:
        visit(&DeviceFeatures::buffer_device_address,
              static_cast<VkPhysicalDeviceVulkan12Features*>(at)->bufferDeviceAddress);
        visit(&DeviceFeatures::timeline_semaphore,
              static_cast<VkPhysicalDeviceVulkan12Features*>(at)->timelineSemaphore);
        break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES:
        visit(&DeviceFeatures::synchronization2, static_cast<VkPhysicalDeviceVulkan13Features*>(at)->synchronization2);
        visit(&DeviceFeatures::maintenance4, static_cast<VkPhysicalDeviceVulkan13Features*>(at)->maintenance4);
        break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES:
        visit(&DeviceFeatures::buffer_device_address,
              static_cast<VkPhysicalDeviceBufferDeviceAddressFeatures*>(at)->bufferDeviceAddress);
        break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES:
        visit(&DeviceFeatures::timeline_semaphore,
              static_cast<VkPhysicalDeviceTimelineSemaphoreFeatures*>(at)->timelineSemaphore);
        break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES:
        visit(&DeviceFeatures::synchronization2,
              static_cast<VkPhysicalDeviceSynchronization2Features*>(at)->synchronization2);
        break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES:
        visit(&DeviceFeatures::maintenance4, static_cast<VkPhysicalDeviceMaintenance4Features*>(at)->maintenance4);
        break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PRIORITY_FEATURES_EXT:
        visit(&DeviceFeatures::memory_priority,
              static_cast<VkPhysicalDeviceMemoryPriorityFeaturesEXT*>(at)->memoryPriority);
        break;
      default:
        break;
    }
  }
}

std::vector<std::string> strings(std::uint32_t count, char const* const* names) { return {names, names + count}; }

/// Vulkan's two calls: the count, then the elements.
template <class Element, class Source, class Convert>
VkResult enumerate(Source const& source, std::uint32_t* count, Element* elements, Convert convert) {
  if (elements == nullptr) {
    *count = static_cast<std::uint32_t>(source.size());
    return VK_SUCCESS;
  }
  *count = std::min(*count, static_cast<std::uint32_t>(source.size()));
  for (std::uint32_t i = 0; i < *count; ++i) {
    elements[i] = convert(source[i]);
  }
  return *count < source.size() ? VK_INCOMPLETE : VK_SUCCESS;
}

VkExtensionProperties extension_properties(std::string const& name) {
  VkExtensionProperties properties{};
  name.copy(properties.extensionName, sizeof properties.extensionName - 1);
  return properties;
}

VkResult VKAPI_CALL enumerate_instance_version(std::uint32_t* version) {
  *version = fake->loader_version;
  return VK_SUCCESS;
}

VkResult VKAPI_CALL enumerate_instance_extensions(char const* layer, std::uint32_t* count,
                                                  VkExtensionProperties* properties) {
  return enumerate(layer == nullptr ? fake->instance_extensions : fake->layer_extensions, count, properties,
                   extension_properties);
}

VkResult VKAPI_CALL enumerate_layers(std::uint32_t* count, VkLayerProperties* properties) {
  return enumerate(fake->layers, count, properties, [](std::string const& name) {
    VkLayerProperties layer{};
    name.copy(layer.layerName, sizeof layer.layerName - 1);
    return layer;
  });
}

VkResult VKAPI_CALL create_instance(VkInstanceCreateInfo const* info, VkAllocationCallbacks const* callbacks,
                                    VkInstance* instance) {
  fake->instance_chain = chain_types(info->pNext);
  fake->enabled_instance_extensions = strings(info->enabledExtensionCount, info->ppEnabledExtensionNames);
  fake->enabled_layer_count = info->enabledLayerCount;
  fake->instance_flags = info->flags;
  fake->application_version = info->pApplicationInfo->apiVersion;
  fake->instance_allocation_callbacks = callbacks;
  if (fake->create_instance_result == VK_SUCCESS) {
    ++fake->live_instances;
    *instance = fake->instance_handle();
  }
  return fake->create_instance_result;
}

void VKAPI_CALL destroy_instance(VkInstance /*instance*/, VkAllocationCallbacks const* /*callbacks*/) {
  --fake->live_instances;
}

VkResult VKAPI_CALL create_messenger(VkInstance /*instance*/, VkDebugUtilsMessengerCreateInfoEXT const* /*info*/,
                                     VkAllocationCallbacks const* /*callbacks*/, VkDebugUtilsMessengerEXT* messenger) {
  ++fake->live_messengers;
  *messenger = reinterpret_cast<VkDebugUtilsMessengerEXT>(std::uintptr_t{0x10});
  return VK_SUCCESS;
}

void VKAPI_CALL destroy_messenger(VkInstance /*instance*/, VkDebugUtilsMessengerEXT /*messenger*/,
                                  VkAllocationCallbacks const* /*callbacks*/) {
  --fake->live_messengers;
}

VkResult VKAPI_CALL set_object_name(VkDevice /*device*/, VkDebugUtilsObjectNameInfoEXT const* info) {
  fake->names.emplace_back(info->pObjectName);
  return VK_SUCCESS;
}

VkResult VKAPI_CALL enumerate_physical_devices(VkInstance /*instance*/, std::uint32_t* count,
                                               VkPhysicalDevice* devices) {
  if (fake->enumerate_result != VK_SUCCESS) {
    return fake->enumerate_result;
  }
  std::vector<VkPhysicalDevice> handles;
  for (std::size_t i = 0; i < fake->devices.size(); ++i) {
    handles.push_back(fake->physical_device_handle(i));
  }
  return enumerate(handles, count, devices, [](VkPhysicalDevice handle) { return handle; });
}

void VKAPI_CALL get_properties(VkPhysicalDevice handle, VkPhysicalDeviceProperties* properties) {
  FakeDevice const& device = device_of(handle);
  *properties = {};
  properties->apiVersion = device.api_version;
  properties->deviceType = device.type;
  device.name.copy(properties->deviceName, sizeof properties->deviceName - 1);
  properties->limits.maxMemoryAllocationCount = 4096;
  properties->limits.nonCoherentAtomSize = 64;
}

void VKAPI_CALL get_properties2(VkPhysicalDevice handle, VkPhysicalDeviceProperties2* properties) {
  fake->properties_chain = chain_types(properties->pNext);
  get_properties(handle, &properties->properties);
  for (auto* link = static_cast<VkBaseOutStructure*>(properties->pNext); link != nullptr; link = link->pNext) {
    void* const at = link;
    if (link->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES) {
      static_cast<VkPhysicalDeviceMaintenance3Properties*>(at)->maxMemoryAllocationSize = VkDeviceSize{1} << 32;
    }
    if (link->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES) {
      static_cast<VkPhysicalDeviceMaintenance4Properties*>(at)->maxBufferSize = device_of(handle).max_buffer_size;
    }
  }
}

void VKAPI_CALL get_features2(VkPhysicalDevice handle, VkPhysicalDeviceFeatures2* features) {
  fake->features_chain = chain_types(features->pNext);
  visit_features(features->pNext, [&](bool DeviceFeatures::* feature, VkBool32& member) {
    member = device_of(handle).features.*feature ? VK_TRUE : VK_FALSE;
  });
}

void VKAPI_CALL get_memory_properties(VkPhysicalDevice /*handle*/, VkPhysicalDeviceMemoryProperties* memory) {
  *memory = {};
  memory->memoryHeapCount = 1;
  memory->memoryHeaps[0] = {VkDeviceSize{8} << 30, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
  memory->memoryTypeCount = 2;
  memory->memoryTypes[0] = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0};
  memory->memoryTypes[1] = {
      VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
      0};
}

void VKAPI_CALL get_queue_families(VkPhysicalDevice handle, std::uint32_t* count, VkQueueFamilyProperties* families) {
  FakeDevice const& device = device_of(handle);
  enumerate(device.queue_families, count, families, [&](VkQueueFlags flags) {
    VkQueueFamilyProperties family{};
    family.queueFlags = flags;
    family.queueCount = device.queues_per_family;
    return family;
  });
}

VkResult VKAPI_CALL enumerate_device_extensions(VkPhysicalDevice handle, char const* /*layer*/, std::uint32_t* count,
                                                VkExtensionProperties* properties) {
  return enumerate(device_of(handle).extensions, count, properties, extension_properties);
}

VkResult VKAPI_CALL create_device(VkPhysicalDevice /*physical_device*/, VkDeviceCreateInfo const* info,
                                  VkAllocationCallbacks const* callbacks, VkDevice* device) {
  CreatedDevice& created = fake->created;
  created = {};
  created.chain = chain_types(info->pNext);
  visit_features(const_cast<void*>(info->pNext), [&](bool DeviceFeatures::* feature, VkBool32 const& member) {
    created.enabled.*feature |= member == VK_TRUE;
  });
  created.extensions = strings(info->enabledExtensionCount, info->ppEnabledExtensionNames);
  created.queues = {info->pQueueCreateInfos, info->pQueueCreateInfos + info->queueCreateInfoCount};
  created.enabled_features_null = info->pEnabledFeatures == nullptr;
  created.allocation_callbacks = callbacks;
  if (fake->create_device_result == VK_SUCCESS) {
    ++fake->live_devices;
    *device = fake->device_handle();
  }
  return fake->create_device_result;
}

void VKAPI_CALL destroy_device(VkDevice /*device*/, VkAllocationCallbacks const* /*callbacks*/) {
  --fake->live_devices;
}

void VKAPI_CALL get_device_queue(VkDevice /*device*/, std::uint32_t family, std::uint32_t index, VkQueue* queue) {
  *queue = FakeVulkan::queue_handle(family, index);
}

VkResult VKAPI_CALL device_wait_idle(VkDevice /*device*/) {
  if (fake->on_device_wait != nullptr) {
    fake->on_device_wait();
  }
  return fake->wait_result;
}

VkResult VKAPI_CALL queue_wait_idle(VkQueue /*queue*/) { return fake->wait_result; }

/// Stands for every function that no test calls.
void VKAPI_CALL uncalled() {}

PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice /*device*/, char const* name) {
  return FakeVulkan::get_instance_proc_addr(fake->instance_handle(), name);
}

template <class Function>
PFN_vkVoidFunction any(Function function) {
  return reinterpret_cast<PFN_vkVoidFunction>(function);
}

}  // namespace

FakeVulkan::FakeVulkan() { fake = this; }
FakeVulkan::~FakeVulkan() { fake = nullptr; }

PFN_vkVoidFunction VKAPI_CALL FakeVulkan::get_instance_proc_addr(VkInstance /*instance*/, char const* name) {
  static std::map<std::string_view, PFN_vkVoidFunction> const functions{
      {"vkCreateDebugUtilsMessengerEXT", any(create_messenger)},
      {"vkCreateDevice", any(create_device)},
      {"vkCreateInstance", any(create_instance)},
      {"vkDestroyDebugUtilsMessengerEXT", any(destroy_messenger)},
      {"vkDestroyDevice", any(destroy_device)},
      {"vkDestroyInstance", any(destroy_instance)},
      {"vkDeviceWaitIdle", any(device_wait_idle)},
      {"vkEnumerateDeviceExtensionProperties", any(enumerate_device_extensions)},
      {"vkEnumerateInstanceExtensionProperties", any(enumerate_instance_extensions)},
      {"vkEnumerateInstanceLayerProperties", any(enumerate_layers)},
      {"vkEnumerateInstanceVersion", any(enumerate_instance_version)},
      {"vkEnumeratePhysicalDevices", any(enumerate_physical_devices)},
      {"vkGetDeviceProcAddr", any(get_device_proc_addr)},
      {"vkGetDeviceQueue", any(get_device_queue)},
      {"vkGetPhysicalDeviceFeatures2", any(get_features2)},
      {"vkGetPhysicalDeviceMemoryProperties", any(get_memory_properties)},
      {"vkGetPhysicalDeviceProperties", any(get_properties)},
      {"vkGetPhysicalDeviceProperties2", any(get_properties2)},
      {"vkGetPhysicalDeviceQueueFamilyProperties", any(get_queue_families)},
      {"vkQueueWaitIdle", any(queue_wait_idle)},
      {"vkSetDebugUtilsObjectNameEXT", any(set_object_name)},
  };
  if (name == fake->missing_function) {
    return nullptr;
  }
  auto const found = functions.find(name);
  return found != functions.end() ? found->second : any(uncalled);
}

}  // namespace ashlar::test
