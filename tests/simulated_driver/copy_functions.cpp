// Commands that write memory: copies, fills and updates of buffers and images.

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "simulated_driver/call.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/image_layout.hpp"
#include "simulated_driver/memory_access.hpp"

namespace ashlar::simulated {

namespace {

DeviceBytes find_bytes(DeviceState& device, std::uint64_t resource, VkDeviceSize offset, VkDeviceSize size,
                       char const* command) {
  std::lock_guard const lock{driver().mutex};
  write_back_some(device);
  return device_bytes(device, resource, offset, size, command);
}

/// Bytes from there to the buffer's end; 0 of one that does not live, which is noted.
VkDeviceSize size_from(Call const& call, VkBuffer handle, VkDeviceSize offset) {
  Resource const* const buffer = call.find(&DeviceState::resources, to_id(handle));
  return buffer != nullptr && offset < buffer->size ? buffer->size - offset : 0;
}

// Buffers.

void record_copy(Call const& call, VkBuffer source, VkBuffer target, VkDeviceSize from, VkDeviceSize to,
                 VkDeviceSize size) {
  call.require(size <= size_from(call, source, from), "beyond the source (VUID-vkCmdCopyBuffer-size-00115)");
  call.require(size <= size_from(call, target, to), "beyond the target (VUID-vkCmdCopyBuffer-size-00116)");
  call.record([=, source_id = to_id(source), target_id = to_id(target)](DeviceState& device) {
    DeviceBytes const source_bytes = find_bytes(device, source_id, from, size, "vkCmdCopyBuffer");
    DeviceBytes const target_bytes = find_bytes(device, target_id, to, size, "vkCmdCopyBuffer");
    if (source_bytes.bytes != nullptr && target_bytes.bytes != nullptr) {
      std::memmove(target_bytes.bytes, source_bytes.bytes, static_cast<std::size_t>(size));
    }
  });
}

void VKAPI_CALL copy_buffer(VkCommandBuffer command_buffer, VkBuffer source, VkBuffer target, std::uint32_t count,
                            VkBufferCopy const* regions) {
  Call const call{command_buffer, "vkCmdCopyBuffer"};
  std::for_each(regions, regions + count, [&](VkBufferCopy const& region) {
    record_copy(call, source, target, region.srcOffset, region.dstOffset, region.size);
  });
}

void VKAPI_CALL copy_buffer2(VkCommandBuffer command_buffer, VkCopyBufferInfo2 const* info) {
  Call const call{command_buffer, "vkCmdCopyBuffer2"};
  std::for_each(info->pRegions, info->pRegions + info->regionCount, [&](VkBufferCopy2 const& region) {
    record_copy(call, info->srcBuffer, info->dstBuffer, region.srcOffset, region.dstOffset, region.size);
  });
}

void VKAPI_CALL fill_buffer(VkCommandBuffer command_buffer, VkBuffer target, VkDeviceSize offset, VkDeviceSize size,
                            std::uint32_t value) {
  Call const call{command_buffer, "vkCmdFillBuffer"};
  VkDeviceSize const rest = size_from(call, target, offset);
  VkDeviceSize const whole = size == VK_WHOLE_SIZE ? rest / 4 * 4 : size;
  call.require(whole <= rest, "beyond the buffer (VUID-vkCmdFillBuffer-size-00027)");
  call.record([=, id = to_id(target)](DeviceState& device) {
    DeviceBytes const bytes = find_bytes(device, id, offset, whole, "vkCmdFillBuffer");
    for (VkDeviceSize at = 0; bytes.bytes != nullptr && at + sizeof value <= whole; at += sizeof value) {
      std::memcpy(bytes.bytes + at, &value, sizeof value);
    }
  });
}

void VKAPI_CALL update_buffer(VkCommandBuffer command_buffer, VkBuffer target, VkDeviceSize offset, VkDeviceSize size,
                              void const* data) {
  Call const call{command_buffer, "vkCmdUpdateBuffer"};
  call.require(size <= 65536, "more than 65536 bytes (VUID-vkCmdUpdateBuffer-dataSize-00037)");
  call.require(size <= size_from(call, target, offset), "beyond the buffer (VUID-vkCmdUpdateBuffer-dataSize-00033)");
  auto const* const first = static_cast<std::byte const*>(data);
  call.record([=, id = to_id(target), content = std::vector<std::byte>(first, first + size)](DeviceState& device) {
    DeviceBytes const bytes = find_bytes(device, id, offset, size, "vkCmdUpdateBuffer");
    if (bytes.bytes != nullptr) {
      std::memcpy(bytes.bytes, content.data(), content.size());
    }
  });
}

// Images. Texels lie in memory as they do in a buffer that is packed tightly.

/// A box of texels in memory: of an image's layer and level, or of a buffer.
struct Box {
  std::uint64_t resource = 0;
  VkDeviceSize offset = 0;  ///< Of the first texel.
  VkDeviceSize row_pitch = 0;
  VkDeviceSize depth_pitch = 0;
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

/// Copies row by row.
void copy_box(DeviceState& device, Box const& from, Box const& to, VkExtent3D const& extent, VkDeviceSize texel,
              char const* command) {
  VkDeviceSize const row_size = extent.width * texel;
  for (std::uint32_t z = 0; z < extent.depth; ++z) {
    for (std::uint32_t y = 0; y < extent.height; ++y) {
      auto const row = [&](Box const& box) {
        return find_bytes(device, box.resource, box.offset + z * box.depth_pitch + y * box.row_pitch, row_size,
                          command);
      };
      DeviceBytes const source = row(from);
      DeviceBytes const target = row(to);
      if (source.bytes == nullptr || target.bytes == nullptr) {
        return;
      }
      std::memmove(target.bytes, source.bytes, static_cast<std::size_t>(row_size));
    }
  }
}

/// Whether the box lies in the level of the image.
bool fits(Resource const& image, VkImageSubresourceLayers const& subresource, VkOffset3D const& offset,
          VkExtent3D const& extent) {
  if (subresource.mipLevel >= image.image.mip_levels ||
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

void record_buffer_image_copy(Call const& call, VkBuffer buffer, VkImage image, VkBufferImageCopy const& region,
                              bool to_image) {
  Resource const* const found = call.find(&DeviceState::resources, to_id(image));
  if (found == nullptr || !call.require(fits(*found, region.imageSubresource, region.imageOffset, region.imageExtent),
                                        "beyond the image")) {
    return;
  }
  for (std::uint32_t layer = 0; layer < region.imageSubresource.layerCount; ++layer) {
    Box const in_buffer = buffer_box(*found, to_id(buffer), region, layer);
    Box const in_image = image_box(*found, to_id(image), region.imageSubresource.mipLevel,
                                   region.imageSubresource.baseArrayLayer + layer, region.imageOffset);
    call.record([=, extent = region.imageExtent, texel = found->image.texel_size](DeviceState& device) {
      copy_box(device, to_image ? in_buffer : in_image, to_image ? in_image : in_buffer, extent, texel,
               to_image ? "vkCmdCopyBufferToImage" : "vkCmdCopyImageToBuffer");
    });
  }
}

void VKAPI_CALL copy_buffer_to_image(VkCommandBuffer command_buffer, VkBuffer source, VkImage target, VkImageLayout,
                                     std::uint32_t count, VkBufferImageCopy const* regions) {
  Call const call{command_buffer, "vkCmdCopyBufferToImage"};
  std::for_each(regions, regions + count,
                [&](VkBufferImageCopy const& region) { record_buffer_image_copy(call, source, target, region, true); });
}

void VKAPI_CALL copy_image_to_buffer(VkCommandBuffer command_buffer, VkImage source, VkImageLayout, VkBuffer target,
                                     std::uint32_t count, VkBufferImageCopy const* regions) {
  Call const call{command_buffer, "vkCmdCopyImageToBuffer"};
  std::for_each(regions, regions + count, [&](VkBufferImageCopy const& region) {
    record_buffer_image_copy(call, target, source, region, false);
  });
}

VkBufferImageCopy without_chain(VkBufferImageCopy2 const& region) {
  return {region.bufferOffset,     region.bufferRowLength, region.bufferImageHeight,
          region.imageSubresource, region.imageOffset,     region.imageExtent};
}

void VKAPI_CALL copy_buffer_to_image2(VkCommandBuffer command_buffer, VkCopyBufferToImageInfo2 const* info) {
  Call const call{command_buffer, "vkCmdCopyBufferToImage2"};
  std::for_each(info->pRegions, info->pRegions + info->regionCount, [&](VkBufferImageCopy2 const& region) {
    record_buffer_image_copy(call, info->srcBuffer, info->dstImage, without_chain(region), true);
  });
}

void VKAPI_CALL copy_image_to_buffer2(VkCommandBuffer command_buffer, VkCopyImageToBufferInfo2 const* info) {
  Call const call{command_buffer, "vkCmdCopyImageToBuffer2"};
  std::for_each(info->pRegions, info->pRegions + info->regionCount, [&](VkBufferImageCopy2 const& region) {
    record_buffer_image_copy(call, info->dstBuffer, info->srcImage, without_chain(region), false);
  });
}

/// `Region`: VkImageCopy or VkImageCopy2.
template <class Region>
void record_image_copy(Call const& call, VkImage source, VkImage target, Region const& region) {
  Resource const* const from = call.find(&DeviceState::resources, to_id(source));
  Resource const* const to = call.find(&DeviceState::resources, to_id(target));
  if (from == nullptr || to == nullptr ||
      !call.require(fits(*from, region.srcSubresource, region.srcOffset, region.extent) &&
                        fits(*to, region.dstSubresource, region.dstOffset, region.extent),
                    "beyond an image") ||
      !call.require(from->image.texel_size == to->image.texel_size,
                    "texels of another size (VUID-vkCmdCopyImage-srcImage-01548)")) {
    return;
  }
  for (std::uint32_t layer = 0; layer < region.srcSubresource.layerCount; ++layer) {
    Box const source_box = image_box(*from, to_id(source), region.srcSubresource.mipLevel,
                                     region.srcSubresource.baseArrayLayer + layer, region.srcOffset);
    Box const target_box = image_box(*to, to_id(target), region.dstSubresource.mipLevel,
                                     region.dstSubresource.baseArrayLayer + layer, region.dstOffset);
    call.record([=, extent = region.extent, texel = from->image.texel_size](DeviceState& device) {
      copy_box(device, source_box, target_box, extent, texel, "vkCmdCopyImage");
    });
  }
}

void VKAPI_CALL copy_image(VkCommandBuffer command_buffer, VkImage source, VkImageLayout, VkImage target, VkImageLayout,
                           std::uint32_t count, VkImageCopy const* regions) {
  Call const call{command_buffer, "vkCmdCopyImage"};
  std::for_each(regions, regions + count,
                [&](VkImageCopy const& region) { record_image_copy(call, source, target, region); });
}

void VKAPI_CALL copy_image2(VkCommandBuffer command_buffer, VkCopyImageInfo2 const* info) {
  Call const call{command_buffer, "vkCmdCopyImage2"};
  std::for_each(info->pRegions, info->pRegions + info->regionCount,
                [&](VkImageCopy2 const& region) { record_image_copy(call, info->srcImage, info->dstImage, region); });
}

}  // namespace

Functions copy_functions() {
  constexpr char const* copy2 = VK_KHR_COPY_COMMANDS_2_EXTENSION_NAME;
  return {core("vkCmdCopyBuffer", copy_buffer),
          core("vkCmdCopyBuffer2", copy_buffer2, VK_API_VERSION_1_3),
          core("vkCmdCopyBufferToImage", copy_buffer_to_image),
          core("vkCmdCopyBufferToImage2", copy_buffer_to_image2, VK_API_VERSION_1_3),
          core("vkCmdCopyImage", copy_image),
          core("vkCmdCopyImage2", copy_image2, VK_API_VERSION_1_3),
          core("vkCmdCopyImageToBuffer", copy_image_to_buffer),
          core("vkCmdCopyImageToBuffer2", copy_image_to_buffer2, VK_API_VERSION_1_3),
          core("vkCmdFillBuffer", fill_buffer),
          core("vkCmdUpdateBuffer", update_buffer),
          of_extension("vkCmdCopyBuffer2KHR", copy_buffer2, copy2),
          of_extension("vkCmdCopyBufferToImage2KHR", copy_buffer_to_image2, copy2),
          of_extension("vkCmdCopyImage2KHR", copy_image2, copy2),
          of_extension("vkCmdCopyImageToBuffer2KHR", copy_image_to_buffer2, copy2)};
}

}  // namespace ashlar::simulated
