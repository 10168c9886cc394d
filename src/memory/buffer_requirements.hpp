#pragma once

#include <ashlar/memory/memory_allocator.hpp>

#include "append_only_list.hpp"
#include "device/device_state.hpp"
#include "memory/buffer_memory.hpp"

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
  [[nodiscard]] MemoryRequirements find(DeviceState const& device, VkBuffer buffer, BufferTraits const& traits);

 private:
  struct Entry {
    std::uint32_t flags;
    std::uint32_t usage;
    std::uint32_t memory_type_bits;
    std::uint64_t alignment;
  };

  AppendOnlyList<Entry> entries_;
};

}  // namespace ashlar::detail
