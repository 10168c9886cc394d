#pragma once

#include <ashlar/memory/device_memory.hpp>
#include <ashlar/memory/memory_allocator.hpp>

#include "suballocator/free_list.hpp"

#include <cstdint>
#include <memory>

namespace ashlar::detail {

class MemoryPool;
class MemoryShard;

/// A DeviceMemory of a pool: divided among several resources, or dedicated to one.
struct MemoryBlock {
  MemoryBlock(MemoryPool& its_pool, DeviceMemory its_memory) noexcept;
  ~MemoryBlock();

  MemoryPool& pool;
  DeviceMemory memory;
  MemoryShard* shard = nullptr;                   ///< That divides it; none if it is dedicated.
  std::unique_ptr<AnySuballocator> suballocator;  ///< None if the shard's free list divides it.
  std::unique_ptr<MemoryBlock> next;              ///< In a list of blocks that are to be freed.

  // Guarded by the shard's lock; apart from what other threads read.
  alignas(64) std::uint64_t piece_count = 0;
  std::uint64_t begin = 0;         ///< Offset in the range that the free list divides, in bytes.
  FreeList::Handle free_node = 0;  ///< Its only one, while there is no piece.
};

/// The piece of a block that a resource got; no block means no room.
struct BlockPiece {
  MemoryBlock* block = nullptr;
  Suballocation piece;

  [[nodiscard]] explicit operator bool() const noexcept { return block != nullptr; }
};

}  // namespace ashlar::detail
