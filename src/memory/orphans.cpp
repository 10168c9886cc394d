#include "memory/orphans.hpp"

#include "device/device_state.hpp"
#include "memory/memory_allocator_state.hpp"
#include "memory/memory_pool.hpp"

namespace ashlar::detail {

OrphanedAllocation::OrphanedAllocation(MemoryAllocation const& allocation) noexcept
    : released_{MemoryPool::orphan(Access::block(allocation))} {}

OrphanedAllocation::~OrphanedAllocation() {
  if (released_ != nullptr) {
    release(*released_);
  }
}

void free_orphan(MemoryAllocation&& allocation) noexcept {
  auto const piece = Access::take<BlockPiece>(allocation);
  MemoryPool::deallocate_orphan(*piece.block, piece.piece);
}

}  // namespace ashlar::detail
