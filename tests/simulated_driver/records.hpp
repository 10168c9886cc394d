#pragma once

#include <cstdint>
#include <optional>

#include "device/vulkan.hpp"

namespace ashlar::simulated {

/// One vkAllocateMemory: what was asked for, and how it ended.
struct RecordedAllocation {
  VkResult result = VK_SUCCESS;
  std::uint32_t memory_type = 0;
  VkDeviceSize size = 0;
  bool device_address = false;
  VkBuffer dedicated_buffer = VK_NULL_HANDLE;
  VkImage dedicated_image = VK_NULL_HANDLE;
  VkExternalMemoryHandleTypeFlags export_handle_types = 0;
  std::optional<float> priority;
};

/// A VkMappedMemoryRange.
struct RecordedRange {
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkDeviceSize offset = 0;
  VkDeviceSize size = 0;

  [[nodiscard]] friend bool operator==(RecordedRange const&, RecordedRange const&) = default;
};

/// What is to become of a call.
struct Failure {
  VkResult result = VK_SUCCESS;  ///< VK_SUCCESS: no failure.
  std::uint32_t elements = 0;    ///< Of a call that takes an array: how many are done before it fails.
};

}  // namespace ashlar::simulated
