#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "device/vulkan.hpp"
#include "simulated_driver/inside.hpp"

namespace ashlar::simulated {

enum class FunctionLevel : std::uint8_t { Global, Instance, PhysicalDevice, Device };

/// A Vulkan function of the driver, and where it is to be had. A function that is not listed is not there.
struct Function {
  char const* name;
  PFN_vkVoidFunction pointer;
  FunctionLevel level;
  std::uint32_t core_version;       ///< 0: no version has it.
  char const* extension = nullptr;  ///< That has it, too.
};
using Functions = std::vector<Function>;

// One list for each file of functions.
[[nodiscard]] Functions instance_functions();
[[nodiscard]] Functions physical_device_functions();
[[nodiscard]] Functions device_functions();
[[nodiscard]] Functions memory_functions();
[[nodiscard]] Functions resource_functions();
[[nodiscard]] Functions binding_functions();
[[nodiscard]] Functions synchronization_functions();
[[nodiscard]] Functions queue_functions();
[[nodiscard]] Functions command_buffer_functions();
[[nodiscard]] Functions barrier_functions();
[[nodiscard]] Functions buffer_copy_functions();
[[nodiscard]] Functions image_copy_functions();
[[nodiscard]] Functions debug_utils_functions();

template <auto function>
struct EntryPoint;
template <class Result, class... Arguments, Result(VKAPI_PTR* function)(Arguments...)>
struct EntryPoint<function> {
  static Result VKAPI_CALL call(Arguments... arguments) {
    Inside const inside;
    return function(arguments...);
  }
};

/// The function as the program calls it: inside the driver.
template <auto function>
[[nodiscard]] PFN_vkVoidFunction entry_point() {
  return reinterpret_cast<PFN_vkVoidFunction>(&EntryPoint<function>::call);
}

/// A device function of a version, or of an extension.
template <auto function>
[[nodiscard]] Function core(char const* name, std::uint32_t version = VK_API_VERSION_1_0) {
  return {name, entry_point<function>(), FunctionLevel::Device, version};
}
template <auto function>
[[nodiscard]] Function of_extension(char const* name, char const* extension) {
  return {name, entry_point<function>(), FunctionLevel::Device, 0, extension};
}

/// vkCreateInstance and what else depends on who asks; null for others.
[[nodiscard]] PFN_vkVoidFunction find_entry_function(char const* name, bool in_process);

/// The name by which calls of the function are counted: for an alias, that of the version which took it over.
/// \throws std::invalid_argument if the driver has no such function.
[[nodiscard]] std::string counted_name(std::string_view name);

/// What vkGetInstanceProcAddr and vkGetDeviceProcAddr answer. `in_process`: without the loader, who is asked for
/// VK_EXT_debug_utils.
[[nodiscard]] PFN_vkVoidFunction find_instance_function(VkInstance instance, char const* name, bool in_process);
[[nodiscard]] PFN_vkVoidFunction find_device_function(VkDevice device, char const* name);
/// Null for what is no function of a physical device.
[[nodiscard]] PFN_vkVoidFunction find_physical_device_function(char const* name);

}  // namespace ashlar::simulated
