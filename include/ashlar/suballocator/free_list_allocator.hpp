#pragma once

#include <ashlar/export.hpp>
#include <ashlar/suballocator/suballocator.hpp>

#include <cstdint>

namespace ashlar {

/// Gives out pieces of any size and takes them back in any order, both in constant time: the suballocator for
/// general use.
///
/// Algorithm: a good fit. Free ranges hang in lists by size class, 32 classes to every doubling; a two-level bitmap
/// finds the first class that holds any. A piece is cut from the low end of a range that is at most about 1/32
/// larger than it must be where there is one, and low addresses are preferred: by `SuballocationStrategy::MinMemory`
/// the lowest of several ranges is taken, of its own class and the three above. A freed piece merges with its free
/// neighbours at once.
///
/// Worst case: a search looks at 80 free ranges at most. A range that exceeds the request, and the most that alignment
/// and granularity can cost, by 1/32 is always found; a tighter one may be missed, and the answer then is "no room",
/// when there are more than 64 ranges that size. The granularity costs nothing while only one tiling has pieces; where
/// both have, the first good fit is taken, whatever the strategy.
///
/// Bookkeeping: 24 bytes for each piece and each free range there is at the same time, and 4.5 KiB besides. The array
/// of them grows by an eighth and is copied then, in one call of `allocate`; it is given back by the destructor.
///
/// Sizes are rounded up to whole granules (SuballocatorCreateInfo::granule), and to the alignment where that is at
/// most 16 granules and there is room. A region that begins or ends inside a granule loses that part; it counts as free
/// all the same.
///
/// One thread at a time. A moved-from object may only be destroyed or assigned to.
class ASHLAR_API FreeListAllocator {
 public:
  /// \throws std::bad_alloc
  explicit FreeListAllocator(SuballocatorCreateInfo const& info);
  FreeListAllocator(FreeListAllocator const&) = delete;
  FreeListAllocator& operator=(FreeListAllocator const&) = delete;
  FreeListAllocator(FreeListAllocator&& other) noexcept;
  FreeListAllocator& operator=(FreeListAllocator&& other) noexcept;
  ~FreeListAllocator();

  /// A piece of at least `size` bytes at a multiple of `alignment`, or one that tests false when there is no room.
  /// \pre `size` is at least 1, `alignment` a power of two.
  /// \throws std::bad_alloc when the bookkeeping cannot grow; nothing has changed then.
  [[nodiscard]] Suballocation allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling);

  /// Takes back a piece.
  /// \pre `piece` came from this object and was not given back before.
  void deallocate(Suballocation const& piece) noexcept;

  /// Bytes that no piece covers.
  [[nodiscard]] std::uint64_t free_size() const noexcept;

  /// Whether there is no piece.
  [[nodiscard]] bool empty() const noexcept;

 private:
  struct State;
  State* state_;
};

}  // namespace ashlar
