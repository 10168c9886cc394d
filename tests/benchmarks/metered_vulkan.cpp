#include "benchmarks/metered_vulkan.hpp"

#include <dlfcn.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <unordered_map>

#include "benchmarks/no_op_buffers.hpp"
#include "simulated_driver/icd.hpp"

namespace ashlar::bench {

namespace {

bool no_op = false;
PFN_vkGetInstanceProcAddr next_instance_proc_addr = nullptr;
PFN_vkGetDeviceProcAddr next_device_proc_addr = nullptr;
PFN_vkAllocateMemory next_allocate = nullptr;
PFN_vkFreeMemory next_free = nullptr;

std::mutex mutex;
DeviceMeter meter;
std::atomic<std::uint64_t> bytes_now = 0;
std::unordered_map<VkDeviceMemory, std::uint64_t> sizes;

VKAPI_ATTR VkResult VKAPI_CALL allocate_memory(VkDevice device, VkMemoryAllocateInfo const* info,
                                               VkAllocationCallbacks const* callbacks, VkDeviceMemory* memory) {
  VkResult const result = next_allocate(device, info, callbacks, memory);
  if (result == VK_SUCCESS) {
    std::lock_guard const lock{mutex};
    sizes[*memory] = info->allocationSize;
    bytes_now += info->allocationSize;
    ++meter.allocations;
  }
  return result;
}

VKAPI_ATTR void VKAPI_CALL free_memory(VkDevice device, VkDeviceMemory memory, VkAllocationCallbacks const* callbacks) {
  if (memory != VK_NULL_HANDLE) {
    std::lock_guard const lock{mutex};
    bytes_now -= sizes.extract(memory).mapped();
    ++meter.deallocations;
  }
  next_free(device, memory, callbacks);
}

PFN_vkVoidFunction VKAPI_CALL metered_device_proc_addr(VkDevice device, char const* name) {
  std::string_view const text{name};
  if (PFN_vkVoidFunction const function = no_op ? no_op_buffer_function(text) : nullptr) {
    return function;
  }
  PFN_vkVoidFunction const function = next_device_proc_addr(device, name);
  if (text == "vkGetDeviceProcAddr") {
    return reinterpret_cast<PFN_vkVoidFunction>(&metered_device_proc_addr);
  }
  if (text == "vkAllocateMemory") {
    next_allocate = reinterpret_cast<PFN_vkAllocateMemory>(function);
    return reinterpret_cast<PFN_vkVoidFunction>(&allocate_memory);
  }
  if (text == "vkFreeMemory") {
    next_free = reinterpret_cast<PFN_vkFreeMemory>(function);
    return reinterpret_cast<PFN_vkVoidFunction>(&free_memory);
  }
  return function;
}

PFN_vkGetInstanceProcAddr loader() {
  void* const library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  void* const function = library != nullptr ? dlsym(library, "vkGetInstanceProcAddr") : nullptr;
  if (function == nullptr) {
    throw std::runtime_error("There is no Vulkan loader, libvulkan.so.1: take --driver simulated");
  }
  return reinterpret_cast<PFN_vkGetInstanceProcAddr>(function);
}

}  // namespace

DeviceMeter device_meter() {
  std::lock_guard const lock{mutex};
  DeviceMeter copy = meter;
  copy.bytes = bytes_now;
  return copy;
}

std::uint64_t device_bytes() noexcept { return bytes_now.load(std::memory_order_relaxed); }

void choose_vulkan(DriverChoice driver) {
  no_op = driver == DriverChoice::NoOp;
  next_instance_proc_addr = driver == DriverChoice::Loader ? loader() : &simulated::get_instance_proc_addr;
}

PFN_vkVoidFunction VKAPI_CALL metered_instance_proc_addr(VkInstance instance, char const* name) {
  PFN_vkVoidFunction const function = next_instance_proc_addr(instance, name);
  if (std::string_view{name} == "vkGetDeviceProcAddr" && function != nullptr) {
    next_device_proc_addr = reinterpret_cast<PFN_vkGetDeviceProcAddr>(function);
    return reinterpret_cast<PFN_vkVoidFunction>(&metered_device_proc_addr);
  }
  return function;
}

}  // namespace ashlar::bench
