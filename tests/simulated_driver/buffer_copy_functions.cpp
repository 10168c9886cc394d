// Commands that write to buffers: copies, fills and updates.

#include <algorithm>
#include <cstring>
#include <vector>

#include "simulated_driver/functions.hpp"
#include "simulated_driver/transfer.hpp"

namespace ashlar::simulated {

namespace {

/// Bytes from there to the buffer's end.
VkDeviceSize size_from(Resource const& buffer, VkDeviceSize offset) {
  return offset < buffer.size ? buffer.size - offset : 0;
}

bool check_region(Call const& call, Resource const& source, Resource const& target, VkBufferCopy const& region) {
  bool const in_source =
      call.require(region.size <= size_from(source, region.srcOffset),
                   "beyond the source (VUID-vkCmdCopyBuffer-srcOffset-00113, VUID-vkCmdCopyBuffer-size-00115)");
  bool const in_target =
      call.require(region.size <= size_from(target, region.dstOffset),
                   "beyond the target (VUID-vkCmdCopyBuffer-dstOffset-00114, VUID-vkCmdCopyBuffer-size-00116)");
  return call.require(region.size != 0, "a region of no size (VUID-VkBufferCopy-size-01988)") && in_source && in_target;
}

void run_copy(DeviceState& device, std::uint64_t source, std::uint64_t target, VkBufferCopy const& region) {
  DeviceBytes const from = find_bytes(device, source, region.srcOffset, region.size, "vkCmdCopyBuffer");
  DeviceBytes const to = find_bytes(device, target, region.dstOffset, region.size, "vkCmdCopyBuffer");
  if (from.bytes != nullptr && to.bytes != nullptr) {
    std::memmove(to.bytes, from.bytes, static_cast<std::size_t>(region.size));
  }
}

void record_copy(Call const& call, VkBuffer source, VkBuffer target, std::vector<VkBufferCopy> regions) {
  constexpr TransferRules of_source{{"VUID-vkCmdCopyBuffer-srcBuffer-parameter", "VUID-vkCmdCopyBuffer-commonparent"},
                                    VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
                                    "a source without TRANSFER_SRC (VUID-vkCmdCopyBuffer-srcBuffer-00118)",
                                    "a source without memory (VUID-vkCmdCopyBuffer-srcBuffer-00119)"};
  constexpr TransferRules of_target{{"VUID-vkCmdCopyBuffer-dstBuffer-parameter", "VUID-vkCmdCopyBuffer-commonparent"},
                                    VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                                    "a target without TRANSFER_DST (VUID-vkCmdCopyBuffer-dstBuffer-00120)",
                                    "a target without memory (VUID-vkCmdCopyBuffer-dstBuffer-00121)"};
  Resource const* const from = find_for_transfer(call, call.find_buffer(source, of_source.handle), of_source);
  Resource const* const to = find_for_transfer(call, call.find_buffer(target, of_target.handle), of_target);
  call.require(!regions.empty(), "no region (VUID-vkCmdCopyBuffer-regionCount-arraylength)");
  if (from == nullptr || to == nullptr) {
    return;
  }
  std::erase_if(regions, [&](VkBufferCopy const& region) { return !check_region(call, *from, *to, region); });
  Command command{.function = "vkCmdCopyBuffer", .stage = VK_PIPELINE_STAGE_2_COPY_BIT};
  for (VkBufferCopy const& region : regions) {
    command.uses.push_back({to_id(source), region.srcOffset, region.size, false});
    command.uses.push_back({to_id(target), region.dstOffset, region.size, true});
  }
  call.require(!overlap(call.device(), command.uses),
               "source and target overlap (VUID-vkCmdCopyBuffer-pRegions-00117)");
  command.run = [from_id = to_id(source), to_id = to_id(target), regions](DeviceState& device) {
    for (VkBufferCopy const& region : regions) {
      run_copy(device, from_id, to_id, region);
    }
  };
  call.record(std::move(command), "VUID-vkCmdCopyBuffer-commandBuffer-recording");
}

void VKAPI_CALL copy_buffer(VkCommandBuffer command_buffer, VkBuffer source, VkBuffer target, std::uint32_t count,
                            VkBufferCopy const* regions) {
  record_copy(Call{command_buffer, "vkCmdCopyBuffer"}, source, target, {regions, regions + count});
}

void VKAPI_CALL copy_buffer2(VkCommandBuffer command_buffer, VkCopyBufferInfo2 const* info) {
  std::vector<VkBufferCopy> regions;
  std::for_each(info->pRegions, info->pRegions + info->regionCount, [&](VkBufferCopy2 const& region) {
    regions.push_back({region.srcOffset, region.dstOffset, region.size});
  });
  record_copy(Call{command_buffer, "vkCmdCopyBuffer2"}, info->srcBuffer, info->dstBuffer, std::move(regions));
}

void run_fill(DeviceState& device, std::uint64_t target, VkDeviceSize offset, VkDeviceSize size, std::uint32_t value) {
  DeviceBytes const bytes = find_bytes(device, target, offset, size, "vkCmdFillBuffer");
  for (VkDeviceSize at = 0; bytes.bytes != nullptr && at + sizeof value <= size; at += sizeof value) {
    std::memcpy(bytes.bytes + at, &value, sizeof value);
  }
}

void VKAPI_CALL fill_buffer(VkCommandBuffer command_buffer, VkBuffer target, VkDeviceSize offset, VkDeviceSize size,
                            std::uint32_t value) {
  constexpr TransferRules rules{{"VUID-vkCmdFillBuffer-dstBuffer-parameter", "VUID-vkCmdFillBuffer-commonparent"},
                                VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                                "a target without TRANSFER_DST (VUID-vkCmdFillBuffer-dstBuffer-00029)",
                                "a target without memory (VUID-vkCmdFillBuffer-dstBuffer-00031)"};
  Call const call{command_buffer, "vkCmdFillBuffer"};
  Resource const* const buffer = find_for_transfer(call, call.find_buffer(target, rules.handle), rules);
  if (buffer == nullptr) {
    return;
  }
  VkDeviceSize const rest = size_from(*buffer, offset);
  VkDeviceSize const whole = size == VK_WHOLE_SIZE ? rest / 4 * 4 : size;
  call.require(offset % 4 == 0, "an offset that is no multiple of 4 (VUID-vkCmdFillBuffer-dstOffset-00025)");
  call.require(whole % 4 == 0, "a size that is no multiple of 4 (VUID-vkCmdFillBuffer-size-00028)");
  call.require(size != 0, "no size (VUID-vkCmdFillBuffer-size-00026)");
  if (call.require(rest != 0 && whole <= rest,
                   "beyond the buffer (VUID-vkCmdFillBuffer-dstOffset-00024, VUID-vkCmdFillBuffer-size-00027)")) {
    call.record({.function = "vkCmdFillBuffer",
                 .stage = VK_PIPELINE_STAGE_2_CLEAR_BIT,
                 .uses = {{to_id(target), offset, whole, true}},
                 .run = [=, id = to_id(target)](DeviceState& device) { run_fill(device, id, offset, whole, value); }},
                "VUID-vkCmdFillBuffer-commandBuffer-recording");
  }
}

void run_update(DeviceState& device, std::uint64_t target, VkDeviceSize offset, std::vector<std::byte> const& content) {
  DeviceBytes const bytes = find_bytes(device, target, offset, content.size(), "vkCmdUpdateBuffer");
  if (bytes.bytes != nullptr) {
    std::memcpy(bytes.bytes, content.data(), content.size());
  }
}

void VKAPI_CALL update_buffer(VkCommandBuffer command_buffer, VkBuffer target, VkDeviceSize offset, VkDeviceSize size,
                              void const* data) {
  constexpr TransferRules rules{{"VUID-vkCmdUpdateBuffer-dstBuffer-parameter", "VUID-vkCmdUpdateBuffer-commonparent"},
                                VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                                "a target without TRANSFER_DST (VUID-vkCmdUpdateBuffer-dstBuffer-00034)",
                                "a target without memory (VUID-vkCmdUpdateBuffer-dstBuffer-00035)"};
  Call const call{command_buffer, "vkCmdUpdateBuffer"};
  Resource const* const buffer = find_for_transfer(call, call.find_buffer(target, rules.handle), rules);
  call.require(size <= 65536, "more than 65536 bytes (VUID-vkCmdUpdateBuffer-dataSize-00037)");
  call.require(offset % 4 == 0, "an offset that is no multiple of 4 (VUID-vkCmdUpdateBuffer-dstOffset-00036)");
  call.require(size % 4 == 0, "a size that is no multiple of 4 (VUID-vkCmdUpdateBuffer-dataSize-00038)");
  call.require(size != 0, "no size (VUID-vkCmdUpdateBuffer-dataSize-arraylength)");
  auto const* const first = static_cast<std::byte const*>(data);
  if (buffer != nullptr &&
      call.require(
          size <= size_from(*buffer, offset),
          "beyond the buffer (VUID-vkCmdUpdateBuffer-dstOffset-00032, VUID-vkCmdUpdateBuffer-dataSize-00033)")) {
    call.record({.function = "vkCmdUpdateBuffer",
                 .stage = VK_PIPELINE_STAGE_2_CLEAR_BIT,
                 .uses = {{to_id(target), offset, size, true}},
                 .run = [=, id = to_id(target), content = std::vector<std::byte>(first, first + size)](
                            DeviceState& device) { run_update(device, id, offset, content); }},
                "VUID-vkCmdUpdateBuffer-commandBuffer-recording");
  }
}

}  // namespace

Functions buffer_copy_functions() {
  return {core<copy_buffer>("vkCmdCopyBuffer"), core<copy_buffer2>("vkCmdCopyBuffer2", VK_API_VERSION_1_3),
          core<fill_buffer>("vkCmdFillBuffer"), core<update_buffer>("vkCmdUpdateBuffer"),
          of_extension<copy_buffer2>("vkCmdCopyBuffer2KHR", VK_KHR_COPY_COMMANDS_2_EXTENSION_NAME)};
}

}  // namespace ashlar::simulated
