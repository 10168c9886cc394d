#include "memory/buffer_requirements.hpp"

namespace ashlar::detail {
namespace {

/// From this size on, in bytes, the driver is asked whether it prefers dedicated memory.
constexpr std::uint64_t large_buffer = std::uint64_t{1} << 20U;

}  // namespace

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

MemoryRequirements BufferRequirementsCache::find(DeviceState const& device, VkBuffer buffer,
                                                 BufferTraits const& traits) {
  if (!device.features.maintenance4 || traits.size >= large_buffer || !traits.handle_types.empty()) {
    return query_buffer_requirements(device, buffer);
  }
  Entry const* const known =
      entries_.find([&](Entry const& entry) { return entry.flags == traits.flags && entry.usage == traits.usage; });
  if (known != nullptr) {
    return {.size = align_up(traits.size, known->alignment),
            .alignment = known->alignment,
            .memory_type_bits = known->memory_type_bits};
  }
  MemoryRequirements const asked = query_buffer_requirements(device, buffer);
  if (asked.prefers_dedicated || asked.requires_dedicated) {
    return asked;  // What it prefers may depend on the size: it is asked each time.
  }
  entries_.add({traits.flags, traits.usage, asked.memory_type_bits, asked.alignment});
  return asked;
}

}  // namespace ashlar::detail
