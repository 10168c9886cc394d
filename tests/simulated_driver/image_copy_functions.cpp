// Commands that copy between buffers and images, and between images.

#include <algorithm>
#include <cstring>
#include <vector>

#include "simulated_driver/functions.hpp"
#include "simulated_driver/image_layout.hpp"
#include "simulated_driver/transfer.hpp"

namespace ashlar::simulated {

namespace {

// Texels lie in memory as they do in a buffer that is packed tightly.

/// A box of texels in memory: of an image's layer and level, or of a buffer.
struct Box {
  std::uint64_t resource = 0;
  VkDeviceSize offset = 0;  ///< Of the first texel.
  VkDeviceSize row_pitch = 0;
  VkDeviceSize depth_pitch = 0;
};

/// Rows of texels that are copied from one box to another.
struct BoxCopy {
  Box from;
  Box to;
  VkDeviceSize row_size = 0;
  std::uint32_t rows = 0;
  std::uint32_t depth = 0;
};

Box image_box(Resource const& image, std::uint64_t id, std::uint32_t level, std::uint32_t layer,
              VkOffset3D const& offset) {
  VkSubresourceLayout const layout = subresource_layout(image, level, layer);
  return {id,
          layout.offset + static_cast<VkDeviceSize>(offset.z) * layout.depthPitch +
              static_cast<VkDeviceSize>(offset.y) * layout.rowPitch +
              static_cast<VkDeviceSize>(offset.x) * image.image.texel_size,
          layout.rowPitch, layout.depthPitch};
}

Box buffer_box(Resource const& image, std::uint64_t id, VkBufferImageCopy const& region, std::uint32_t layer) {
  VkDeviceSize const row = region.bufferRowLength != 0 ? region.bufferRowLength : region.imageExtent.width;
  VkDeviceSize const rows = region.bufferImageHeight != 0 ? region.bufferImageHeight : region.imageExtent.height;
  VkDeviceSize const row_pitch = row * image.image.texel_size;
  VkDeviceSize const depth_pitch = rows * row_pitch;
  return {id, region.bufferOffset + layer * region.imageExtent.depth * depth_pitch, row_pitch, depth_pitch};
}

template <class F>
void for_each_row(BoxCopy const& copy, F const& f) {
  for (std::uint32_t z = 0; z < copy.depth; ++z) {
    for (std::uint32_t y = 0; y < copy.rows; ++y) {
      auto const at = [&](Box const& box) { return box.offset + z * box.depth_pitch + y * box.row_pitch; };
      f(at(copy.from), at(copy.to));
    }
  }
}

void run(DeviceState& device, BoxCopy const& copy, char const* function) {
  for_each_row(copy, [&](VkDeviceSize from, VkDeviceSize to) {
    DeviceBytes const source = find_bytes(device, copy.from.resource, from, copy.row_size, function);
    DeviceBytes const target = find_bytes(device, copy.to.resource, to, copy.row_size, function);
    if (source.bytes != nullptr && target.bytes != nullptr) {
      std::memmove(target.bytes, source.bytes, static_cast<std::size_t>(copy.row_size));
    }
  });
}

/// Records all regions of one command.
void record(Call const& call, char const* function, std::vector<BoxCopy> const& copies, char const* overlap_rule,
            char const* recording_rule) {
  Command command{.function = function, .stage = VK_PIPELINE_STAGE_2_COPY_BIT};
  for (BoxCopy const& copy : copies) {
    for_each_row(copy, [&](VkDeviceSize from, VkDeviceSize to) {
      command.uses.push_back({copy.from.resource, from, copy.row_size, false});
      command.uses.push_back({copy.to.resource, to, copy.row_size, true});
    });
  }
  call.require(!overlap(call.device(), command.uses), overlap_rule);
  command.run = [copies, function](DeviceState& device) {
    for (BoxCopy const& copy : copies) {
      run(device, copy, function);
    }
  };
  call.record(std::move(command), recording_rule);
}

/// Whether the box lies in the level of the image, and is one.
bool fits(Resource const& image, VkImageSubresourceLayers const& subresource, VkOffset3D const& offset,
          VkExtent3D const& extent) {
  if (extent.width == 0 || extent.height == 0 || extent.depth == 0 || subresource.mipLevel >= image.image.mip_levels ||
      subresource.baseArrayLayer + subresource.layerCount > image.image.layers) {
    return false;
  }
  VkExtent3D const level = level_extent(image, subresource.mipLevel);
  auto const inside = [](std::int32_t begin, std::uint32_t size, std::uint32_t whole) {
    return begin >= 0 && static_cast<std::uint32_t>(begin) <= whole &&
           size <= whole - static_cast<std::uint32_t>(begin);
  };
  return inside(offset.x, extent.width, level.width) && inside(offset.y, extent.height, level.height) &&
         inside(offset.z, extent.depth, level.depth);
}

bool is_layout_for(VkImageLayout layout, VkImageLayout optimal) {
  return layout == optimal || layout == VK_IMAGE_LAYOUT_GENERAL;
}

// Between a buffer and an image.

/// The rules of a copy in one of the two directions.
struct BufferImageRules {
  char const* function;
  bool to_image;
  TransferRules buffer;
  TransferRules image;
  VkImageLayout layout;
  char const* has_layout;
  char const* in_buffer;
  char const* in_image;
  char const* overlaps;
  char const* recording;
};

constexpr BufferImageRules buffer_to_image{
    "vkCmdCopyBufferToImage",
    true,
    {{"VUID-vkCmdCopyBufferToImage-srcBuffer-parameter", "VUID-vkCmdCopyBufferToImage-commonparent"},
     VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
     "a source without TRANSFER_SRC (VUID-vkCmdCopyBufferToImage-srcBuffer-00174)",
     "a source without memory (VUID-vkCmdCopyBufferToImage-srcBuffer-00176)"},
    {{"VUID-vkCmdCopyBufferToImage-dstImage-parameter", "VUID-vkCmdCopyBufferToImage-commonparent"},
     VK_IMAGE_USAGE_TRANSFER_DST_BIT,
     "a target without TRANSFER_DST (VUID-vkCmdCopyBufferToImage-dstImage-00177)",
     "a target without memory (VUID-vkCmdCopyBufferToImage-dstImage-00178)"},
    VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
    "a layout for no copies (VUID-vkCmdCopyBufferToImage-dstImageLayout-00181)",
    "beyond the buffer (VUID-vkCmdCopyBufferToImage-pRegions-00171)",
    "beyond the image (VUID-vkCmdCopyBufferToImage-pRegions-06217)",
    "source and target overlap (VUID-vkCmdCopyBufferToImage-pRegions-00173)",
    "VUID-vkCmdCopyBufferToImage-commandBuffer-recording"};

constexpr BufferImageRules image_to_buffer{
    "vkCmdCopyImageToBuffer",
    false,
    {{"VUID-vkCmdCopyImageToBuffer-dstBuffer-parameter", "VUID-vkCmdCopyImageToBuffer-commonparent"},
     VK_BUFFER_USAGE_TRANSFER_DST_BIT,
     "a target without TRANSFER_DST (VUID-vkCmdCopyImageToBuffer-dstBuffer-00191)",
     "a target without memory (VUID-vkCmdCopyImageToBuffer-dstBuffer-00192)"},
    {{"VUID-vkCmdCopyImageToBuffer-srcImage-parameter", "VUID-vkCmdCopyImageToBuffer-commonparent"},
     VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
     "a source without TRANSFER_SRC (VUID-vkCmdCopyImageToBuffer-srcImage-00186)",
     "a source without memory (VUID-vkCmdCopyImageToBuffer-srcImage-00187)"},
    VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
    "a layout for no copies (VUID-vkCmdCopyImageToBuffer-srcImageLayout-00190)",
    "beyond the buffer (VUID-vkCmdCopyImageToBuffer-pRegions-00183)",
    "beyond the image (VUID-vkCmdCopyImageToBuffer-pRegions-06220)",
    "source and target overlap (VUID-vkCmdCopyImageToBuffer-pRegions-00184)",
    "VUID-vkCmdCopyImageToBuffer-commandBuffer-recording"};

/// The bytes from a box's first to the end of its last row.
VkDeviceSize end_of(Box const& box, BoxCopy const& copy) {
  return box.offset + (copy.depth - 1) * box.depth_pitch + (copy.rows - 1) * box.row_pitch + copy.row_size;
}

void record_buffer_image_copy(Call const& call, BufferImageRules const& rules, VkBuffer buffer, VkImage image,
                              VkImageLayout layout, std::vector<VkBufferImageCopy> const& regions) {
  Resource const* const in_buffer =
      find_for_transfer(call, call.find_buffer(buffer, rules.buffer.handle), rules.buffer);
  Resource const* const in_image = find_for_transfer(call, call.find_image(image, rules.image.handle), rules.image);
  call.require(is_layout_for(layout, rules.layout), rules.has_layout);
  if (in_buffer == nullptr || in_image == nullptr) {
    return;
  }
  std::vector<BoxCopy> copies;
  for (VkBufferImageCopy const& region : regions) {
    VkImageSubresourceLayers const& subresource = region.imageSubresource;
    bool const inside =
        call.require(fits(*in_image, subresource, region.imageOffset, region.imageExtent), rules.in_image);
    for (std::uint32_t layer = 0; inside && layer < subresource.layerCount; ++layer) {
      Box const of_buffer = buffer_box(*in_image, to_id(buffer), region, layer);
      Box const of_image = image_box(*in_image, to_id(image), subresource.mipLevel, subresource.baseArrayLayer + layer,
                                     region.imageOffset);
      BoxCopy const copy{rules.to_image ? of_buffer : of_image, rules.to_image ? of_image : of_buffer,
                         region.imageExtent.width * in_image->image.texel_size, region.imageExtent.height,
                         region.imageExtent.depth};
      if (call.require(end_of(of_buffer, copy) <= in_buffer->size, rules.in_buffer)) {
        copies.push_back(copy);
      }
    }
  }
  record(call, rules.function, copies, rules.overlaps, rules.recording);
}

std::vector<VkBufferImageCopy> without_chains(std::uint32_t count, VkBufferImageCopy2 const* regions) {
  std::vector<VkBufferImageCopy> all;
  std::for_each(regions, regions + count, [&](VkBufferImageCopy2 const& region) {
    all.push_back({region.bufferOffset, region.bufferRowLength, region.bufferImageHeight, region.imageSubresource,
                   region.imageOffset, region.imageExtent});
  });
  return all;
}

void VKAPI_CALL copy_buffer_to_image(VkCommandBuffer command_buffer, VkBuffer source, VkImage target,
                                     VkImageLayout layout, std::uint32_t count, VkBufferImageCopy const* regions) {
  record_buffer_image_copy(Call{command_buffer, "vkCmdCopyBufferToImage"}, buffer_to_image, source, target, layout,
                           {regions, regions + count});
}

void VKAPI_CALL copy_image_to_buffer(VkCommandBuffer command_buffer, VkImage source, VkImageLayout layout,
                                     VkBuffer target, std::uint32_t count, VkBufferImageCopy const* regions) {
  record_buffer_image_copy(Call{command_buffer, "vkCmdCopyImageToBuffer"}, image_to_buffer, target, source, layout,
                           {regions, regions + count});
}

void VKAPI_CALL copy_buffer_to_image2(VkCommandBuffer command_buffer, VkCopyBufferToImageInfo2 const* info) {
  record_buffer_image_copy(Call{command_buffer, "vkCmdCopyBufferToImage2"}, buffer_to_image, info->srcBuffer,
                           info->dstImage, info->dstImageLayout, without_chains(info->regionCount, info->pRegions));
}

void VKAPI_CALL copy_image_to_buffer2(VkCommandBuffer command_buffer, VkCopyImageToBufferInfo2 const* info) {
  record_buffer_image_copy(Call{command_buffer, "vkCmdCopyImageToBuffer2"}, image_to_buffer, info->dstBuffer,
                           info->srcImage, info->srcImageLayout, without_chains(info->regionCount, info->pRegions));
}

// Between images.

constexpr TransferRules source_image{{"VUID-vkCmdCopyImage-srcImage-parameter", "VUID-vkCmdCopyImage-commonparent"},
                                     VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
                                     "a source without TRANSFER_SRC (VUID-vkCmdCopyImage-srcImage-00126)",
                                     "a source without memory (VUID-vkCmdCopyImage-srcImage-01546)"};
constexpr TransferRules target_image{{"VUID-vkCmdCopyImage-dstImage-parameter", "VUID-vkCmdCopyImage-commonparent"},
                                     VK_IMAGE_USAGE_TRANSFER_DST_BIT,
                                     "a target without TRANSFER_DST (VUID-vkCmdCopyImage-dstImage-00131)",
                                     "a target without memory (VUID-vkCmdCopyImage-dstImage-01547)"};

/// An image as vkCmdCopyImage names it.
struct NamedImage {
  VkImage image = VK_NULL_HANDLE;
  VkImageLayout layout = VK_IMAGE_LAYOUT_UNDEFINED;
};

bool check_region(Call const& call, Resource const& from, Resource const& to, VkImageCopy const& region) {
  bool const in_source =
      call.require(fits(from, region.srcSubresource, region.srcOffset, region.extent),
                   "beyond the source (VUID-vkCmdCopyImage-srcOffset-00144, VUID-vkCmdCopyImage-srcSubresource-01696)");
  bool const in_target =
      call.require(fits(to, region.dstSubresource, region.dstOffset, region.extent),
                   "beyond the target (VUID-vkCmdCopyImage-dstOffset-00150, VUID-vkCmdCopyImage-dstSubresource-01697)");
  return in_source && in_target;
}

void record_image_copy(Call const& call, NamedImage const& source, NamedImage const& target,
                       std::vector<VkImageCopy> const& regions) {
  Resource const* const from =
      find_for_transfer(call, call.find_image(source.image, source_image.handle), source_image);
  Resource const* const to = find_for_transfer(call, call.find_image(target.image, target_image.handle), target_image);
  call.require(is_layout_for(source.layout, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL),
               "a layout for no copies (VUID-vkCmdCopyImage-srcImageLayout-00129)");
  call.require(is_layout_for(target.layout, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL),
               "a layout for no copies (VUID-vkCmdCopyImage-dstImageLayout-00134)");
  if (from == nullptr || to == nullptr ||
      !call.require(from->image.texel_size == to->image.texel_size,
                    "texels of another size (VUID-vkCmdCopyImage-srcImage-01548)")) {
    return;
  }
  std::vector<BoxCopy> copies;
  for (VkImageCopy const& region : regions) {
    bool const inside = check_region(call, *from, *to, region);
    for (std::uint32_t layer = 0; inside && layer < region.srcSubresource.layerCount; ++layer) {
      copies.push_back({image_box(*from, to_id(source.image), region.srcSubresource.mipLevel,
                                  region.srcSubresource.baseArrayLayer + layer, region.srcOffset),
                        image_box(*to, to_id(target.image), region.dstSubresource.mipLevel,
                                  region.dstSubresource.baseArrayLayer + layer, region.dstOffset),
                        region.extent.width * from->image.texel_size, region.extent.height, region.extent.depth});
    }
  }
  record(call, "vkCmdCopyImage", copies, "source and target overlap (VUID-vkCmdCopyImage-pRegions-00124)",
         "VUID-vkCmdCopyImage-commandBuffer-recording");
}

void VKAPI_CALL copy_image(VkCommandBuffer command_buffer, VkImage source, VkImageLayout source_layout, VkImage target,
                           VkImageLayout target_layout, std::uint32_t count, VkImageCopy const* regions) {
  record_image_copy(Call{command_buffer, "vkCmdCopyImage"}, {source, source_layout}, {target, target_layout},
                    {regions, regions + count});
}

void VKAPI_CALL copy_image2(VkCommandBuffer command_buffer, VkCopyImageInfo2 const* info) {
  std::vector<VkImageCopy> regions;
  std::for_each(info->pRegions, info->pRegions + info->regionCount, [&](VkImageCopy2 const& region) {
    regions.push_back(
        {region.srcSubresource, region.srcOffset, region.dstSubresource, region.dstOffset, region.extent});
  });
  record_image_copy(Call{command_buffer, "vkCmdCopyImage2"}, {info->srcImage, info->srcImageLayout},
                    {info->dstImage, info->dstImageLayout}, regions);
}

}  // namespace

Functions image_copy_functions() {
  constexpr char const* copy2 = VK_KHR_COPY_COMMANDS_2_EXTENSION_NAME;
  return {core<copy_buffer_to_image>("vkCmdCopyBufferToImage"),
          core<copy_buffer_to_image2>("vkCmdCopyBufferToImage2", VK_API_VERSION_1_3),
          core<copy_image>("vkCmdCopyImage"),
          core<copy_image2>("vkCmdCopyImage2", VK_API_VERSION_1_3),
          core<copy_image_to_buffer>("vkCmdCopyImageToBuffer"),
          core<copy_image_to_buffer2>("vkCmdCopyImageToBuffer2", VK_API_VERSION_1_3),
          of_extension<copy_buffer_to_image2>("vkCmdCopyBufferToImage2KHR", copy2),
          of_extension<copy_image2>("vkCmdCopyImage2KHR", copy2),
          of_extension<copy_image_to_buffer2>("vkCmdCopyImageToBuffer2KHR", copy2)};
}

}  // namespace ashlar::simulated
