#pragma once

#include <ashlar/memory/memory_allocation.hpp>

#include "memory/memory_block.hpp"
#include "memory/memory_shard.hpp"

namespace ashlar::test {

/// The block that an allocation is a piece of.
[[nodiscard]] detail::MemoryBlock& block_of(MemoryAllocation const& allocation);

// Private members may be named where a template is instantiated: what a friend there does with them is anybody's.
template <auto Block>
struct OpenedAllocation {
  friend detail::MemoryBlock& block_of(MemoryAllocation const& allocation) { return *(allocation.*Block); }
};
template struct OpenedAllocation<&MemoryAllocation::block_>;

/// The shard that divides it.
[[nodiscard]] inline detail::MemoryShard& shard_of(MemoryAllocation const& allocation) {
  return *block_of(allocation).shard;
}

}  // namespace ashlar::test
