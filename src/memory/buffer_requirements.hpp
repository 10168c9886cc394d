#pragma once

#include <ashlar/layout.hpp>
#include <ashlar/memory/memory_allocator.hpp>

#include "append_only_list.hpp"
#include "device/device_state.hpp"

#include <cstdint>

namespace ashlar::detail {

/// vkGetBufferMemoryRequirements2, dedicated requirements included.
[[nodiscard]] MemoryRequirements query_buffer_requirements(DeviceState const& device, VkBuffer buffer) noexcept;

/// Memory type bits and alignment of buffers by their flags and usage, for which Vulkan guarantees that they are the
/// same (Vulkan specification, "Resource Memory Association", VkMemoryRequirements), so that a small buffer costs no
/// query.
///
/// Threads: any number; finding is free of locks.
class BufferRequirementsCache {
 public:
  /// What the buffer needs. Asks the driver where it does not know, the buffer is large (it may prefer dedicated
  /// memory), or exportable, or its size is not certain to be the created one rounded up to the alignment (which
  /// takes maintenance4). What it knows without asking may be a little too large for VkMemoryDedicatedAllocateInfo,
  /// which takes the exact size: it then names no buffer.
  [[nodiscard]] MemoryRequirements find(DeviceState const& device, VkBuffer buffer, VkBufferCreateInfo const& created) {
    if (created.size < large_buffer && created.pNext == nullptr) {
      Entry const* const known = find_entry(created);
      if (known != nullptr) {
        return {.size = align_up(created.size, known->alignment),
                .alignment = known->alignment,
                .memory_type_bits = known->memory_type_bits};
      }
    }
    return ask(device, buffer, created);
  }

  /// As `find`, but asks the driver, and keeps what holds of other buffers too.
  [[nodiscard]] MemoryRequirements ask(DeviceState const& device, VkBuffer buffer, VkBufferCreateInfo const& created);

 private:
  struct Entry {
    std::uint32_t flags;
    std::uint32_t usage;
    std::uint32_t memory_type_bits;
    std::uint64_t alignment;
  };

  [[nodiscard]] Entry const* find_entry(VkBufferCreateInfo const& created) const noexcept {
    return entries_.find(
        [&](Entry const& entry) { return entry.usage == created.usage && entry.flags == created.flags; });
  }

  /// From this size on, in bytes, the driver is asked whether it prefers dedicated memory.
  static constexpr std::uint64_t large_buffer = std::uint64_t{1} << 20U;

  AppendOnlyList<Entry> entries_;
};

}  // namespace ashlar::detail
