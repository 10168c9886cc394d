#pragma once

#include <ashlar/suballocator/free_list_allocator.hpp>

namespace ashlar::test {

/// A free list of the other strategy, for tests of both.
class MinMemoryFreeList : public FreeListAllocator {
 public:
  explicit MinMemoryFreeList(SuballocatorCreateInfo const& info) : FreeListAllocator{with_min_memory(info)} {}

 private:
  static SuballocatorCreateInfo with_min_memory(SuballocatorCreateInfo info) {
    info.strategy = SuballocationStrategy::MinMemory;
    return info;
  }
};

}  // namespace ashlar::test
