#include <ashlar/buffer/buffer_usage.hpp>
#include <ashlar/device/external_memory.hpp>

#include "device/vulkan.hpp"

#include <cstdint>

// ashlar's bits are Vulkan's: checked at compile time against the Vulkan headers.

namespace {

template <class Bit>
constexpr bool same(Bit ours, std::int64_t vulkans) {
  return static_cast<std::int64_t>(ours) == vulkans;
}

using U = ashlar::BufferUsage;
static_assert(same(U::TransferSource, VK_BUFFER_USAGE_TRANSFER_SRC_BIT));
static_assert(same(U::TransferDestination, VK_BUFFER_USAGE_TRANSFER_DST_BIT));
static_assert(same(U::UniformTexelBuffer, VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT));
static_assert(same(U::StorageTexelBuffer, VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT));
static_assert(same(U::UniformBuffer, VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT));
static_assert(same(U::StorageBuffer, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT));
static_assert(same(U::IndexBuffer, VK_BUFFER_USAGE_INDEX_BUFFER_BIT));
static_assert(same(U::VertexBuffer, VK_BUFFER_USAGE_VERTEX_BUFFER_BIT));
static_assert(same(U::IndirectBuffer, VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT));
static_assert(same(U::ShaderDeviceAddress, VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT));
static_assert(same(U::ConditionalRendering, VK_BUFFER_USAGE_CONDITIONAL_RENDERING_BIT_EXT));
static_assert(same(U::ShaderBindingTable, VK_BUFFER_USAGE_SHADER_BINDING_TABLE_BIT_KHR));
static_assert(same(U::TransformFeedbackBuffer, VK_BUFFER_USAGE_TRANSFORM_FEEDBACK_BUFFER_BIT_EXT));
static_assert(same(U::TransformFeedbackCounterBuffer, VK_BUFFER_USAGE_TRANSFORM_FEEDBACK_COUNTER_BUFFER_BIT_EXT));
static_assert(same(U::VideoDecodeSource, VK_BUFFER_USAGE_VIDEO_DECODE_SRC_BIT_KHR));
static_assert(same(U::VideoDecodeDestination, VK_BUFFER_USAGE_VIDEO_DECODE_DST_BIT_KHR));
// Beta in the headers of Vulkan 1.3.239: VK_BUFFER_USAGE_VIDEO_ENCODE_DST_BIT_KHR and _SRC_BIT_KHR.
static_assert(same(U::VideoEncodeDestination, 0x8000) && same(U::VideoEncodeSource, 0x10000));
static_assert(same(U::AccelerationStructureBuildInput,
                   VK_BUFFER_USAGE_ACCELERATION_STRUCTURE_BUILD_INPUT_READ_ONLY_BIT_KHR));
static_assert(same(U::AccelerationStructureStorage, VK_BUFFER_USAGE_ACCELERATION_STRUCTURE_STORAGE_BIT_KHR));
static_assert(same(U::SamplerDescriptorBuffer, VK_BUFFER_USAGE_SAMPLER_DESCRIPTOR_BUFFER_BIT_EXT));
static_assert(same(U::ResourceDescriptorBuffer, VK_BUFFER_USAGE_RESOURCE_DESCRIPTOR_BUFFER_BIT_EXT));
static_assert(same(U::MicromapBuildInput, VK_BUFFER_USAGE_MICROMAP_BUILD_INPUT_READ_ONLY_BIT_EXT));
static_assert(same(U::MicromapStorage, VK_BUFFER_USAGE_MICROMAP_STORAGE_BIT_EXT));
static_assert(same(U::PushDescriptorsDescriptorBuffer, VK_BUFFER_USAGE_PUSH_DESCRIPTORS_DESCRIPTOR_BUFFER_BIT_EXT));

using C = ashlar::BufferCreateFlag;
static_assert(same(C::SparseBinding, VK_BUFFER_CREATE_SPARSE_BINDING_BIT));
static_assert(same(C::SparseResidency, VK_BUFFER_CREATE_SPARSE_RESIDENCY_BIT));
static_assert(same(C::SparseAliased, VK_BUFFER_CREATE_SPARSE_ALIASED_BIT));
static_assert(same(C::Protected, VK_BUFFER_CREATE_PROTECTED_BIT));
static_assert(same(C::DeviceAddressCaptureReplay, VK_BUFFER_CREATE_DEVICE_ADDRESS_CAPTURE_REPLAY_BIT));

using E = ashlar::ExternalMemoryHandleType;
static_assert(same(E::OpaqueFd, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT));
static_assert(same(E::OpaqueWin32, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_WIN32_BIT));
static_assert(same(E::OpaqueWin32Kmt, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_WIN32_KMT_BIT));
static_assert(same(E::D3D11Texture, VK_EXTERNAL_MEMORY_HANDLE_TYPE_D3D11_TEXTURE_BIT));
static_assert(same(E::D3D11TextureKmt, VK_EXTERNAL_MEMORY_HANDLE_TYPE_D3D11_TEXTURE_KMT_BIT));
static_assert(same(E::D3D12Heap, VK_EXTERNAL_MEMORY_HANDLE_TYPE_D3D12_HEAP_BIT));
static_assert(same(E::D3D12Resource, VK_EXTERNAL_MEMORY_HANDLE_TYPE_D3D12_RESOURCE_BIT));
static_assert(same(E::HostAllocation, VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT));
static_assert(same(E::HostMappedForeignMemory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_MAPPED_FOREIGN_MEMORY_BIT_EXT));
static_assert(same(E::DmaBuf, VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT));
static_assert(same(E::AndroidHardwareBuffer, VK_EXTERNAL_MEMORY_HANDLE_TYPE_ANDROID_HARDWARE_BUFFER_BIT_ANDROID));

}  // namespace
