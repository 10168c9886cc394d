#pragma once

#include <cstdint>

#include "benchmarks/options.hpp"
#include "device/vulkan.hpp"

namespace ashlar::bench {

/// The device memory that this process has by `metered_instance_proc_addr`: exact on any driver.
struct DeviceMeter {
  std::uint64_t bytes = 0;          ///< That are allocated now.
  std::uint64_t allocations = 0;    ///< Calls of vkAllocateMemory so far that succeeded,
  std::uint64_t deallocations = 0;  ///< and of vkFreeMemory.
};
[[nodiscard]] DeviceMeter device_meter();
[[nodiscard]] std::uint64_t device_bytes() noexcept;

/// Where the functions of `metered_instance_proc_addr` come from.
void choose_vulkan(DriverChoice driver);

/// Vulkan of the chosen driver, with a meter at vkAllocateMemory and vkFreeMemory.
[[nodiscard]] PFN_vkVoidFunction VKAPI_CALL metered_instance_proc_addr(VkInstance instance, char const* name);

}  // namespace ashlar::bench
