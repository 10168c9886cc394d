#include "simulated_driver/properties.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

namespace ashlar::simulated {

namespace {

/// The bytes of a UUID, by FNV-1a of the GPU's name: its own for each GPU, and the same on every machine.
void fill_uuid(std::string_view name, std::uint8_t salt, std::uint8_t (&uuid)[VK_UUID_SIZE]) {
  std::uint64_t hash = 0xCBF29CE484222325U ^ salt;
  for (std::size_t i = 0; i < VK_UUID_SIZE; ++i) {
    for (char const letter : name) {
      hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3U;
    }
    uuid[i] = static_cast<std::uint8_t>(hash >> 56U);
  }
}

/// The least that Vulkan requires (specification, "Required Limits"), where neither the profile nor this driver says
/// more.
void fill_limits(Gpu const& gpu, VkPhysicalDeviceLimits& limits) {
  limits = {};
  limits.maxImageDimension1D = 16384;
  limits.maxImageDimension2D = 16384;
  limits.maxImageDimension3D = 2048;
  limits.maxImageDimensionCube = 16384;
  limits.maxImageArrayLayers = 2048;
  limits.maxTexelBufferElements = std::uint32_t{1} << 27U;
  limits.maxUniformBufferRange = 65536;
  limits.maxStorageBufferRange = std::uint32_t{1} << 30U;
  limits.maxPushConstantsSize = 128;
  limits.maxMemoryAllocationCount = gpu.limits.max_memory_allocation_count;
  limits.maxSamplerAllocationCount = 4000;
  limits.bufferImageGranularity = gpu.limits.buffer_image_granularity;
  limits.maxBoundDescriptorSets = 4;
  limits.maxPerStageDescriptorSamplers = 16;
  limits.maxPerStageDescriptorUniformBuffers = 12;
  limits.maxPerStageDescriptorStorageBuffers = 4;
  limits.maxPerStageDescriptorSampledImages = 16;
  limits.maxPerStageDescriptorStorageImages = 4;
  limits.maxPerStageDescriptorInputAttachments = 4;
  limits.maxPerStageResources = 128;
  limits.maxDescriptorSetSamplers = 96;
  limits.maxDescriptorSetUniformBuffers = 72;
  limits.maxDescriptorSetUniformBuffersDynamic = 8;
  limits.maxDescriptorSetStorageBuffers = 24;
  limits.maxDescriptorSetStorageBuffersDynamic = 4;
  limits.maxDescriptorSetSampledImages = 96;
  limits.maxDescriptorSetStorageImages = 24;
  limits.maxDescriptorSetInputAttachments = 4;
  limits.maxVertexInputAttributes = 16;
  limits.maxVertexInputBindings = 16;
  limits.maxVertexInputAttributeOffset = 2047;
  limits.maxVertexInputBindingStride = 2048;
  limits.maxVertexOutputComponents = 64;
  limits.maxFragmentInputComponents = 64;
  limits.maxFragmentOutputAttachments = 4;
  limits.maxFragmentCombinedOutputResources = 4;
  limits.maxComputeSharedMemorySize = 16384;
  std::fill_n(limits.maxComputeWorkGroupCount, 3, 65535U);
  limits.maxComputeWorkGroupInvocations = 128;
  limits.maxComputeWorkGroupSize[0] = 128;
  limits.maxComputeWorkGroupSize[1] = 128;
  limits.maxComputeWorkGroupSize[2] = 64;
  limits.subPixelPrecisionBits = 4;
  limits.subTexelPrecisionBits = 4;
  limits.mipmapPrecisionBits = 4;
  limits.maxDrawIndexedIndexValue = (std::uint32_t{1} << 24U) - 1;
  limits.maxDrawIndirectCount = 1;
  limits.maxSamplerLodBias = 2;
  limits.maxSamplerAnisotropy = 1;
  limits.maxViewports = 1;
  std::fill_n(limits.maxViewportDimensions, 2, 16384U);
  limits.viewportBoundsRange[0] = -32768;
  limits.viewportBoundsRange[1] = 32767;
  limits.minMemoryMapAlignment = static_cast<std::size_t>(gpu.limits.min_memory_map_alignment);
  limits.minTexelBufferOffsetAlignment = 16;
  limits.minUniformBufferOffsetAlignment = 64;
  limits.minStorageBufferOffsetAlignment = 16;
  limits.minTexelOffset = -8;
  limits.maxTexelOffset = 7;
  limits.maxFramebufferWidth = 16384;
  limits.maxFramebufferHeight = 16384;
  limits.maxFramebufferLayers = 256;
  limits.framebufferColorSampleCounts = VK_SAMPLE_COUNT_1_BIT;
  limits.framebufferDepthSampleCounts = VK_SAMPLE_COUNT_1_BIT;
  limits.framebufferStencilSampleCounts = VK_SAMPLE_COUNT_1_BIT;
  limits.framebufferNoAttachmentsSampleCounts = VK_SAMPLE_COUNT_1_BIT;
  limits.maxColorAttachments = 4;
  limits.sampledImageColorSampleCounts = VK_SAMPLE_COUNT_1_BIT;
  limits.sampledImageIntegerSampleCounts = VK_SAMPLE_COUNT_1_BIT;
  limits.sampledImageDepthSampleCounts = VK_SAMPLE_COUNT_1_BIT;
  limits.sampledImageStencilSampleCounts = VK_SAMPLE_COUNT_1_BIT;
  limits.storageImageSampleCounts = VK_SAMPLE_COUNT_1_BIT;
  limits.maxSampleMaskWords = 1;
  limits.maxCullDistances = 0;
  limits.discreteQueuePriorities = 2;
  limits.pointSizeRange[0] = 1;
  limits.pointSizeRange[1] = 1;
  limits.lineWidthRange[0] = 1;
  limits.lineWidthRange[1] = 1;
  limits.strictLines = VK_TRUE;
  limits.standardSampleLocations = VK_TRUE;
  limits.optimalBufferCopyOffsetAlignment = 1;
  limits.optimalBufferCopyRowPitchAlignment = 1;
  limits.nonCoherentAtomSize = gpu.limits.non_coherent_atom_size;
}

constexpr char const* driver_name = "ashlar simulated driver";

/// The members that VkPhysicalDeviceIDProperties and VkPhysicalDeviceVulkan11Properties share.
template <class Struct>
void fill_ids(Gpu const& gpu, Struct& ids) {
  fill_uuid(gpu.name, 0, ids.deviceUUID);
  fill_uuid(driver_name, 0, ids.driverUUID);
  std::fill_n(ids.deviceLUID, VK_LUID_SIZE, std::uint8_t{0});
  ids.deviceNodeMask = 0;
  ids.deviceLUIDValid = VK_FALSE;
}

/// The members that VkPhysicalDeviceDriverProperties and VkPhysicalDeviceVulkan12Properties share.
template <class Struct>
void fill_driver(Struct& properties) {
  properties.driverID = VkDriverId{};  // None that Khronos has given.
  std::memset(properties.driverName, 0, sizeof properties.driverName);
  std::memset(properties.driverInfo, 0, sizeof properties.driverInfo);
  std::string_view{driver_name}.copy(properties.driverName, sizeof properties.driverName - 1);
  properties.conformanceVersion = {};
}

/// Sets all members behind pNext to zero.
template <class Struct>
void clear(Struct& properties) {
  void* const next = properties.pNext;
  VkStructureType const type = properties.sType;
  properties = {};
  properties.sType = type;
  properties.pNext = next;
}

void fill_vulkan11(Gpu const& gpu, VkPhysicalDeviceVulkan11Properties& properties) {
  clear(properties);
  fill_ids(gpu, properties);
  properties.subgroupSize = 1;
  properties.subgroupSupportedStages = VK_SHADER_STAGE_COMPUTE_BIT;
  properties.subgroupSupportedOperations = VK_SUBGROUP_FEATURE_BASIC_BIT;
  properties.maxMultiviewViewCount = 6;
  properties.maxMultiviewInstanceIndex = (std::uint32_t{1} << 27U) - 1;
  properties.maxPerSetDescriptors = 1024;
  properties.maxMemoryAllocationSize = gpu.max_memory_allocation_size();
}

constexpr std::uint64_t max_timeline_difference = std::numeric_limits<std::uint64_t>::max();

}  // namespace

void fill_properties(Gpu const& gpu, VkPhysicalDeviceProperties& properties) {
  properties = {};
  properties.apiVersion = gpu.api_version;
  properties.driverVersion = 1;
  properties.vendorID = 0x10000;  // Not of the PCI registry, and none that Khronos has given.
  fill_uuid(gpu.name, 1, properties.pipelineCacheUUID);
  std::memcpy(&properties.deviceID, properties.pipelineCacheUUID, sizeof properties.deviceID);
  properties.deviceType = static_cast<VkPhysicalDeviceType>(gpu.memory.device_type);
  gpu.name.copy(properties.deviceName, sizeof properties.deviceName - 1);
  fill_limits(gpu, properties.limits);
}

namespace {

/// Structs of features that the driver does not have: what they promise is nothing.
void clear_other(VkBaseOutStructure& link) {
  void* const at = &link;
  switch (link.sType) {
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MULTIVIEW_PROPERTIES:
      clear(*static_cast<VkPhysicalDeviceMultiviewProperties*>(at));
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_POINT_CLIPPING_PROPERTIES:
      clear(*static_cast<VkPhysicalDevicePointClippingProperties*>(at));
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DEPTH_STENCIL_RESOLVE_PROPERTIES:
      clear(*static_cast<VkPhysicalDeviceDepthStencilResolveProperties*>(at));
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DESCRIPTOR_INDEXING_PROPERTIES:
      clear(*static_cast<VkPhysicalDeviceDescriptorIndexingProperties*>(at));
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES:
      clear(*static_cast<VkPhysicalDeviceFloatControlsProperties*>(at));
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SAMPLER_FILTER_MINMAX_PROPERTIES:
      clear(*static_cast<VkPhysicalDeviceSamplerFilterMinmaxProperties*>(at));
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES:
      clear(*static_cast<VkPhysicalDeviceSubgroupSizeControlProperties*>(at));
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_INLINE_UNIFORM_BLOCK_PROPERTIES:
      clear(*static_cast<VkPhysicalDeviceInlineUniformBlockProperties*>(at));
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TEXEL_BUFFER_ALIGNMENT_PROPERTIES:
      clear(*static_cast<VkPhysicalDeviceTexelBufferAlignmentProperties*>(at));
      break;
    case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_PROPERTIES:
      clear(*static_cast<VkPhysicalDeviceShaderIntegerDotProductProperties*>(at));
      break;
    default:
      break;
  }
}

}  // namespace

void fill_property_chain(Gpu const& gpu, void* chain) {
  for (auto* link = static_cast<VkBaseOutStructure*>(chain); link != nullptr; link = link->pNext) {
    void* const at = link;
    switch (link->sType) {
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES:
        fill_vulkan11(gpu, *static_cast<VkPhysicalDeviceVulkan11Properties*>(at));
        break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES: {
        auto& properties = *static_cast<VkPhysicalDeviceVulkan12Properties*>(at);
        clear(properties);
        fill_driver(properties);
        properties.maxTimelineSemaphoreValueDifference = max_timeline_difference;
        properties.framebufferIntegerColorSampleCounts = VK_SAMPLE_COUNT_1_BIT;
        properties.supportedDepthResolveModes = VK_RESOLVE_MODE_SAMPLE_ZERO_BIT;
        properties.supportedStencilResolveModes = VK_RESOLVE_MODE_SAMPLE_ZERO_BIT;
        break;
      }
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_PROPERTIES: {
        auto& properties = *static_cast<VkPhysicalDeviceVulkan13Properties*>(at);
        clear(properties);
        properties.minSubgroupSize = 1;
        properties.maxSubgroupSize = 1;
        properties.maxBufferSize = gpu.max_buffer_size();
        break;
      }
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES:
        fill_ids(gpu, *static_cast<VkPhysicalDeviceIDProperties*>(at));
        break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES:
        fill_driver(*static_cast<VkPhysicalDeviceDriverProperties*>(at));
        break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES: {
        auto& properties = *static_cast<VkPhysicalDeviceMaintenance3Properties*>(at);
        properties.maxPerSetDescriptors = 1024;
        properties.maxMemoryAllocationSize = gpu.max_memory_allocation_size();
        break;
      }
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES:
        static_cast<VkPhysicalDeviceMaintenance4Properties*>(at)->maxBufferSize = gpu.max_buffer_size();
        break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_PROPERTIES:
        static_cast<VkPhysicalDeviceTimelineSemaphoreProperties*>(at)->maxTimelineSemaphoreValueDifference =
            max_timeline_difference;
        break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROTECTED_MEMORY_PROPERTIES:
        static_cast<VkPhysicalDeviceProtectedMemoryProperties*>(at)->protectedNoFault = VK_FALSE;
        break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES: {
        auto& properties = *static_cast<VkPhysicalDeviceSubgroupProperties*>(at);
        clear(properties);
        properties.subgroupSize = 1;
        properties.supportedStages = VK_SHADER_STAGE_COMPUTE_BIT;
        properties.supportedOperations = VK_SUBGROUP_FEATURE_BASIC_BIT;
        break;
      }
      default:
        clear_other(*link);
        break;
    }
  }
}

}  // namespace ashlar::simulated
