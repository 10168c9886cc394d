#pragma once

#include <ashlar/ashlar.hpp>

#include <cstdint>
#include <utility>

#include "device/vulkan.hpp"

namespace ashlar::fuzzing {

/// An image with its memory, which it gives back last.
class Image {
 public:
  Image(Device device, MemoryAllocator const& allocator, std::uint32_t texels, bool optimal,
        AllocationCreateInfo const& allocation_info)
      : device_{std::move(device)} {
    VkImageCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO;
    info.imageType = VK_IMAGE_TYPE_1D;
    info.format = VK_FORMAT_R8G8B8A8_UNORM;
    info.extent = {texels, 1, 1};
    info.mipLevels = info.arrayLayers = 1;
    info.samples = VK_SAMPLE_COUNT_1_BIT;
    info.tiling = optimal ? VK_IMAGE_TILING_OPTIMAL : VK_IMAGE_TILING_LINEAR;
    info.usage = VK_IMAGE_USAGE_SAMPLED_BIT;
    function<PFN_vkCreateImage>("vkCreateImage")(device_.handle(), &info, nullptr, &handle_);
    if (handle_ != VK_NULL_HANDLE) {
      auto const tiling = optimal ? ResourceTiling::Optimal : ResourceTiling::Linear;
      try {
        memory_ = allocator.allocate_for_image(handle_, tiling, allocation_info);
      } catch (...) {
        destroy();
        throw;
      }
    }
  }
  Image(Image&& other) noexcept
      : device_{other.device_}, handle_{std::exchange(other.handle_, {})}, memory_{std::move(other.memory_)} {}
  Image& operator=(Image&& other) noexcept {
    destroy();
    device_ = other.device_;
    handle_ = std::exchange(other.handle_, {});
    memory_ = std::move(other.memory_);
    return *this;
  }
  ~Image() { destroy(); }

 private:
  template <class Pointer>
  Pointer function(char const* name) const {
    return reinterpret_cast<Pointer>(device_.proc_addr(name));
  }

  void destroy() {
    function<PFN_vkDestroyImage>("vkDestroyImage")(device_.handle(), std::exchange(handle_, {}), nullptr);
  }

  Device device_;
  VkImage handle_ = {};
  MemoryAllocation memory_;
};

}  // namespace ashlar::fuzzing
