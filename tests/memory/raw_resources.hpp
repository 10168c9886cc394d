#pragma once

#include <ashlar/device/device.hpp>
#include <ashlar/device/external_memory.hpp>
#include <ashlar/suballocator/suballocator.hpp>

#include <cstdint>

#include "device/vulkan.hpp"

namespace ashlar::test {

/// A VkBuffer that the test made itself.
class RawBuffer {
 public:
  explicit RawBuffer(Device device, std::uint64_t size, VkBufferUsageFlags usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
                     ExternalMemoryHandleTypes handle_types = {});
  RawBuffer(RawBuffer const&) = delete;
  RawBuffer& operator=(RawBuffer const&) = delete;
  ~RawBuffer();

  [[nodiscard]] VkBuffer handle() const noexcept { return handle_; }

 private:
  Device device_;
  VkBuffer handle_ = VK_NULL_HANDLE;
};

/// A VkImage that the test made itself: of one row, four bytes a texel.
class RawImage {
 public:
  explicit RawImage(Device device, std::uint32_t texels, ResourceTiling tiling = ResourceTiling::Optimal);
  RawImage(RawImage const&) = delete;
  RawImage& operator=(RawImage const&) = delete;
  ~RawImage();

  [[nodiscard]] VkImage handle() const noexcept { return handle_; }

 private:
  Device device_;
  VkImage handle_ = VK_NULL_HANDLE;
};

}  // namespace ashlar::test
