#pragma once

#include "device/device_state.hpp"

namespace ashlar::detail {

/// Fills `device.vk` with the functions that ashlar uses, through the instance's vkGetDeviceProcAddr. Not by
/// volkLoadDeviceTable, which reads a global that a second loader in the process overwrites.
/// \pre The handle, the version and the features are set.
/// \throws VulkanError naming the function that the driver does not have.
void load_device_functions(DeviceState& device);

}  // namespace ashlar::detail
