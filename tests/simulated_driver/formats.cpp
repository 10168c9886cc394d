#include "simulated_driver/formats.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace ashlar::simulated {

namespace {

constexpr VkFormatFeatureFlags image_features =
    VK_FORMAT_FEATURE_TRANSFER_SRC_BIT | VK_FORMAT_FEATURE_TRANSFER_DST_BIT | VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT;

/// A run of formats of one size.
struct Formats {
  VkFormat first;
  VkFormat last;
  VkDeviceSize texel_size;
};

constexpr Formats known[] = {
    {VK_FORMAT_R8_UNORM, VK_FORMAT_R8_SRGB, 1},
    {VK_FORMAT_R8G8_UNORM, VK_FORMAT_R8G8_SRGB, 2},
    {VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_R8G8B8A8_SRGB, 4},
    {VK_FORMAT_B8G8R8A8_UNORM, VK_FORMAT_B8G8R8A8_SRGB, 4},
    {VK_FORMAT_R16_UNORM, VK_FORMAT_R16_SFLOAT, 2},
    {VK_FORMAT_R16G16_UNORM, VK_FORMAT_R16G16_SFLOAT, 4},
    {VK_FORMAT_R16G16B16A16_UNORM, VK_FORMAT_R16G16B16A16_SFLOAT, 8},
    {VK_FORMAT_R32_UINT, VK_FORMAT_R32_SFLOAT, 4},
    {VK_FORMAT_R32G32_UINT, VK_FORMAT_R32G32_SFLOAT, 8},
    {VK_FORMAT_R32G32B32A32_UINT, VK_FORMAT_R32G32B32A32_SFLOAT, 16},
    {VK_FORMAT_D32_SFLOAT, VK_FORMAT_D32_SFLOAT, 4},
};

}  // namespace

VkDeviceSize texel_size(VkFormat format) {
  auto const* const found = std::find_if(std::begin(known), std::end(known), [&](Formats const& formats) {
    return formats.first <= format && format <= formats.last;
  });
  return found != std::end(known) ? found->texel_size : 0;
}

VkFormatProperties format_properties(VkFormat format) {
  if (texel_size(format) == 0) {
    return {};
  }
  VkFormatFeatureFlags const attachment = format == VK_FORMAT_D32_SFLOAT
                                              ? VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT
                                              : VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT;
  VkFormatFeatureFlags const buffer = format == VK_FORMAT_D32_SFLOAT ? 0
                                                                     : VK_FORMAT_FEATURE_UNIFORM_TEXEL_BUFFER_BIT |
                                                                           VK_FORMAT_FEATURE_STORAGE_TEXEL_BUFFER_BIT;
  return {image_features, image_features | attachment, buffer};
}

VkResult image_format_properties(VkPhysicalDeviceImageFormatInfo2 const& info, VkImageFormatProperties& properties) {
  bool const linear = info.tiling == VK_IMAGE_TILING_LINEAR;
  VkFormatProperties const format = format_properties(info.format);
  VkFormatFeatureFlags const features = linear ? format.linearTilingFeatures : format.optimalTilingFeatures;
  VkImageUsageFlags usages = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT |
                             VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT;
  if ((features & VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT) != 0) {
    usages |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT;
  }
  if ((features & VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT) != 0) {
    usages |= VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT;
  }
  constexpr VkImageCreateFlags sparse =
      VK_IMAGE_CREATE_SPARSE_BINDING_BIT | VK_IMAGE_CREATE_SPARSE_RESIDENCY_BIT | VK_IMAGE_CREATE_SPARSE_ALIASED_BIT;
  bool const tiling_known = linear || info.tiling == VK_IMAGE_TILING_OPTIMAL;
  if (features == 0 || !tiling_known || (info.usage & ~usages) != 0 || (info.flags & sparse) != 0 ||
      (linear && info.type != VK_IMAGE_TYPE_2D && info.type != VK_IMAGE_TYPE_1D)) {
    return VK_ERROR_FORMAT_NOT_SUPPORTED;
  }
  bool const volume = info.type == VK_IMAGE_TYPE_3D;
  std::uint32_t const width = volume ? 2048 : 16384;
  properties.maxExtent = {width, info.type == VK_IMAGE_TYPE_1D ? 1 : width, volume ? 2048U : 1U};
  properties.maxMipLevels = linear ? 1 : volume ? 12 : 15;
  properties.maxArrayLayers = linear || volume ? 1 : 2048;
  properties.sampleCounts = VK_SAMPLE_COUNT_1_BIT;
  return VK_SUCCESS;
}

}  // namespace ashlar::simulated
