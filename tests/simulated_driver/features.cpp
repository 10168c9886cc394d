#include "simulated_driver/features.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace ashlar::simulated {

namespace {

/// A member of a struct of features.
struct Member {
  std::string_view feature;
  std::size_t offset;
};

/// A struct of features: VkBool32 from the first member behind pNext to the last one; padding may follow.
struct FeatureStruct {
  VkStructureType type;
  std::size_t last;
  std::vector<Member> members;
};

constexpr std::size_t first_member = offsetof(VkPhysicalDeviceVulkan12Features, samplerMirrorClampToEdge);

std::vector<FeatureStruct> const& feature_structs() {
#define ASHLAR_SIM_MEMBER(Struct, member) \
  Member { #member, offsetof(Struct, member) }
  using Vulkan11 = VkPhysicalDeviceVulkan11Features;
  using Vulkan12 = VkPhysicalDeviceVulkan12Features;
  using Vulkan13 = VkPhysicalDeviceVulkan13Features;
  using Protected = VkPhysicalDeviceProtectedMemoryFeatures;
  using Timeline = VkPhysicalDeviceTimelineSemaphoreFeatures;
  using Address = VkPhysicalDeviceBufferDeviceAddressFeatures;
  using Synchronization2 = VkPhysicalDeviceSynchronization2Features;
  using Maintenance4 = VkPhysicalDeviceMaintenance4Features;
  using Priority = VkPhysicalDeviceMemoryPriorityFeaturesEXT;
  using Coherent = VkPhysicalDeviceCoherentMemoryFeaturesAMD;
  static std::vector<FeatureStruct> const structs = {
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
       offsetof(Vulkan11, shaderDrawParameters),
       {ASHLAR_SIM_MEMBER(Vulkan11, protectedMemory)}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
       offsetof(Vulkan12, subgroupBroadcastDynamicId),
       {ASHLAR_SIM_MEMBER(Vulkan12, timelineSemaphore), ASHLAR_SIM_MEMBER(Vulkan12, bufferDeviceAddress)}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
       offsetof(Vulkan13, maintenance4),
       {ASHLAR_SIM_MEMBER(Vulkan13, synchronization2), ASHLAR_SIM_MEMBER(Vulkan13, maintenance4)}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROTECTED_MEMORY_FEATURES,
       first_member,
       {ASHLAR_SIM_MEMBER(Protected, protectedMemory)}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
       first_member,
       {ASHLAR_SIM_MEMBER(Timeline, timelineSemaphore)}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
       offsetof(Address, bufferDeviceAddressMultiDevice),
       {ASHLAR_SIM_MEMBER(Address, bufferDeviceAddress)}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES,
       first_member,
       {ASHLAR_SIM_MEMBER(Synchronization2, synchronization2)}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES,
       first_member,
       {ASHLAR_SIM_MEMBER(Maintenance4, maintenance4)}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PRIORITY_FEATURES_EXT,
       first_member,
       {ASHLAR_SIM_MEMBER(Priority, memoryPriority)}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COHERENT_MEMORY_FEATURES_AMD,
       first_member,
       {ASHLAR_SIM_MEMBER(Coherent, deviceCoherentMemory)}},
      // The others of Vulkan 1.1 to 1.3, of which it has none.
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES,
       offsetof(VkPhysicalDevice16BitStorageFeatures, storageInputOutput16),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MULTIVIEW_FEATURES,
       offsetof(VkPhysicalDeviceMultiviewFeatures, multiviewTessellationShader),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VARIABLE_POINTERS_FEATURES,
       offsetof(VkPhysicalDeviceVariablePointersFeatures, variablePointers),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SAMPLER_YCBCR_CONVERSION_FEATURES,
       offsetof(VkPhysicalDeviceSamplerYcbcrConversionFeatures, samplerYcbcrConversion),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_DRAW_PARAMETERS_FEATURES,
       offsetof(VkPhysicalDeviceShaderDrawParametersFeatures, shaderDrawParameters),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES,
       offsetof(VkPhysicalDevice8BitStorageFeatures, storagePushConstant8),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_ATOMIC_INT64_FEATURES,
       offsetof(VkPhysicalDeviceShaderAtomicInt64Features, shaderSharedInt64Atomics),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES,
       offsetof(VkPhysicalDeviceShaderFloat16Int8Features, shaderInt8),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DESCRIPTOR_INDEXING_FEATURES,
       offsetof(VkPhysicalDeviceDescriptorIndexingFeatures, runtimeDescriptorArray),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SCALAR_BLOCK_LAYOUT_FEATURES,
       offsetof(VkPhysicalDeviceScalarBlockLayoutFeatures, scalarBlockLayout),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES,
       offsetof(VkPhysicalDeviceVulkanMemoryModelFeatures, vulkanMemoryModelAvailabilityVisibilityChains),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGELESS_FRAMEBUFFER_FEATURES,
       offsetof(VkPhysicalDeviceImagelessFramebufferFeatures, imagelessFramebuffer),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_UNIFORM_BUFFER_STANDARD_LAYOUT_FEATURES,
       offsetof(VkPhysicalDeviceUniformBufferStandardLayoutFeatures, uniformBufferStandardLayout),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SUBGROUP_EXTENDED_TYPES_FEATURES,
       offsetof(VkPhysicalDeviceShaderSubgroupExtendedTypesFeatures, shaderSubgroupExtendedTypes),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SEPARATE_DEPTH_STENCIL_LAYOUTS_FEATURES,
       offsetof(VkPhysicalDeviceSeparateDepthStencilLayoutsFeatures, separateDepthStencilLayouts),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_HOST_QUERY_RESET_FEATURES,
       offsetof(VkPhysicalDeviceHostQueryResetFeatures, hostQueryReset),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_TERMINATE_INVOCATION_FEATURES,
       offsetof(VkPhysicalDeviceShaderTerminateInvocationFeatures, shaderTerminateInvocation),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_DEMOTE_TO_HELPER_INVOCATION_FEATURES,
       offsetof(VkPhysicalDeviceShaderDemoteToHelperInvocationFeatures, shaderDemoteToHelperInvocation),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PRIVATE_DATA_FEATURES,
       offsetof(VkPhysicalDevicePrivateDataFeatures, privateData),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_CREATION_CACHE_CONTROL_FEATURES,
       offsetof(VkPhysicalDevicePipelineCreationCacheControlFeatures, pipelineCreationCacheControl),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ZERO_INITIALIZE_WORKGROUP_MEMORY_FEATURES,
       offsetof(VkPhysicalDeviceZeroInitializeWorkgroupMemoryFeatures, shaderZeroInitializeWorkgroupMemory),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_ROBUSTNESS_FEATURES,
       offsetof(VkPhysicalDeviceImageRobustnessFeatures, robustImageAccess),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES,
       offsetof(VkPhysicalDeviceSubgroupSizeControlFeatures, computeFullSubgroups),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_INLINE_UNIFORM_BLOCK_FEATURES,
       offsetof(VkPhysicalDeviceInlineUniformBlockFeatures, descriptorBindingInlineUniformBlockUpdateAfterBind),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TEXTURE_COMPRESSION_ASTC_HDR_FEATURES,
       offsetof(VkPhysicalDeviceTextureCompressionASTCHDRFeatures, textureCompressionASTC_HDR),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DYNAMIC_RENDERING_FEATURES,
       offsetof(VkPhysicalDeviceDynamicRenderingFeatures, dynamicRendering),
       {}},
      {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES,
       offsetof(VkPhysicalDeviceShaderIntegerDotProductFeatures, shaderIntegerDotProduct),
       {}},
  };
#undef ASHLAR_SIM_MEMBER
  return structs;
}

FeatureStruct const* find_feature_struct(VkStructureType type) {
  auto const& structs = feature_structs();
  auto const found = std::find_if(structs.begin(), structs.end(), [&](auto const& one) { return one.type == type; });
  return found != structs.end() ? &*found : nullptr;
}

VkBool32 read_bool(void const* object, std::size_t offset) {
  VkBool32 value = VK_FALSE;
  std::memcpy(&value, static_cast<std::byte const*>(object) + offset, sizeof value);
  return value;
}

void read_core_features(Gpu const& gpu, VkPhysicalDeviceFeatures const& asked, EnabledFeatures& enabled) {
  VkPhysicalDeviceFeatures supported{};
  fill_features(gpu, supported);
  for (std::size_t offset = 0; offset < sizeof asked; offset += sizeof(VkBool32)) {
    if (read_bool(&asked, offset) != VK_FALSE && read_bool(&supported, offset) == VK_FALSE) {
      enabled.all_supported = false;
    }
  }
}

}  // namespace

std::vector<std::string> const& features() {
  static std::vector<std::string> const names = {"bufferDeviceAddress", "deviceCoherentMemory", "maintenance4",
                                                 "memoryPriority",      "protectedMemory",      "synchronization2",
                                                 "timelineSemaphore"};
  return names;
}

void fill_features(Gpu const& /*gpu*/, VkPhysicalDeviceFeatures& core) {
  core = {};
  core.robustBufferAccess = VK_TRUE;  // Every Vulkan implementation has it.
}

void fill_feature_chain(Gpu const& gpu, void* chain) {
  for (auto* link = static_cast<VkBaseOutStructure*>(chain); link != nullptr; link = link->pNext) {
    FeatureStruct const* const known = find_feature_struct(link->sType);
    if (known == nullptr) {
      continue;
    }
    auto* const bytes = reinterpret_cast<std::byte*>(link);
    std::memset(bytes + first_member, 0, known->last + sizeof(VkBool32) - first_member);
    for (Member const& member : known->members) {
      VkBool32 const value = gpu.has_feature(member.feature) ? VK_TRUE : VK_FALSE;
      std::memcpy(bytes + member.offset, &value, sizeof value);
    }
  }
}

EnabledFeatures read_features(Gpu const& gpu, VkDeviceCreateInfo const& info) {
  EnabledFeatures enabled;
  if (info.pEnabledFeatures != nullptr) {
    read_core_features(gpu, *info.pEnabledFeatures, enabled);
  }
  for (auto const* link = static_cast<VkBaseInStructure const*>(info.pNext); link != nullptr; link = link->pNext) {
    if (link->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2) {
      void const* const at = link;
      read_core_features(gpu, static_cast<VkPhysicalDeviceFeatures2 const*>(at)->features, enabled);
    }
    FeatureStruct const* const known = find_feature_struct(link->sType);
    if (known == nullptr) {
      continue;
    }
    for (std::size_t offset = first_member; offset <= known->last; offset += sizeof(VkBool32)) {
      if (read_bool(link, offset) == VK_FALSE) {
        continue;
      }
      auto const member = std::find_if(known->members.begin(), known->members.end(),
                                       [&](Member const& one) { return one.offset == offset; });
      if (member == known->members.end() || !gpu.has_feature(member->feature)) {
        enabled.all_supported = false;
      } else {
        enabled.names.emplace(member->feature);
      }
    }
  }
  return enabled;
}

}  // namespace ashlar::simulated
