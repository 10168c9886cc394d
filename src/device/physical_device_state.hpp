#pragma once

#include <ashlar/device/memory_properties.hpp>
#include <ashlar/device/physical_device.hpp>

#include "device/name_list.hpp"
#include "device/vulkan.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ashlar::detail {

/// Everything that is asked of a physical device, once, when its instance is created.
struct PhysicalDeviceState {
  InstanceState* instance = nullptr;  ///< That this is a part of.
  VkPhysicalDevice handle = VK_NULL_HANDLE;
  VkPhysicalDeviceProperties properties{};
  std::uint32_t api_version = 0;  ///< The lesser of the instance's and the device's.
  MemoryProperties memory;
  PhysicalDeviceLimits limits;
  DeviceFeatures features;
  std::vector<QueueFamily> queue_families;
  NameList extensions;
};

/// Vulkan 1.1 is the floor: of an older device only the name, the type and the version are read.
/// \throws VulkanError
[[nodiscard]] PhysicalDeviceState read_physical_device(InstanceState& instance, VkPhysicalDevice handle);

/// "1.3.239".
[[nodiscard]] std::string version_text(std::uint32_t version);

}  // namespace ashlar::detail
