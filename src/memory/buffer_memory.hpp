#pragma once

#include <ashlar/memory/memory_allocator.hpp>

#include "device/vulkan.hpp"

#include <cstdint>

namespace ashlar::detail {

/// What a buffer was created with, as far as its memory requirements depend on it.
struct BufferTraits {
  std::uint64_t size = 0;
  std::uint32_t flags = 0;
  std::uint32_t usage = 0;
  ExternalMemoryHandleTypes handle_types;
};

/// Memory for a buffer that was just created with these traits, and bound to it.
/// \throws as MemoryAllocator::allocate.
[[nodiscard]] MemoryAllocation allocate_for_buffer(MemoryAllocator const& allocator, VkBuffer buffer,
                                                   BufferTraits const& traits, std::uint64_t alignment,
                                                   AllocationCreateInfo const& info);

}  // namespace ashlar::detail
