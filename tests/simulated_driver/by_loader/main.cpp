// A program that is not linked to the driver: it has the driver from the loader, perhaps under a layer, and controls
// it.

#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <thread>

#include "simulated_driver/device_control.hpp"

namespace {

using ashlar::simulated::DeviceControl;

constexpr std::uint64_t long_enough = 20'000'000'000;  // Nanoseconds.
bool all_right = true;

void check(bool holds, char const* what) {
  if (!holds) {
    std::fprintf(stderr, "wrong: %s\n", what);
    all_right = false;
  }
}

PFN_vkGetInstanceProcAddr open_loader() {
  void* const loader = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  return loader != nullptr ? reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(loader, "vkGetInstanceProcAddr"))
                           : nullptr;
}

struct Vulkan {
  PFN_vkGetInstanceProcAddr instance_proc_addr = open_loader();
  PFN_vkGetDeviceProcAddr device_proc_addr = nullptr;
  VkInstance instance = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  VkQueue queue = VK_NULL_HANDLE;

  template <class Pointer>
  [[nodiscard]] Pointer of_instance(char const* name) const {
    return reinterpret_cast<Pointer>(instance_proc_addr(instance, name));
  }
  template <class Pointer>
  [[nodiscard]] Pointer of_device(char const* name) const {
    return reinterpret_cast<Pointer>(device_proc_addr(device, name));
  }
};

bool create(Vulkan& vulkan) {
  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.apiVersion = VK_API_VERSION_1_1;
  VkInstanceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = &application;
  if (vulkan.instance_proc_addr == nullptr ||
      vulkan.of_instance<PFN_vkCreateInstance>("vkCreateInstance")(&info, nullptr, &vulkan.instance) != VK_SUCCESS) {
    return false;
  }
  std::uint32_t one = 1;
  VkPhysicalDevice gpu = VK_NULL_HANDLE;
  vulkan.of_instance<PFN_vkEnumeratePhysicalDevices>("vkEnumeratePhysicalDevices")(vulkan.instance, &one, &gpu);
  float const priority = 1;
  VkDeviceQueueCreateInfo queue{};
  queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  VkDeviceCreateInfo device{};
  device.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  device.queueCreateInfoCount = 1;
  device.pQueueCreateInfos = &queue;
  if (vulkan.of_instance<PFN_vkCreateDevice>("vkCreateDevice")(gpu, &device, nullptr, &vulkan.device) != VK_SUCCESS) {
    return false;
  }
  vulkan.device_proc_addr = vulkan.of_instance<PFN_vkGetDeviceProcAddr>("vkGetDeviceProcAddr");
  vulkan.of_device<PFN_vkGetDeviceQueue>("vkGetDeviceQueue")(vulkan.device, 0, 0, &vulkan.queue);
  return true;
}

VkResult create_fence(Vulkan const& vulkan, VkFence& fence) {
  VkFenceCreateInfo const info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, nullptr, 0};
  return vulkan.of_device<PFN_vkCreateFence>("vkCreateFence")(vulkan.device, &info, nullptr, &fence);
}

void control(Vulkan const& vulkan, DeviceControl const& control) {
  VkFence fence = VK_NULL_HANDLE;
  control.fail_next("vkCreateFence", VK_ERROR_OUT_OF_DEVICE_MEMORY);
  check(create_fence(vulkan, fence) == VK_ERROR_OUT_OF_DEVICE_MEMORY, "a call fails");

  control.close_gate("vkCreateFence");
  std::thread held{[&] { check(create_fence(vulkan, fence) == VK_SUCCESS, "a call is held, and goes on"); }};
  check(control.wait_at_gate("vkCreateFence", long_enough), "the call has come to the gate");
  control.open_gate("vkCreateFence");
  held.join();

  control.hold(vulkan.queue);
  vulkan.of_device<PFN_vkQueueSubmit>("vkQueueSubmit")(vulkan.queue, 0, nullptr, fence);
  auto const status = vulkan.of_device<PFN_vkGetFenceStatus>("vkGetFenceStatus");
  check(control.wait_at_hold(vulkan.queue, long_enough), "the queue has come to its hold");
  check(status(vulkan.device, fence) == VK_NOT_READY, "a queue is held");
  control.release(vulkan.queue);
  check(vulkan.of_device<PFN_vkQueueWaitIdle>("vkQueueWaitIdle")(vulkan.queue) == VK_SUCCESS, "and released");
  check(status(vulkan.device, fence) == VK_SUCCESS, "the fence is signaled");
  vulkan.of_device<PFN_vkDestroyFence>("vkDestroyFence")(vulkan.device, fence, nullptr);

  control.lose();
  check(vulkan.of_device<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle")(vulkan.device) == VK_ERROR_DEVICE_LOST,
        "the device is lost");
}

}  // namespace

int main() {
  Vulkan vulkan;
  if (!create(vulkan)) {
    std::fprintf(stderr, "no device\n");
    return 1;
  }
  control(vulkan, {vulkan.device, vulkan.device_proc_addr});
  vulkan.of_device<PFN_vkDestroyDevice>("vkDestroyDevice")(vulkan.device, nullptr);
  vulkan.of_instance<PFN_vkDestroyInstance>("vkDestroyInstance")(vulkan.instance, nullptr);
  return all_right ? 0 : 1;
}
