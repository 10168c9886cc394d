#pragma once

#include <ashlar/flags.hpp>

#include <cstdint>

namespace ashlar {

/// VkBufferUsageFlagBits: what a buffer may be used for. Fixed at creation; using it otherwise is a ValidationError.
enum class BufferUsage : std::uint32_t {
  TransferSource = 0x1,
  TransferDestination = 0x2,
  UniformTexelBuffer = 0x4,
  StorageTexelBuffer = 0x8,
  UniformBuffer = 0x10,
  StorageBuffer = 0x20,
  IndexBuffer = 0x40,
  VertexBuffer = 0x80,
  IndirectBuffer = 0x100,
  ShaderDeviceAddress = 0x20000,  ///< Vulkan 1.2 or VK_KHR_buffer_device_address.

  // Of extensions, which the device has to enable.
  ConditionalRendering = 0x200,                 ///< VK_EXT_conditional_rendering.
  ShaderBindingTable = 0x400,                   ///< VK_KHR_ray_tracing_pipeline.
  TransformFeedbackBuffer = 0x800,              ///< VK_EXT_transform_feedback.
  TransformFeedbackCounterBuffer = 0x1000,      ///< VK_EXT_transform_feedback.
  VideoDecodeSource = 0x2000,                   ///< VK_KHR_video_decode_queue.
  VideoDecodeDestination = 0x4000,              ///< VK_KHR_video_decode_queue.
  VideoEncodeDestination = 0x8000,              ///< VK_KHR_video_encode_queue.
  VideoEncodeSource = 0x10000,                  ///< VK_KHR_video_encode_queue.
  AccelerationStructureBuildInput = 0x80000,    ///< VK_KHR_acceleration_structure.
  AccelerationStructureStorage = 0x100000,      ///< VK_KHR_acceleration_structure.
  SamplerDescriptorBuffer = 0x200000,           ///< VK_EXT_descriptor_buffer.
  ResourceDescriptorBuffer = 0x400000,          ///< VK_EXT_descriptor_buffer.
  MicromapBuildInput = 0x800000,                ///< VK_EXT_opacity_micromap.
  MicromapStorage = 0x1000000,                  ///< VK_EXT_opacity_micromap.
  PushDescriptorsDescriptorBuffer = 0x4000000,  ///< VK_EXT_descriptor_buffer.
};
template <>
inline constexpr bool enable_flags<BufferUsage> = true;
using BufferUsages = Flags<BufferUsage>;

/// VkBufferCreateFlagBits. None is supported yet: each is a ValidationError.
enum class BufferCreateFlag : std::uint32_t {
  SparseBinding = 0x1,
  SparseResidency = 0x2,
  SparseAliased = 0x4,
  Protected = 0x8,
  DeviceAddressCaptureReplay = 0x10,
};
template <>
inline constexpr bool enable_flags<BufferCreateFlag> = true;

/// Which queue families may use a buffer.
enum class Sharing : std::uint8_t {
  Concurrent,  ///< Those of all the device's queues, without ownership transfers.
  Exclusive,   ///< One at a time: you transfer the ownership between them.
};

}  // namespace ashlar
