#pragma once

#include "device/vulkan.hpp"

namespace ashlar::simulated {

// The driver's own arithmetic: with the library's it would not notice where that is wrong.

/// The next multiple of a unit, or the last.
[[nodiscard]] constexpr VkDeviceSize round_up(VkDeviceSize value, VkDeviceSize unit) {
  return (value + unit - 1) / unit * unit;
}
[[nodiscard]] constexpr VkDeviceSize round_down(VkDeviceSize value, VkDeviceSize unit) { return value / unit * unit; }

}  // namespace ashlar::simulated
