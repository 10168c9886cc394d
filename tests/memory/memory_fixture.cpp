#include "memory/memory_fixture.hpp"

#include <algorithm>
#include <utility>

namespace ashlar::test {

namespace {

template <class Function>
Function function_of(Device const& device, char const* name) {
  return reinterpret_cast<Function>(device.proc_addr(name));
}

}  // namespace

MemoryProperties make_memory(DeviceType device_type, std::initializer_list<MemoryHeap> heaps,
                             std::initializer_list<MemoryType> types) {
  MemoryProperties memory;
  memory.device_type = device_type;
  memory.heap_count = static_cast<std::uint32_t>(heaps.size());
  memory.type_count = static_cast<std::uint32_t>(types.size());
  std::copy(heaps.begin(), heaps.end(), memory.heaps);
  std::copy(types.begin(), types.end(), memory.types);
  return memory;
}

MemoryProperties discrete_memory(std::uint64_t own_size, std::uint64_t host_size) {
  using enum MemoryProperty;
  return make_memory(DeviceType::DiscreteGpu, {{own_size, MemoryHeapFlag::DeviceLocal}, {host_size, {}}},
                     {{DeviceLocal, 0}, {HostVisible | HostCoherent, 1}, {HostVisible | HostCached, 1}});
}

MemoryTypeStatistics total(MemoryAllocator const& allocator) {
  MemoryStatistics const statistics = allocator.statistics();
  MemoryTypeStatistics sum;
  for (std::uint32_t type = 0; type < statistics.type_count; ++type) {
    MemoryTypeStatistics const& of_type = statistics.types[type];
    sum.block_count += of_type.block_count;
    sum.block_bytes += of_type.block_bytes;
    sum.suballocation_count += of_type.suballocation_count;
    sum.suballocation_bytes += of_type.suballocation_bytes;
    sum.dedicated_count += of_type.dedicated_count;
    sum.dedicated_bytes += of_type.dedicated_bytes;
  }
  return sum;
}

bool nothing_allocated(MemoryAllocator const& allocator) {
  MemoryTypeStatistics const sum = total(allocator);
  return sum.suballocation_count == 0 && sum.suballocation_bytes == 0 && sum.dedicated_count == 0 &&
         sum.dedicated_bytes == 0;
}

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
