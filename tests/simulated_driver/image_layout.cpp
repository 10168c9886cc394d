#include "simulated_driver/image_layout.hpp"

#include <algorithm>

namespace ashlar::simulated {

namespace {

VkDeviceSize level_size(Resource const& image, std::uint32_t level) {
  VkExtent3D const extent = level_extent(image, level);
  return VkDeviceSize{extent.width} * extent.height * extent.depth * image.image.texel_size;
}

/// Bytes of a layer's levels before this one.
VkDeviceSize level_offset(Resource const& image, std::uint32_t level) {
  VkDeviceSize offset = 0;
  for (std::uint32_t before = 0; before < level; ++before) {
    offset += level_size(image, before);
  }
  return offset;
}

}  // namespace

VkExtent3D level_extent(Resource const& image, std::uint32_t level) {
  auto const halved = [&](std::uint32_t size) { return std::max(size >> level, 1U); };
  VkExtent3D const& extent = image.image.extent;
  return {halved(extent.width), halved(extent.height), halved(extent.depth)};
}

VkSubresourceLayout subresource_layout(Resource const& image, std::uint32_t level, std::uint32_t layer) {
  VkExtent3D const extent = level_extent(image, level);
  VkSubresourceLayout layout{};
  layout.arrayPitch = level_offset(image, image.image.mip_levels);
  layout.offset = layer * layout.arrayPitch + level_offset(image, level);
  layout.size = level_size(image, level);
  layout.rowPitch = extent.width * image.image.texel_size;
  layout.depthPitch = layout.rowPitch * extent.height;
  return layout;
}

VkDeviceSize image_size(Resource const& image) {
  return image.image.layers * level_offset(image, image.image.mip_levels);
}

}  // namespace ashlar::simulated
