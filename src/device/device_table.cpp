#include "device/device_table.hpp"

#include <ashlar/error.hpp>

namespace ashlar::detail {

namespace {

// All of Vulkan 1.1. vkDestroyDevice is the first, so that a device whose later functions are missing can be destroyed.
#define ASHLAR_DEVICE_FUNCTIONS(X)  \
  X(vkDestroyDevice)                \
  X(vkAllocateMemory)               \
  X(vkBindBufferMemory)             \
  X(vkBindImageMemory)              \
  X(vkCmdBindIndexBuffer)           \
  X(vkCmdBindVertexBuffers)         \
  X(vkCreateBuffer)                 \
  X(vkDestroyBuffer)                \
  X(vkDeviceWaitIdle)               \
  X(vkFlushMappedMemoryRanges)      \
  X(vkFreeMemory)                   \
  X(vkGetBufferMemoryRequirements2) \
  X(vkGetDeviceQueue)               \
  X(vkGetImageMemoryRequirements2)  \
  X(vkInvalidateMappedMemoryRanges) \
  X(vkMapMemory)                    \
  X(vkQueueWaitIdle)

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
}

}  // namespace ashlar::detail
