#pragma once

#include "device/vulkan.hpp"

namespace ashlar::simulated {

/// Bytes of a texel; 0 for a format that the driver does not have. It has the uncompressed colour formats of 1, 2 and
/// 4 channels with 8, 16 or 32 bits each, and D32_SFLOAT.
[[nodiscard]] VkDeviceSize texel_size(VkFormat format);

[[nodiscard]] VkFormatProperties format_properties(VkFormat format);

/// Without the maxResourceSize. VK_ERROR_FORMAT_NOT_SUPPORTED if there is no such image.
[[nodiscard]] VkResult image_format_properties(VkPhysicalDeviceImageFormatInfo2 const& info,
                                               VkImageFormatProperties& properties);

}  // namespace ashlar::simulated
