// What a physical device says of itself.

#include <algorithm>
#include <string>

#include "simulated_driver/call.hpp"
#include "simulated_driver/chain.hpp"
#include "simulated_driver/features.hpp"
#include "simulated_driver/formats.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/properties.hpp"

namespace ashlar::simulated {

namespace {

/// The physical device of a handle; null, after a violation, for an unknown one.
PhysicalDeviceState const* find(Call const& call, VkPhysicalDevice handle) {
  auto const found = driver().physical_devices.find(to_id(handle));
  if (found != driver().physical_devices.end()) {
    return found->second;
  }
  call.require(false,
               std::string{"a handle that does not live (VUID-"} + call.function() + "-physicalDevice-parameter)");
  return nullptr;
}

void VKAPI_CALL get_properties(VkPhysicalDevice device, VkPhysicalDeviceProperties* properties) {
  Call const call{"vkGetPhysicalDeviceProperties"};
  if (auto const* const found = find(call, device)) {
    fill_properties(*found->gpu, *properties);
  }
}

void VKAPI_CALL get_properties2(VkPhysicalDevice device, VkPhysicalDeviceProperties2* properties) {
  Call const call{"vkGetPhysicalDeviceProperties2"};
  if (auto const* const found = find(call, device)) {
    fill_properties(*found->gpu, properties->properties);
    fill_property_chain(*found->gpu, properties->pNext);
  }
}

void VKAPI_CALL get_features(VkPhysicalDevice device, VkPhysicalDeviceFeatures* features) {
  Call const call{"vkGetPhysicalDeviceFeatures"};
  if (auto const* const found = find(call, device)) {
    fill_features(*found->gpu, *features);
  }
}

void VKAPI_CALL get_features2(VkPhysicalDevice device, VkPhysicalDeviceFeatures2* features) {
  Call const call{"vkGetPhysicalDeviceFeatures2"};
  if (auto const* const found = find(call, device)) {
    fill_features(*found->gpu, features->features);
    fill_feature_chain(*found->gpu, features->pNext);
  }
}

void fill_memory(Gpu const& gpu, VkPhysicalDeviceMemoryProperties& properties) {
  properties = {};
  properties.memoryHeapCount = gpu.memory.heap_count;
  properties.memoryTypeCount = gpu.memory.type_count;
  for (std::uint32_t i = 0; i < gpu.memory.heap_count; ++i) {
    properties.memoryHeaps[i] = {gpu.memory.heaps[i].size, gpu.memory.heaps[i].flags.mask()};
  }
  for (std::uint32_t i = 0; i < gpu.memory.type_count; ++i) {
    properties.memoryTypes[i] = {gpu.memory.types[i].properties.mask(), gpu.memory.types[i].heap};
  }
}

void VKAPI_CALL get_memory(VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties* properties) {
  Call const call{"vkGetPhysicalDeviceMemoryProperties"};
  if (auto const* const found = find(call, device)) {
    fill_memory(*found->gpu, *properties);
  }
}

void VKAPI_CALL get_memory2(VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties2* properties) {
  Call const call{"vkGetPhysicalDeviceMemoryProperties2"};
  auto const* const found = find(call, device);
  if (found == nullptr) {
    return;
  }
  Gpu const& gpu = *found->gpu;
  fill_memory(gpu, properties->memoryProperties);
  auto* const budget = find_struct<VkPhysicalDeviceMemoryBudgetPropertiesEXT>(
      properties->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT);
  if (budget == nullptr || gpu.hidden.contains(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME)) {
    return;
  }
  // A budget may neither be 0 nor exceed its heap (VkPhysicalDeviceMemoryBudgetPropertiesEXT).
  for (std::uint32_t i = 0; i < VK_MAX_MEMORY_HEAPS; ++i) {
    HeapUse const& use = driver().heap(gpu, i);
    bool const there = i < gpu.memory.heap_count;
    VkDeviceSize const size = there ? gpu.memory.heaps[i].size : 0;
    VkDeviceSize const left = use.occupied < size ? size - use.occupied : std::min(size, VkDeviceSize{1});
    budget->heapUsage[i] = there ? use.used : 0;
    budget->heapBudget[i] = there ? use.budget.value_or(left) : 0;
  }
}

/// Where memory can be protected the first family can work with it, as one has to (VkQueueFlagBits).
void fill_family(Gpu const& gpu, std::uint32_t index, VkQueueFamilyProperties& properties) {
  QueueFamily const& family = gpu.queue_families[index];
  properties = {};
  properties.queueFlags = family.flags;
  if (index == 0 && gpu.has_feature("protectedMemory")) {
    properties.queueFlags |= VK_QUEUE_PROTECTED_BIT;
  }
  properties.queueCount = family.queue_count;
  properties.minImageTransferGranularity = {1, 1, 1};
}

void VKAPI_CALL get_queue_families(VkPhysicalDevice device, std::uint32_t* count, VkQueueFamilyProperties* families) {
  Call const call{"vkGetPhysicalDeviceQueueFamilyProperties"};
  if (auto const* const found = find(call, device)) {
    auto const& all = found->gpu->queue_families;
    static_cast<void>(enumerate(all.size(), count, families, [&](VkQueueFamilyProperties& family, std::uint32_t i) {
      fill_family(*found->gpu, i, family);
    }));
  }
}

void VKAPI_CALL get_queue_families2(VkPhysicalDevice device, std::uint32_t* count, VkQueueFamilyProperties2* families) {
  Call const call{"vkGetPhysicalDeviceQueueFamilyProperties2"};
  if (auto const* const found = find(call, device)) {
    auto const& all = found->gpu->queue_families;
    static_cast<void>(enumerate(all.size(), count, families, [&](VkQueueFamilyProperties2& family, std::uint32_t i) {
      fill_family(*found->gpu, i, family.queueFamilyProperties);
    }));
  }
}

void VKAPI_CALL get_format(VkPhysicalDevice device, VkFormat format, VkFormatProperties* properties) {
  Call const call{"vkGetPhysicalDeviceFormatProperties"};
  static_cast<void>(find(call, device));
  *properties = format_properties(format);
}

void VKAPI_CALL get_format2(VkPhysicalDevice device, VkFormat format, VkFormatProperties2* properties) {
  Call const call{"vkGetPhysicalDeviceFormatProperties2"};
  static_cast<void>(find(call, device));
  properties->formatProperties = format_properties(format);
  if (auto* const flags2 = find_struct<VkFormatProperties3>(properties->pNext, VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3)) {
    flags2->linearTilingFeatures = properties->formatProperties.linearTilingFeatures;
    flags2->optimalTilingFeatures = properties->formatProperties.optimalTilingFeatures;
    flags2->bufferFeatures = properties->formatProperties.bufferFeatures;
  }
}

VkResult image_format(Call const& call, VkPhysicalDevice device, VkPhysicalDeviceImageFormatInfo2 const& info,
                      VkImageFormatProperties& properties) {
  properties = {};
  PhysicalDeviceState const* const found = find(call, device);
  if (call.result() != VK_SUCCESS || found == nullptr) {
    return call.result();
  }
  VkResult const result = image_format_properties(info, properties);
  properties.maxResourceSize =
      result == VK_SUCCESS ? std::max(found->gpu->max_buffer_size(), VkDeviceSize{1} << 31U) : 0;
  return result;
}

VkResult VKAPI_CALL get_image_format(VkPhysicalDevice device, VkFormat format, VkImageType type, VkImageTiling tiling,
                                     VkImageUsageFlags usage, VkImageCreateFlags flags,
                                     VkImageFormatProperties* properties) {
  Call const call{"vkGetPhysicalDeviceImageFormatProperties"};
  return image_format(
      call, device,
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2, nullptr, format, type, tiling, usage, flags},
      *properties);
}

VkExternalMemoryProperties external_memory(PhysicalDeviceState const* device, VkFlags handle_type) {
  if (device == nullptr || (handle_type & device->gpu->external_handle_types()) == 0) {
    return {};
  }
  return {VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT, handle_type,
          handle_type};
}

VkResult VKAPI_CALL get_image_format2(VkPhysicalDevice device, VkPhysicalDeviceImageFormatInfo2 const* info,
                                      VkImageFormatProperties2* properties) {
  Call const call{"vkGetPhysicalDeviceImageFormatProperties2"};
  auto const* const external = find_struct<VkPhysicalDeviceExternalImageFormatInfo>(
      info->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO);
  VkExternalMemoryProperties memory{};
  if (external != nullptr && external->handleType != 0) {
    memory = external_memory(find(call, device), external->handleType);
    if (memory.externalMemoryFeatures == 0) {
      return VK_ERROR_FORMAT_NOT_SUPPORTED;
    }
  }
  if (auto* const out = find_struct<VkExternalImageFormatProperties>(
          properties->pNext, VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES)) {
    out->externalMemoryProperties = memory;
  }
  return image_format(call, device, *info, properties->imageFormatProperties);
}

void VKAPI_CALL get_sparse_format(VkPhysicalDevice device, VkFormat, VkImageType, VkSampleCountFlagBits,
                                  VkImageUsageFlags, VkImageTiling, std::uint32_t* count,
                                  VkSparseImageFormatProperties*) {
  Call const call{"vkGetPhysicalDeviceSparseImageFormatProperties"};
  static_cast<void>(find(call, device));
  *count = 0;
}

void VKAPI_CALL get_sparse_format2(VkPhysicalDevice device, VkPhysicalDeviceSparseImageFormatInfo2 const*,
                                   std::uint32_t* count, VkSparseImageFormatProperties2*) {
  Call const call{"vkGetPhysicalDeviceSparseImageFormatProperties2"};
  static_cast<void>(find(call, device));
  *count = 0;
}

void VKAPI_CALL get_external_buffer(VkPhysicalDevice device, VkPhysicalDeviceExternalBufferInfo const* info,
                                    VkExternalBufferProperties* properties) {
  Call const call{"vkGetPhysicalDeviceExternalBufferProperties"};
  properties->externalMemoryProperties = external_memory(find(call, device), info->handleType);
}

void VKAPI_CALL get_external_fence(VkPhysicalDevice device, VkPhysicalDeviceExternalFenceInfo const*,
                                   VkExternalFenceProperties* properties) {
  Call const call{"vkGetPhysicalDeviceExternalFenceProperties"};
  static_cast<void>(find(call, device));
  properties->exportFromImportedHandleTypes = 0;
  properties->compatibleHandleTypes = 0;
  properties->externalFenceFeatures = 0;
}

void VKAPI_CALL get_external_semaphore(VkPhysicalDevice device, VkPhysicalDeviceExternalSemaphoreInfo const*,
                                       VkExternalSemaphoreProperties* properties) {
  Call const call{"vkGetPhysicalDeviceExternalSemaphoreProperties"};
  static_cast<void>(find(call, device));
  properties->exportFromImportedHandleTypes = 0;
  properties->compatibleHandleTypes = 0;
  properties->externalSemaphoreFeatures = 0;
}

VkResult VKAPI_CALL get_tools(VkPhysicalDevice device, std::uint32_t* count, VkPhysicalDeviceToolProperties*) {
  Call const call{"vkGetPhysicalDeviceToolProperties"};
  static_cast<void>(find(call, device));
  *count = 0;
  return call.result();
}

VkResult VKAPI_CALL enumerate_device_extensions(VkPhysicalDevice device, char const* layer, std::uint32_t* count,
                                                VkExtensionProperties* properties) {
  Call const call{"vkEnumerateDeviceExtensionProperties"};
  auto const* const found = find(call, device);
  if (call.result() != VK_SUCCESS || found == nullptr || layer != nullptr) {
    *count = 0;
    return call.result();
  }
  auto const names = found->gpu->extensions();
  return enumerate(names.size(), count, properties, [&](VkExtensionProperties& one, std::uint32_t i) {
    one = {};
    names[i].copy(one.extensionName, sizeof one.extensionName - 1);
    for (ExtensionInfo const& known : device_extensions()) {
      one.specVersion = known.name == names[i] ? known.spec_version : one.specVersion;
    }
  });
}

VkResult VKAPI_CALL enumerate_device_layers(VkPhysicalDevice device, std::uint32_t* count, VkLayerProperties*) {
  Call const call{"vkEnumerateDeviceLayerProperties"};
  static_cast<void>(find(call, device));
  *count = 0;
  return call.result();
}

template <auto function>
Function query(char const* name, std::uint32_t version = VK_API_VERSION_1_0) {
  return {name, entry_point<function>(), FunctionLevel::PhysicalDevice, version};
}

template <auto function>
Function query_of_extension(char const* name, char const* extension) {
  return {name, entry_point<function>(), FunctionLevel::PhysicalDevice, 0, extension};
}

}  // namespace

Functions physical_device_functions() {
  constexpr char const* properties2 = VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME;
  constexpr char const* external = VK_KHR_EXTERNAL_MEMORY_CAPABILITIES_EXTENSION_NAME;
  return {query<enumerate_device_extensions>("vkEnumerateDeviceExtensionProperties"),
          query<enumerate_device_layers>("vkEnumerateDeviceLayerProperties"),
          query<get_external_buffer>("vkGetPhysicalDeviceExternalBufferProperties", VK_API_VERSION_1_1),
          query<get_external_fence>("vkGetPhysicalDeviceExternalFenceProperties", VK_API_VERSION_1_1),
          query<get_external_semaphore>("vkGetPhysicalDeviceExternalSemaphoreProperties", VK_API_VERSION_1_1),
          query<get_features>("vkGetPhysicalDeviceFeatures"),
          query<get_features2>("vkGetPhysicalDeviceFeatures2", VK_API_VERSION_1_1),
          query<get_format>("vkGetPhysicalDeviceFormatProperties"),
          query<get_format2>("vkGetPhysicalDeviceFormatProperties2", VK_API_VERSION_1_1),
          query<get_image_format>("vkGetPhysicalDeviceImageFormatProperties"),
          query<get_image_format2>("vkGetPhysicalDeviceImageFormatProperties2", VK_API_VERSION_1_1),
          query<get_memory>("vkGetPhysicalDeviceMemoryProperties"),
          query<get_memory2>("vkGetPhysicalDeviceMemoryProperties2", VK_API_VERSION_1_1),
          query<get_properties>("vkGetPhysicalDeviceProperties"),
          query<get_properties2>("vkGetPhysicalDeviceProperties2", VK_API_VERSION_1_1),
          query<get_queue_families>("vkGetPhysicalDeviceQueueFamilyProperties"),
          query<get_queue_families2>("vkGetPhysicalDeviceQueueFamilyProperties2", VK_API_VERSION_1_1),
          query<get_sparse_format>("vkGetPhysicalDeviceSparseImageFormatProperties"),
          query<get_sparse_format2>("vkGetPhysicalDeviceSparseImageFormatProperties2", VK_API_VERSION_1_1),
          query<get_tools>("vkGetPhysicalDeviceToolProperties", VK_API_VERSION_1_3),
          query_of_extension<get_external_buffer>("vkGetPhysicalDeviceExternalBufferPropertiesKHR", external),
          query_of_extension<get_features2>("vkGetPhysicalDeviceFeatures2KHR", properties2),
          query_of_extension<get_format2>("vkGetPhysicalDeviceFormatProperties2KHR", properties2),
          query_of_extension<get_image_format2>("vkGetPhysicalDeviceImageFormatProperties2KHR", properties2),
          query_of_extension<get_memory2>("vkGetPhysicalDeviceMemoryProperties2KHR", properties2),
          query_of_extension<get_properties2>("vkGetPhysicalDeviceProperties2KHR", properties2),
          query_of_extension<get_queue_families2>("vkGetPhysicalDeviceQueueFamilyProperties2KHR", properties2),
          query_of_extension<get_sparse_format2>("vkGetPhysicalDeviceSparseImageFormatProperties2KHR", properties2)};
}

}  // namespace ashlar::simulated
