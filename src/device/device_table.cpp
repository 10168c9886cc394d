#include "device/device_table.hpp"

#include <ashlar/error.hpp>

namespace ashlar::detail {

namespace {

// All of Vulkan 1.1. vkDestroyDevice is the first, so that a device whose later functions are missing can be destroyed.
#define ASHLAR_DEVICE_FUNCTIONS(X)  \
  X(vkDestroyDevice)                \
  X(vkAllocateCommandBuffers)       \
  X(vkAllocateMemory)               \
  X(vkBeginCommandBuffer)           \
  X(vkBindBufferMemory)             \
  X(vkBindImageMemory)              \
  X(vkCmdBindIndexBuffer)           \
  X(vkCmdBindVertexBuffers)         \
  X(vkCmdCopyBuffer)                \
  X(vkCmdFillBuffer)                \
  X(vkCmdPipelineBarrier)           \
  X(vkCmdUpdateBuffer)              \
  X(vkCreateBuffer)                 \
  X(vkCreateCommandPool)            \
  X(vkCreateSemaphore)              \
  X(vkDestroyBuffer)                \
  X(vkDestroyCommandPool)           \
  X(vkDestroySemaphore)             \
  X(vkDeviceWaitIdle)               \
  X(vkEndCommandBuffer)             \
  X(vkFlushMappedMemoryRanges)      \
  X(vkFreeMemory)                   \
  X(vkGetBufferMemoryRequirements2) \
  X(vkGetDeviceQueue)               \
  X(vkGetImageMemoryRequirements2)  \
  X(vkInvalidateMappedMemoryRanges) \
  X(vkMapMemory)                    \
  X(vkQueueSubmit)                  \
  X(vkQueueWaitIdle)                \
  X(vkResetCommandPool)

template <class Function>
void load(Function& function, DeviceState const& device, char const* name) {
  function = reinterpret_cast<Function>(device.instance().vk.vkGetDeviceProcAddr(device.handle, name));
  if (function == nullptr) {
    throw VulkanError{VK_ERROR_INITIALIZATION_FAILED, name, "The Vulkan driver does not have this function"};
  }
}

}  // namespace

void load_device_functions(DeviceState& device) {
#define ASHLAR_LOAD(name) load(device.vk.name, device, #name);
  ASHLAR_DEVICE_FUNCTIONS(ASHLAR_LOAD)
#undef ASHLAR_LOAD
  if (device.features.buffer_device_address) {
    load(device.vk.vkGetBufferDeviceAddress, device,
         device.api_version >= VK_API_VERSION_1_2 ? "vkGetBufferDeviceAddress" : "vkGetBufferDeviceAddressKHR");
  }
  if (device.features.timeline_semaphore) {
    bool const core = device.api_version >= VK_API_VERSION_1_2;
    load(device.vk.vkGetSemaphoreCounterValue, device,
         core ? "vkGetSemaphoreCounterValue" : "vkGetSemaphoreCounterValueKHR");
    load(device.vk.vkWaitSemaphores, device, core ? "vkWaitSemaphores" : "vkWaitSemaphoresKHR");
  }
}

}  // namespace ashlar::detail
