#include "simulated_driver/icd.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "simulated_driver/control.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/inside.hpp"
#include "simulated_driver/state.hpp"

namespace ashlar::simulated {

namespace {

using FunctionTable = std::unordered_multimap<std::string_view, Function>;

FunctionTable const& function_table() {
  static FunctionTable const table = [] {
    FunctionTable all;
    for (Functions const& functions :
         {instance_functions(), physical_device_functions(), device_functions(), memory_functions(),
          resource_functions(), binding_functions(), synchronization_functions(), queue_functions(),
          command_buffer_functions(), barrier_functions(), buffer_copy_functions(), image_copy_functions(),
          debug_utils_functions()}) {
      for (Function const& function : functions) {
        all.emplace(function.name, function);
      }
    }
    return all;
  }();
  return table;
}

template <class Predicate>
PFN_vkVoidFunction find_function(char const* name, Predicate is_there) {
  auto const [begin, end] = function_table().equal_range(name);
  auto const found = std::find_if(begin, end, [&](auto const& entry) { return is_there(entry.second); });
  return found != end ? found->second.pointer : nullptr;
}

bool has(Function const& function, std::uint32_t api_version, std::set<std::string, std::less<>> const& extensions) {
  return (function.core_version != 0 && function.core_version <= api_version) ||
         (function.extension != nullptr && extensions.contains(std::string_view{function.extension}));
}

/// Whether any GPU of the instance has the function in a version or extension.
bool offers(InstanceState const& instance, Function const& function) {
  return std::any_of(instance.gpus.begin(), instance.gpus.end(), [&](Gpu const& gpu) {
    auto const extensions = gpu.extensions();
    return has(function, gpu.api_version, {extensions.begin(), extensions.end()});
  });
}

}  // namespace

std::string counted_name(std::string_view name) {
  if (name == "vkCreateInstance" || name == "vkEnumerateInstanceExtensionProperties") {
    return std::string{name};
  }
  auto const& table = function_table();
  auto const found = table.find(name);
  if (found == table.end()) {
    throw std::invalid_argument("the simulated driver has no function " + std::string{name});
  }
  Function const* best = &found->second;
  for (auto const& [other_name, other] : table) {
    bool const older = std::pair{other.core_version == 0, other_name} <
                       std::pair{best->core_version == 0, std::string_view{best->name}};
    if (other.pointer == best->pointer && older) {
      best = &other;
    }
  }
  return best->name;
}

PFN_vkVoidFunction find_instance_function(VkInstance handle, char const* name, bool in_process) {
  Inside const inside;
  if (PFN_vkVoidFunction const entry = find_entry_function(name, in_process)) {
    return entry;
  }
  std::lock_guard const lock{driver().mutex};
  auto const found = driver().instances.find(to_id(handle));
  InstanceState const* const instance = found != driver().instances.end() ? found->second.get() : nullptr;
  return find_function(name, [&](Function const& function) {
    if (function.level == FunctionLevel::Global) {
      return true;
    }
    if (instance == nullptr) {
      return false;
    }
    if (function.level != FunctionLevel::Device) {
      return has(function, VK_API_VERSION_1_3, instance->extensions);
    }
    return offers(*instance, function) || has(function, 0, instance->extensions);
  });
}

PFN_vkVoidFunction find_device_function(VkDevice handle, char const* name) {
  Inside const inside;
  if (std::string_view{name} == control_name) {
    return entry_point<device_control>();
  }
  std::lock_guard const lock{driver().mutex};
  auto const found = driver().devices.find(to_id(handle));
  if (found == driver().devices.end()) {
    return nullptr;
  }
  DeviceState const& device = *found->second;
  return find_function(name, [&](Function const& function) {
    return function.level == FunctionLevel::Device &&
           (has(function, device.gpu->api_version, device.extensions) || has(function, 0, device.instance->extensions));
  });
}

PFN_vkVoidFunction find_physical_device_function(char const* name) {
  return find_function(name, [](Function const& function) { return function.level == FunctionLevel::PhysicalDevice; });
}

PFN_vkVoidFunction VKAPI_CALL get_instance_proc_addr(VkInstance instance, char const* name) {
  return find_instance_function(instance, name, true);
}

}  // namespace ashlar::simulated

VkResult VKAPI_CALL vk_icdNegotiateLoaderICDInterfaceVersion(std::uint32_t* version) {
  constexpr std::uint32_t own_version = 5;
  if (*version < own_version) {
    return VK_ERROR_INCOMPATIBLE_DRIVER;
  }
  *version = own_version;
  return VK_SUCCESS;
}

PFN_vkVoidFunction VKAPI_CALL vk_icdGetInstanceProcAddr(VkInstance instance, char const* name) {
  return ashlar::simulated::find_instance_function(instance, name, false);
}

PFN_vkVoidFunction VKAPI_CALL vk_icdGetPhysicalDeviceProcAddr(VkInstance /*instance*/, char const* name) {
  return ashlar::simulated::find_physical_device_function(name);
}
