#pragma once

#include <ashlar/device/instance.hpp>

#include "counted_state.hpp"
#include "device/name_list.hpp"
#include "device/physical_device_state.hpp"
#include "device/vulkan.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace ashlar::detail {

// Functions that are reached through an instance, all of Vulkan 1.1.
#define ASHLAR_INSTANCE_FUNCTIONS(X)             \
  X(vkCreateDevice)                              \
  X(vkDestroyInstance)                           \
  X(vkEnumerateDeviceExtensionProperties)        \
  X(vkEnumeratePhysicalDevices)                  \
  X(vkGetDeviceProcAddr)                         \
  X(vkGetPhysicalDeviceExternalBufferProperties) \
  X(vkGetPhysicalDeviceFeatures2)                \
  X(vkGetPhysicalDeviceMemoryProperties)         \
  X(vkGetPhysicalDeviceMemoryProperties2)        \
  X(vkGetPhysicalDeviceProperties)               \
  X(vkGetPhysicalDeviceProperties2)              \
  X(vkGetPhysicalDeviceQueueFamilyProperties)

// Functions of VK_EXT_debug_utils: null where it is off.
#define ASHLAR_DEBUG_UTILS_FUNCTIONS(X) \
  X(vkCreateDebugUtilsMessengerEXT)     \
  X(vkDestroyDebugUtilsMessengerEXT)    \
  X(vkSetDebugUtilsObjectNameEXT)

struct InstanceFunctions {
  PFN_vkGetInstanceProcAddr vkGetInstanceProcAddr = nullptr;
#define ASHLAR_MEMBER(name) PFN_##name name = nullptr;
  ASHLAR_INSTANCE_FUNCTIONS(ASHLAR_MEMBER)
  ASHLAR_DEBUG_UTILS_FUNCTIONS(ASHLAR_MEMBER)
#undef ASHLAR_MEMBER
};

/// The functions of `instance`.
/// \throws VulkanError naming the function that `loader` does not have.
[[nodiscard]] InstanceFunctions load_instance_functions(PFN_vkGetInstanceProcAddr loader, VkInstance instance,
                                                        bool debug_utils);

/// Where the messages of the layers, and ashlar's own, go.
struct MessageSink {
  MessageCallback callback = nullptr;  ///< Null prints on stderr.
  void* user_data = nullptr;

  void report(Message const& message) const noexcept;
};

struct InstanceState final : CountedState {
  InstanceState() = default;
  ~InstanceState();

  InstanceFunctions vk;
  VkInstance handle = VK_NULL_HANDLE;
  bool owned = false;  ///< Whether ashlar created the instance, and so destroys it.
  VkAllocationCallbacks const* allocation_callbacks = nullptr;
  std::uint32_t api_version = 0;
  bool debug_utils = false;
  VkDebugUtilsMessengerEXT messenger = VK_NULL_HANDLE;
  MessageSink messages;

  /// Filled once, before anybody else sees the instance.
  std::vector<PhysicalDeviceState> physical_devices;
};

}  // namespace ashlar::detail
