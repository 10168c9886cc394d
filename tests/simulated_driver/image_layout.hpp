#pragma once

#include "simulated_driver/state.hpp"

namespace ashlar::simulated {

/// Where a subresource lies in its image: layer after layer, in it level after level, in it row after row, without
/// gaps, in optimal tiling too.
[[nodiscard]] VkSubresourceLayout subresource_layout(Resource const& image, std::uint32_t level, std::uint32_t layer);

/// Texels of a level in each direction.
[[nodiscard]] VkExtent3D level_extent(Resource const& image, std::uint32_t level);

/// Bytes of all levels and layers.
[[nodiscard]] VkDeviceSize image_size(Resource const& image);

}  // namespace ashlar::simulated
