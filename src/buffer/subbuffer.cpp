#include <ashlar/buffer/subbuffer.hpp>
#include <ashlar/error.hpp>

#include "buffer/buffer_state.hpp"
#include "device/device_state.hpp"
#include "text.hpp"

namespace ashlar::detail {
namespace {

void require_buffer(Buffer const& buffer, char const* context) {
  if (!buffer) {
    throw ValidationError{context, "the subbuffer is empty; create a buffer first"};
  }
}

void require_usage(Buffer const& buffer, BufferUsage usage, char const* name, char const* context, char const* vuid) {
  require_buffer(buffer, context);
  if (!buffer.usage().contains(usage)) {
    throw ValidationError{
        context,
        text("the buffer was created without BufferUsage::", name, "; add it to BufferCreateInfo::usage").c_str(),
        vuid};
  }
}

/// An empty range may begin at the buffer's end, where nothing may be bound.
void require_bytes(ByteRange range, char const* context, char const* vuid) {
  if (range.size == 0) {
    throw ValidationError{context, "the range is empty; give it at least one element", vuid};
  }
}

/// What a descriptor type asks of a buffer.
struct DescriptorRule {
  BufferUsage usage;
  char const* usage_name;
  char const* usage_vuid;
  std::uint64_t alignment;
  char const* alignment_vuid;
  std::uint64_t largest;
  char const* largest_vuid;
};

DescriptorRule rule_of(DescriptorType type, PhysicalDeviceLimits const& limits) noexcept {
  if (type == DescriptorType::UniformBuffer || type == DescriptorType::UniformBufferDynamic) {
    return {BufferUsage::UniformBuffer,
            "UniformBuffer",
            "VUID-VkWriteDescriptorSet-descriptorType-00330",
            limits.min_uniform_buffer_offset_alignment,
            "VUID-VkWriteDescriptorSet-descriptorType-00327",
            limits.max_uniform_buffer_range,
            "VUID-VkWriteDescriptorSet-descriptorType-00332"};
  }
  return {BufferUsage::StorageBuffer,
          "StorageBuffer",
          "VUID-VkWriteDescriptorSet-descriptorType-00331",
          limits.min_storage_buffer_offset_alignment,
          "VUID-VkWriteDescriptorSet-descriptorType-00328",
          limits.max_storage_buffer_range,
          "VUID-VkWriteDescriptorSet-descriptorType-00333"};
}

}  // namespace

std::uint64_t BufferRange::device_address() const {
  require_usage(buffer_, BufferUsage::ShaderDeviceAddress, "ShaderDeviceAddress", "Subbuffer::device_address",
                "VUID-VkBufferDeviceAddressInfo-buffer-02601");
  DeviceState const& device = Access::state(buffer_.device());
  VkBufferDeviceAddressInfo const info{VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO, nullptr, handle()};
  return device.vk.vkGetBufferDeviceAddress(device.handle, &info) + range_.offset;
}

VkDescriptorBufferInfo BufferRange::descriptor_info(DescriptorType type) const {
  constexpr char const* context = "Subbuffer::descriptor_info";
  DescriptorRule const rule =
      rule_of(type, buffer_ ? buffer_.device().physical_device().limits() : PhysicalDeviceLimits{});
  require_usage(buffer_, rule.usage, rule.usage_name, context, rule.usage_vuid);
  if (range_.offset % rule.alignment != 0) {
    throw ValidationError{context,
                          text("the offset ", range_.offset, " is not a multiple of ", rule.alignment,
                               ", the device's minimum for this type of descriptor; begin the slice there")
                              .c_str(),
                          rule.alignment_vuid};
  }
  if (range_.size > rule.largest) {
    throw ValidationError{context,
                          text("the range of ", bytes_text(range_.size), " is above the device's maximum of ",
                               bytes_text(rule.largest), " for this type of descriptor; slice it")
                              .c_str(),
                          rule.largest_vuid};
  }
  require_bytes(range_, context, "VUID-VkDescriptorBufferInfo-range-00341");
  return {handle(), range_.offset, range_.size};
}

void BufferRange::bind_vertex_buffer(VkCommandBuffer command_buffer, std::uint32_t binding) const {
  require_usage(buffer_, BufferUsage::VertexBuffer, "VertexBuffer", "Subbuffer::bind_vertex_buffer",
                "VUID-vkCmdBindVertexBuffers-pBuffers-00627");
  require_bytes(range_, "Subbuffer::bind_vertex_buffer", "VUID-vkCmdBindVertexBuffers-pOffsets-00626");
  VkBuffer const buffer = handle();
  Access::state(buffer_.device()).vk.vkCmdBindVertexBuffers(command_buffer, binding, 1, &buffer, &range_.offset);
}

void BufferRange::bind_index_buffer(VkCommandBuffer command_buffer, std::int32_t index_type) const {
  require_usage(buffer_, BufferUsage::IndexBuffer, "IndexBuffer", "Subbuffer::bind_index_buffer",
                "VUID-vkCmdBindIndexBuffer-buffer-00433");
  require_bytes(range_, "Subbuffer::bind_index_buffer", "VUID-vkCmdBindIndexBuffer-offset-00431");
  Access::state(buffer_.device())
      .vk.vkCmdBindIndexBuffer(command_buffer, handle(), range_.offset, static_cast<VkIndexType>(index_type));
}

BufferRange BufferRange::part(char const* context, std::uint64_t first, std::uint64_t count,
                              std::uint64_t element_size) const {
  std::uint64_t const size = range_.size / element_size;
  if (first > size || count > size - first) {
    throw ValidationError{context, text("[", first, ", +", count, ") is not inside the subbuffer of ", size,
                                        size == 1 ? " element" : " elements")
                                       .c_str()};
  }
  return {buffer_, {range_.offset + first * element_size, count * element_size}};
}

BufferRange BufferRange::piece(char const* context, std::uint64_t offset, std::uint64_t size) const {
  require_buffer(buffer_, context);
  return {buffer_, {range_.offset + offset, size}};
}

BufferRange BufferRange::as_elements(std::uint64_t element_size, std::uint64_t alignment, bool single,
                                     std::uint64_t head_size) const {
  constexpr char const* context = "Subbuffer::reinterpret";
  require_buffer(buffer_, context);
  if (range_.size < head_size) {
    throw ValidationError{context, text("the ", range_.size, " bytes are less than the head, which takes ", head_size,
                                        "; slice them from where it begins")
                                       .c_str()};
  }
  std::uint64_t const size = range_.size - head_size;
  if (single ? size != element_size : size % element_size != 0) {
    throw ValidationError{
        context, text("the ", size, head_size == 0 ? " bytes" : " bytes behind the head", " are not ",
                      single ? "one element" : "whole elements", " of ", element_size, " bytes; slice them first")
                     .c_str()};
  }
  if ((buffer_.allocation().offset() + range_.offset) % alignment != 0) {
    throw ValidationError{
        context,
        text("the first byte, at offset ", range_.offset, ", is not aligned to ", alignment, " bytes").c_str()};
  }
  return *this;
}

void require_host_alignment(BufferRange const& bytes, std::uint64_t alignment) {
  constexpr char const* context = "Subbuffer::read, write, overwrite or unguarded";
  require_buffer(bytes.buffer(), context);
  if (alignment > bytes.buffer().device().physical_device().limits().min_memory_map_alignment) {
    throw ValidationError{
        context,
        text("mapped memory is not aligned to ", alignment, " bytes; read and write it as bytes instead").c_str()};
  }
}

BufferState& BufferRange::state(std::uint64_t alignment) const { return state_for_host(*this, alignment); }

std::byte* BufferRange::host_pointer(std::uint64_t alignment) const {
  return state(alignment).host_pointer() + range_.offset;
}

}  // namespace ashlar::detail
