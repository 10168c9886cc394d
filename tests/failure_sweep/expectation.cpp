#include "failure_sweep/expectation.hpp"

namespace ashlar::test {

namespace {

bool means_no_memory(VkResult result) {
  return result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY ||
         result == VK_ERROR_TOO_MANY_OBJECTS;
}

/// "A block that the driver refuses is tried smaller, then the resource alone, then the next best memory type"
/// (MemoryAllocator). DeviceMemory::allocate has one memory type and one try.
Expectation of_refused_memory(Part const& part) {
  if (!part.allocates) {
    return {Ending::OutOfMemory};
  }
  bool const has_another_way = !part.is_dedicated || part.memory_types.size() > 1;
  return has_another_way ? Expectation{Ending::Success} : Expectation{Ending::OutOfMemory, true};
}

/// "VulkanError if memory is there but cannot be mapped" (MemoryAllocator::allocate): after the last memory type.
Expectation of_refused_mapping(Part const& part) {
  if (!part.allocates || !part.maps) {
    return {Ending::Vulkan};
  }
  return part.memory_types.size() > 1 ? Expectation{Ending::Success} : Expectation{Ending::Vulkan, true};
}

/// "Transfer": what was not submitted because of an error stays queued, and who has not asked for it is not told.
bool records_or_submits(std::string const& function) {
  return function == "vkResetCommandPool" || function == "vkBeginCommandBuffer" || function == "vkEndCommandBuffer" ||
         function == "vkQueueSubmit";
}

/// Who asks whether the device is done does without the answer: he waits, or asks again ("Device::poll"). If the device
/// is lost, who needs it afterwards is told.
Expectation of_failed_query(VkResult result) {
  return result == VK_ERROR_DEVICE_LOST ? Expectation{Ending::Vulkan, true} : Expectation{Ending::Success};
}

}  // namespace

Expectation expectation(Injection const& injection, Part const& part) {
  std::string const& function = injection.function;
  if (injection.of_host_memory()) {
    return {part.is_quiet || part.is_dispensable ? Ending::Success : Ending::BadAlloc, part.keeps_some_failures};
  }
  if (part.keeps_some_failures && records_or_submits(function)) {
    return {Ending::Success};
  }
  if (part.keeps_some_failures && function == "vkFlushMappedMemoryRanges") {
    return {Ending::Vulkan, true};
  }
  if (part.is_quiet || injection.result == VK_INCOMPLETE || function == "vkSetDebugUtilsObjectNameEXT") {
    return {Ending::Success};
  }
  if (function == "vkGetSemaphoreCounterValue") {
    return of_failed_query(injection.result);
  }
  if (function == "vkAllocateMemory" && means_no_memory(injection.result)) {
    return of_refused_memory(part);
  }
  if (function == "vkMapMemory") {
    return of_refused_mapping(part);
  }
  bool const means_no_driver =
      (function == "vkCreateInstance" && injection.result == VK_ERROR_INCOMPATIBLE_DRIVER) ||
      (function == "vkEnumeratePhysicalDevices" && injection.result == VK_ERROR_INITIALIZATION_FAILED);
  return {means_no_driver ? Ending::NotFound : Ending::Vulkan};
}

}  // namespace ashlar::test
