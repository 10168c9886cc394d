#include "memory/buffer_requirements.hpp"

namespace ashlar::detail {
MemoryRequirements query_buffer_requirements(DeviceState const& device, VkBuffer buffer) noexcept {
  VkMemoryDedicatedRequirements dedicated{};
  dedicated.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS;
  VkMemoryRequirements2 requirements{};
  requirements.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
  requirements.pNext = &dedicated;
  VkBufferMemoryRequirementsInfo2 const info{VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2, nullptr, buffer};
  device.vk.vkGetBufferMemoryRequirements2(device.handle, &info, &requirements);
  return {.size = requirements.memoryRequirements.size,
          .alignment = requirements.memoryRequirements.alignment,
          .memory_type_bits = requirements.memoryRequirements.memoryTypeBits,
          .prefers_dedicated = dedicated.prefersDedicatedAllocation != VK_FALSE,
          .requires_dedicated = dedicated.requiresDedicatedAllocation != VK_FALSE,
          .buffer = buffer};
}

MemoryRequirements BufferRequirementsCache::ask(DeviceState const& device, VkBuffer buffer,
                                                VkBufferCreateInfo const& created) {
  MemoryRequirements asked = query_buffer_requirements(device, buffer);
  if (created.pNext != nullptr) {
    auto const& external = *static_cast<VkExternalMemoryBufferCreateInfo const*>(created.pNext);
    asked.export_handle_types = ExternalMemoryHandleTypes::from_mask(external.handleTypes);
    return asked;
  }
  // What it prefers may depend on the size: it is asked each time.
  bool const prefers_nothing = !asked.prefers_dedicated && !asked.requires_dedicated;
  bool const holds_of_others = prefers_nothing && created.size < large_buffer && device.features.maintenance4;
  if (holds_of_others && find_entry(created) == nullptr) {
    entries_.add({created.flags, created.usage, asked.memory_type_bits, asked.alignment});
  }
  return asked;
}

}  // namespace ashlar::detail
