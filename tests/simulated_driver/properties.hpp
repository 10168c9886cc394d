#pragma once

#include "device/vulkan.hpp"
#include "simulated_driver/gpu.hpp"

namespace ashlar::simulated {

/// Answers vkGetPhysicalDeviceProperties(2): sets each member of the structs that the driver knows; skips others.
void fill_properties(Gpu const& gpu, VkPhysicalDeviceProperties& properties);
void fill_property_chain(Gpu const& gpu, void* chain);

}  // namespace ashlar::simulated
