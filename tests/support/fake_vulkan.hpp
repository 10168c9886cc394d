#pragma once

#include <ashlar/device/physical_device.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "device/vulkan.hpp"

namespace ashlar::test {

/// A physical device that does not exist.
struct FakeDevice {
  std::string name = "Fake";
  VkPhysicalDeviceType type = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
  std::uint32_t api_version = VK_API_VERSION_1_3;
  /// What it has; `memory_budget` is not a feature of Vulkan, so it is ignored.
  DeviceFeatures features{};
  std::vector<std::string> extensions{};
  std::vector<VkQueueFlags> queue_families{VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT};
  std::uint32_t queues_per_family = 4;
  VkDeviceSize max_buffer_size = 1u << 30;
};

/// The structs of a pNext chain, in order.
using ChainTypes = std::vector<VkStructureType>;

/// What a VkDeviceCreateInfo said, copied during vkCreateDevice.
struct CreatedDevice {
  ChainTypes chain;
  DeviceFeatures enabled;  ///< By any struct of the chain.
  std::vector<std::string> extensions;
  std::vector<VkDeviceQueueCreateInfo> queues;  ///< Without the priorities.
  bool enabled_features_null = false;
  VkAllocationCallbacks const* allocation_callbacks = nullptr;
};

/// A loader with a driver of one's wishes, up to the creation of devices; the device functions are there, but must not
/// be called, except those that wait. One may live at a time: Vulkan's functions have no user data.
class FakeVulkan {
 public:
  FakeVulkan();
  FakeVulkan(FakeVulkan const&) = delete;
  FakeVulkan& operator=(FakeVulkan const&) = delete;
  ~FakeVulkan();

  [[nodiscard]] static PFN_vkVoidFunction VKAPI_CALL get_instance_proc_addr(VkInstance instance, char const* name);

  /// For `Device::adopt`, and to compare.
  [[nodiscard]] VkInstance instance_handle() noexcept { return reinterpret_cast<VkInstance>(this); }
  [[nodiscard]] VkDevice device_handle() noexcept { return reinterpret_cast<VkDevice>(&created); }
  [[nodiscard]] VkPhysicalDevice physical_device_handle(std::size_t index) noexcept {
    return reinterpret_cast<VkPhysicalDevice>(&devices[index]);
  }
  [[nodiscard]] static VkQueue queue_handle(std::uint32_t family, std::uint32_t index) noexcept {
    return reinterpret_cast<VkQueue>(std::uintptr_t{0x1000} + family * 0x100 + index * 0x10);
  }

  std::uint32_t loader_version = VK_API_VERSION_1_3;
  std::vector<std::string> instance_extensions;
  std::vector<std::string> layers;
  std::vector<std::string> layer_extensions;
  std::vector<FakeDevice> devices;
  VkResult create_instance_result = VK_SUCCESS;
  VkResult enumerate_result = VK_SUCCESS;
  VkResult create_device_result = VK_SUCCESS;
  VkResult wait_result = VK_SUCCESS;
  std::string missing_function;  ///< Not to be found, not even in the instance.

  /// What vkCreateInstance was told.
  ChainTypes instance_chain;
  std::vector<std::string> enabled_instance_extensions;
  std::uint32_t enabled_layer_count = 0;
  VkInstanceCreateFlags instance_flags = 0;
  std::uint32_t application_version = 0;
  VkAllocationCallbacks const* instance_allocation_callbacks = nullptr;

  /// What a device was last asked by vkGetPhysicalDeviceFeatures2 and vkGetPhysicalDeviceProperties2.
  ChainTypes features_chain;
  ChainTypes properties_chain;

  CreatedDevice created;
  void (*on_device_wait)() = nullptr;

  int live_instances = 0;
  int live_devices = 0;
  int live_messengers = 0;
  std::vector<std::string> names;  ///< Given by vkSetDebugUtilsObjectNameEXT.
};

}  // namespace ashlar::test
