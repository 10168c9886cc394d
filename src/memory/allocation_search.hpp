#pragma once

#include <ashlar/error.hpp>
#include <ashlar/memory/memory_allocator.hpp>

#include "memory/memory_allocator_state.hpp"

namespace ashlar::detail {

/// One call of `MemoryAllocator::allocate`: tries the memory types that fit, from best to worst.
///
/// Per type: a dedicated allocation where that is wanted; a block that is there; a new block; a dedicated allocation as
/// the last. When every type has failed, the empty blocks that the pools keep are given back, and all is tried again;
/// then once more without the limits on small heaps.
class AllocationSearch {
 public:
  /// The arguments have to outlive the search. `map_result`: why a piece of the best type could not be mapped, if that
  /// has been tried before; then the search begins at the next.
  AllocationSearch(MemoryAllocatorState& allocator, MemoryRequirements const& requirements,
                   AllocationCreateInfo const& info, VkResult map_result) noexcept;

  /// \throws as MemoryAllocator::allocate.
  [[nodiscard]] MemoryAllocation run();

 private:
  void validate() const;
  [[nodiscard]] MemoryAllocation try_types(std::uint32_t first);
  [[nodiscard]] MemoryAllocation try_type(std::uint32_t type);
  [[nodiscard]] MemoryAllocation try_blocks(std::uint32_t type);
  [[nodiscard]] MemoryAllocation try_dedicated(std::uint32_t type);
  [[nodiscard]] bool release_empty_blocks() const noexcept;
  [[noreturn]] void throw_failure() const;

  [[nodiscard]] bool needs_dedicated() const noexcept;
  [[nodiscard]] bool wants_dedicated(std::uint32_t type) const noexcept;
  [[nodiscard]] bool may_allocate() const noexcept;
  [[nodiscard]] bool map_at_once(std::uint32_t type) const noexcept;
  [[nodiscard]] std::uint64_t allowance(std::uint32_t type) const noexcept;
  [[nodiscard]] MemoryHeap const& heap_of(std::uint32_t type) const noexcept;

  MemoryAllocatorState& allocator_;
  DeviceState& device_;
  MemoryProperties const& memory_;
  MemoryRequirements const& requirements_;
  AllocationCreateInfo const& info_;
  MemoryTypeRequest request_;
  MemoryTypeRanking ranking_;
  bool last_resort_ = false;  ///< Small heaps may be filled beyond their half.
  MemoryFailure failure_;
};

/// Runs one; apart, so that who rarely needs it keeps no room for it.
/// \throws as MemoryAllocator::allocate.
[[nodiscard]] MemoryAllocation search_allocation(MemoryAllocatorState& allocator,
                                                 MemoryRequirements const& requirements,
                                                 AllocationCreateInfo const& info, VkResult map_result);

}  // namespace ashlar::detail
