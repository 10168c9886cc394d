#include "memory/buffer_requirements.hpp"

#include <memory>

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

BufferRequirementsCache::~BufferRequirementsCache() {
  Entry const* entry = first_.load(std::memory_order_acquire);
  while (entry != nullptr) {
    delete std::exchange(entry, entry->next);
  }
}

BufferRequirementsCache::Entry const* BufferRequirementsCache::find_entry(BufferTraits const& traits) const noexcept {
  Entry const* entry = first_.load(std::memory_order_acquire);
  while (entry != nullptr && (entry->flags != traits.flags || entry->usage != traits.usage)) {
    entry = entry->next;
  }
  return entry;
}

MemoryRequirements BufferRequirementsCache::find(DeviceState const& device, VkBuffer buffer,
                                                 BufferTraits const& traits) {
  if (!device.features.maintenance4 || traits.size >= large_buffer || !traits.handle_types.empty()) {
    return query_buffer_requirements(device, buffer);
  }
  if (Entry const* const known = find_entry(traits)) {
    return {.size = align_up(traits.size, known->alignment),
            .alignment = known->alignment,
            .memory_type_bits = known->memory_type_bits};
  }
  MemoryRequirements const asked = query_buffer_requirements(device, buffer);
  if (asked.prefers_dedicated || asked.requires_dedicated) {
    return asked;  // What it prefers may depend on the size: it is asked each time.
  }
  auto entry = std::make_unique<Entry>(Entry{traits.flags, traits.usage, asked.memory_type_bits, asked.alignment,
                                             first_.load(std::memory_order_relaxed)});
  while (
      !first_.compare_exchange_weak(entry->next, entry.get(), std::memory_order_release, std::memory_order_relaxed)) {
  }
  static_cast<void>(entry.release());
  return asked;
}

}  // namespace ashlar::detail
