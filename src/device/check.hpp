#pragma once

#include <ashlar/error.hpp>

#include "device/vulkan.hpp"

namespace ashlar::detail {

/// Throws `VulkanError` if `result` is an error. The positive results (VK_TIMEOUT, VK_INCOMPLETE, …) pass.
inline void check(VkResult result, char const* function) {
  if (result < VK_SUCCESS) {
    throw VulkanError{result, function};
  }
}

}  // namespace ashlar::detail
