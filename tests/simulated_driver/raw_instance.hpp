#pragma once

// VkInstance and VkDevice as a program without ashlar makes them, on the simulated driver in this process.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/simulated_driver.hpp"

namespace ashlar::test {

/// What a function of the instance is; null: of none.
template <class Pointer>
[[nodiscard]] Pointer instance_function(VkInstance instance, char const* name) {
  return reinterpret_cast<Pointer>(simulated::get_instance_proc_addr(instance, name));
}

/// A VkInstance of Vulkan 1.3.
class RawInstance {
 public:
  explicit RawInstance(std::vector<char const*> const& extensions = {}, void const* chain = nullptr) {
    VkApplicationInfo application{};
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.apiVersion = VK_API_VERSION_1_3;
    VkInstanceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    info.pNext = chain;
    info.pApplicationInfo = &application;
    info.enabledExtensionCount = static_cast<std::uint32_t>(extensions.size());
    info.ppEnabledExtensionNames = extensions.data();
    result_ = instance_function<PFN_vkCreateInstance>(nullptr, "vkCreateInstance")(&info, nullptr, &handle_);
  }
  RawInstance(RawInstance const&) = delete;
  RawInstance& operator=(RawInstance const&) = delete;
  ~RawInstance() { destroy(); }

  void destroy() {
    if (VkInstance const handle = std::exchange(handle_, nullptr)) {
      instance_function<PFN_vkDestroyInstance>(handle, "vkDestroyInstance")(handle, nullptr);
    }
  }

  [[nodiscard]] VkResult result() const { return result_; }
  [[nodiscard]] VkInstance handle() const { return handle_; }

  template <class Pointer>
  [[nodiscard]] Pointer function(char const* name) const {
    return instance_function<Pointer>(handle_, name);
  }

  [[nodiscard]] std::vector<VkPhysicalDevice> physical_devices() const {
    auto const enumerate = function<PFN_vkEnumeratePhysicalDevices>("vkEnumeratePhysicalDevices");
    std::uint32_t count = 0;
    enumerate(handle_, &count, nullptr);
    std::vector<VkPhysicalDevice> devices(count);
    enumerate(handle_, &count, devices.data());
    return devices;
  }

  /// A query's struct, with the chain that it has.
  template <class Pointer, class Struct>
  void query(char const* name, Struct& properties, std::size_t gpu = 0) const {
    function<Pointer>(name)(physical_devices().at(gpu), &properties);
  }

 private:
  VkResult result_;
  VkInstance handle_ = nullptr;
};

/// The features that the tests use, as a chain for vkCreateDevice.
class RawFeatures {
 public:
  explicit RawFeatures(Gpu const& gpu) {
    auto const set = [&](char const* name, VkBool32& member) { member = gpu.has_feature(name) ? VK_TRUE : VK_FALSE; };
    vulkan12_.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
    set("timelineSemaphore", vulkan12_.timelineSemaphore);
    set("bufferDeviceAddress", vulkan12_.bufferDeviceAddress);
    vulkan13_.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES;
    set("synchronization2", vulkan13_.synchronization2);
    set("maintenance4", vulkan13_.maintenance4);
    vulkan12_.pNext = &vulkan13_;
  }
  RawFeatures(RawFeatures const&) = delete;
  RawFeatures& operator=(RawFeatures const&) = delete;

  [[nodiscard]] void const* chain() const { return &vulkan12_; }

 private:
  VkPhysicalDeviceVulkan12Features vulkan12_{};
  VkPhysicalDeviceVulkan13Features vulkan13_{};
};

/// All queues of the GPU, for vkCreateDevice.
inline std::vector<VkDeviceQueueCreateInfo> queue_infos(Gpu const& gpu) {
  static std::vector<float> const priorities(64, 1);
  std::vector<VkDeviceQueueCreateInfo> queues;
  for (simulated::QueueFamily const& family : gpu.queue_families) {
    queues.push_back({VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, nullptr, 0, static_cast<std::uint32_t>(queues.size()),
                      family.queue_count, priorities.data()});
  }
  return queues;
}

/// Calls vkCreateDevice with all queues of the GPU.
inline VkResult create_raw_device(RawInstance const& instance, Gpu const& gpu, VkDevice& device,
                                  void const* chain = nullptr, std::vector<std::string> const& extensions = {},
                                  std::size_t index = 0) {
  std::vector<VkDeviceQueueCreateInfo> const queues = queue_infos(gpu);
  std::vector<char const*> names;
  for (std::string const& extension : extensions) {
    names.push_back(extension.c_str());
  }
  VkDeviceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  info.pNext = chain;
  info.queueCreateInfoCount = static_cast<std::uint32_t>(queues.size());
  info.pQueueCreateInfos = queues.data();
  info.enabledExtensionCount = static_cast<std::uint32_t>(names.size());
  info.ppEnabledExtensionNames = names.data();
  auto const create = instance.function<PFN_vkCreateDevice>("vkCreateDevice");
  return create(instance.physical_devices().at(index), &info, nullptr, &device);
}

}  // namespace ashlar::test
