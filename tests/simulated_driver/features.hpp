#pragma once

#include <set>
#include <string>
#include <vector>

#include "device/vulkan.hpp"
#include "simulated_driver/gpu.hpp"

namespace ashlar::simulated {

/// The features that the driver knows, by the names of their members in Vulkan's structs.
[[nodiscard]] std::vector<std::string> const& features();

/// Answers vkGetPhysicalDeviceFeatures(2): sets each member of the structs that the driver knows; skips others.
void fill_features(Gpu const& gpu, VkPhysicalDeviceFeatures& core);
void fill_feature_chain(Gpu const& gpu, void* chain);

/// What a VkDeviceCreateInfo enables, by name.
struct EnabledFeatures {
  std::set<std::string, std::less<>> names;
  bool all_supported = true;  ///< False: VK_ERROR_FEATURE_NOT_PRESENT.
};
[[nodiscard]] EnabledFeatures read_features(Gpu const& gpu, VkDeviceCreateInfo const& info);

}  // namespace ashlar::simulated
