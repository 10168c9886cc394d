#pragma once

#include <ashlar/memory/memory_allocator.hpp>

#include "device/vulkan.hpp"

#include <cstdint>

namespace ashlar::detail {

/// Memory for a buffer that was just created so, and bound to it.
/// \pre Nothing is chained to `created` but what it may be exported by.
/// \throws as MemoryAllocator::allocate.
[[nodiscard]] MemoryAllocation allocate_for_buffer(MemoryAllocator const& allocator, VkBuffer buffer,
                                                   VkBufferCreateInfo const& created, std::uint64_t alignment,
                                                   AllocationCreateInfo const& info);

}  // namespace ashlar::detail
