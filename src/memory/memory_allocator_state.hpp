#pragma once

#include <ashlar/memory/memory_allocator.hpp>

#include "counted_state.hpp"
#include "memory/buffer_requirements.hpp"
#include "memory/memory_pool.hpp"
#include "memory/memory_type_choices.hpp"

#include <deque>

namespace ashlar::detail {

struct MemoryAllocatorState final : CountedState {
  MemoryAllocatorState(Device const& owner, MemoryAllocatorCreateInfo const& info, SuballocatorFactory factory);

  /// As MemoryAllocator::allocate. \pre The size is not 0, and the alignment a power of two.
  [[nodiscard]] MemoryAllocation allocate(MemoryRequirements const& requirements, AllocationCreateInfo const& info);

  /// The memory type whose blocks come first for the request; null where that takes an `AllocationSearch` to know.
  /// \throws std::bad_alloc
  [[nodiscard]] MemoryPool* first_pool(MemoryRequirements const& requirements, AllocationCreateInfo const& info);

  /// Whether a piece of that type would take too much of a small heap.
  [[nodiscard]] bool exceeds_small_heap(std::uint32_t type, std::uint64_t size) const noexcept;

  /// Bytes that resources have of a heap.
  [[nodiscard]] std::uint64_t heap_use(std::uint32_t heap) const noexcept;

  Device const device;
  bool const has_small_heap;
  std::deque<MemoryPool> pools;  ///< By memory type.
  MemoryTypeChoices choices;
  BufferRequirementsCache buffer_requirements;
};

}  // namespace ashlar::detail
