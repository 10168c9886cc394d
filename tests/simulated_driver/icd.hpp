#pragma once

#include <cstdint>

#include "device/vulkan.hpp"
#include "simulated_driver/export.hpp"

namespace ashlar::simulated {

/// The driver without a loader: for whoever takes a vkGetInstanceProcAddr.
[[nodiscard]] ASHLAR_SIM_API PFN_vkVoidFunction VKAPI_CALL get_instance_proc_addr(VkInstance instance,
                                                                                  char const* name);

}  // namespace ashlar::simulated

// What the Vulkan loader calls (Vulkan-Loader, docs/LoaderDriverInterface.md).
extern "C" {
ASHLAR_SIM_API VkResult VKAPI_CALL vk_icdNegotiateLoaderICDInterfaceVersion(std::uint32_t* version);
ASHLAR_SIM_API PFN_vkVoidFunction VKAPI_CALL vk_icdGetInstanceProcAddr(VkInstance instance, char const* name);
ASHLAR_SIM_API PFN_vkVoidFunction VKAPI_CALL vk_icdGetPhysicalDeviceProcAddr(VkInstance instance, char const* name);
}
