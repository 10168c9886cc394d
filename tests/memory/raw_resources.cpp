#include "memory/raw_resources.hpp"

#include <utility>

namespace ashlar::test {

namespace {

template <class Function>
Function function_of(Device const& device, char const* name) {
  return reinterpret_cast<Function>(device.proc_addr(name));
}

}  // namespace

RawBuffer::RawBuffer(Device device, std::uint64_t size, VkBufferUsageFlags usage,
                     ExternalMemoryHandleTypes handle_types)
    : device_{std::move(device)} {
  VkExternalMemoryBufferCreateInfo const external{VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, nullptr,
                                                  handle_types.mask()};
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.pNext = handle_types.empty() ? nullptr : &external;
  info.size = size;
  info.usage = usage;
  function_of<PFN_vkCreateBuffer>(device_, "vkCreateBuffer")(device_.handle(), &info, nullptr, &handle_);
}

RawBuffer::~RawBuffer() {
  function_of<PFN_vkDestroyBuffer>(device_, "vkDestroyBuffer")(device_.handle(), handle_, nullptr);
}

RawImage::RawImage(Device device, std::uint32_t texels, ResourceTiling tiling) : device_{std::move(device)} {
  VkImageCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO;
  info.imageType = VK_IMAGE_TYPE_1D;
  info.format = VK_FORMAT_R8G8B8A8_UNORM;
  info.extent = {texels, 1, 1};
  info.mipLevels = 1;
  info.arrayLayers = 1;
  info.samples = VK_SAMPLE_COUNT_1_BIT;
  info.tiling = tiling == ResourceTiling::Optimal ? VK_IMAGE_TILING_OPTIMAL : VK_IMAGE_TILING_LINEAR;
  info.usage = VK_IMAGE_USAGE_SAMPLED_BIT;
  function_of<PFN_vkCreateImage>(device_, "vkCreateImage")(device_.handle(), &info, nullptr, &handle_);
}

RawImage::~RawImage() {
  function_of<PFN_vkDestroyImage>(device_, "vkDestroyImage")(device_.handle(), handle_, nullptr);
}

}  // namespace ashlar::test
