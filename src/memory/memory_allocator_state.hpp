#pragma once

#include <ashlar/memory/memory_allocator.hpp>

#include "counted_state.hpp"
#include "memory/buffer_requirements.hpp"
#include "memory/memory_pool.hpp"

#include <deque>

namespace ashlar::detail {

struct MemoryAllocatorState final : CountedState {
  MemoryAllocatorState(Device const& owner, MemoryAllocatorCreateInfo const& info, SuballocatorFactory factory);

  Device const device;
  bool const has_small_heap;
  std::deque<MemoryPool> pools;  ///< By memory type.
  BufferRequirementsCache buffer_requirements;
};

}  // namespace ashlar::detail
