#pragma once

#include <ashlar/memory/memory_allocation.hpp>

namespace ashlar::detail {

struct MemoryAllocatorState;

/// Memory that only the device still uses, from here on. It does not keep the allocator, which waits at its end until
/// all such memory is freed: so work in flight keeps nothing alive that would wait for it.
class OrphanedAllocation {
 public:
  explicit OrphanedAllocation(MemoryAllocation const& allocation) noexcept;
  OrphanedAllocation(OrphanedAllocation const&) = delete;
  OrphanedAllocation& operator=(OrphanedAllocation const&) = delete;

  /// Drops the reference to the allocator that the memory had, if it had one; so this may wait for the device.
  ~OrphanedAllocation();

 private:
  MemoryAllocatorState* released_;
};

/// Frees it.
void free_orphan(MemoryAllocation&& allocation) noexcept;

}  // namespace ashlar::detail
