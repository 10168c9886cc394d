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
  /// \pre As of `allocate`.
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
  std::uint64_t orphan_count = 0;  ///< Guarded by the device's InFlight.
};

inline MemoryPool* MemoryAllocatorState::first_pool(MemoryRequirements const& requirements,
                                                    AllocationCreateInfo const& info) {
  bool const is_dedicated = (requirements.prefers_dedicated | requirements.requires_dedicated) ||
                            !requirements.export_handle_types.empty() ||
                            info.allocate_preference == AllocatePreference::AlwaysAllocate;
  if (is_dedicated) {
    return nullptr;
  }
  MemoryTypeChoices::Choice const* const choice = choices.find(requirements.memory_type_bits, info);
  if (choice == nullptr || requirements.size > choice->pool->dedicated_threshold() ||
      (choice->on_small_heap && exceeds_small_heap(choice->type, requirements.size))) {
    return nullptr;
  }
  return choice->pool;
}

}  // namespace ashlar::detail
