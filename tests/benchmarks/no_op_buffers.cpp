#include "benchmarks/no_op_buffers.hpp"

#include <atomic>
#include <cstdint>

namespace ashlar::bench {

namespace {

std::atomic<std::uintptr_t> last_handle = 0;

VKAPI_ATTR VkResult VKAPI_CALL create_buffer(VkDevice /*device*/, VkBufferCreateInfo const* info,
                                             VkAllocationCallbacks const* /*callbacks*/, VkBuffer* buffer) {
  // The size is in the handle, for the requirements.
  std::uintptr_t const handle = last_handle.fetch_add(1, std::memory_order_relaxed) + 1;
  *buffer = reinterpret_cast<VkBuffer>(handle << 24U | static_cast<std::uintptr_t>(info->size & 0xFF'FFFFU));
  return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL destroy_buffer(VkDevice /*device*/, VkBuffer /*buffer*/,
                                          VkAllocationCallbacks const* /*callbacks*/) {}

VKAPI_ATTR void VKAPI_CALL requirements(VkDevice /*device*/, VkBuffer buffer, VkMemoryRequirements* answer) {
  VkDeviceSize const size = reinterpret_cast<std::uintptr_t>(buffer) & 0xFF'FFFFU;
  *answer = {.size = (size + 15) / 16 * 16, .alignment = 16, .memoryTypeBits = ~std::uint32_t{0}};
}

VKAPI_ATTR void VKAPI_CALL requirements2(VkDevice device, VkBufferMemoryRequirementsInfo2 const* info,
                                         VkMemoryRequirements2* answer) {
  requirements(device, info->buffer, &answer->memoryRequirements);
}

VKAPI_ATTR VkResult VKAPI_CALL bind_memory(VkDevice /*device*/, VkBuffer /*buffer*/, VkDeviceMemory /*memory*/,
                                           VkDeviceSize /*offset*/) {
  return VK_SUCCESS;
}

}  // namespace

PFN_vkVoidFunction no_op_buffer_function(std::string_view name) noexcept {
  if (name == "vkCreateBuffer") {
    return reinterpret_cast<PFN_vkVoidFunction>(&create_buffer);
  }
  if (name == "vkDestroyBuffer") {
    return reinterpret_cast<PFN_vkVoidFunction>(&destroy_buffer);
  }
  if (name == "vkGetBufferMemoryRequirements") {
    return reinterpret_cast<PFN_vkVoidFunction>(&requirements);
  }
  if (name == "vkGetBufferMemoryRequirements2") {
    return reinterpret_cast<PFN_vkVoidFunction>(&requirements2);
  }
  if (name == "vkBindBufferMemory") {
    return reinterpret_cast<PFN_vkVoidFunction>(&bind_memory);
  }
  return nullptr;
}

}  // namespace ashlar::bench
