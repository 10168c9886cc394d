#pragma once

#include <ashlar/export.hpp>
#include <ashlar/suballocator/suballocator.hpp>

#include <cstdint>

namespace ashlar {

namespace detail {
class BuddyForest;
}

/// Gives out blocks whose size is a power of two, each at a multiple of its size: predictable, and at its best where
/// sizes are powers of two.
///
/// Algorithm: binary buddies. The region is cut into the largest blocks that lie at multiples of their size, so that
/// any region is covered to the byte. A request is rounded up to a power of two, and to its alignment; the smallest
/// free block that holds it is halved until it fits. A freed block merges with its free other half, as far up as
/// that goes.
///
/// Cost: allocate and deallocate halve or merge once for each doubling between the request and the block found, 63
/// times at most. Worst case: nearly half of a piece is rounding, and a request larger than the region's largest
/// block finds no room even in an empty region.
///
/// Granularity: a free block of `granularity` bytes or more serves either tiling; once halved below that, its parts
/// serve the tiling that it was halved for until they have merged again. At the ends of a region that does not
/// begin or end at a multiple of `granularity`, the blocks smaller than that serve linear resources only.
///
/// Bookkeeping: 48 bytes for each halved block there is at the same time. The array of them grows by an eighth and is
/// copied then, in one call of `allocate`; it is given back by the destructor.
///
/// One thread at a time. A moved-from object may only be destroyed or assigned to.
class ASHLAR_API BuddyAllocator {
 public:
  /// \throws std::bad_alloc
  explicit BuddyAllocator(SuballocatorCreateInfo const& info);
  BuddyAllocator(BuddyAllocator const&) = delete;
  BuddyAllocator& operator=(BuddyAllocator const&) = delete;
  BuddyAllocator(BuddyAllocator&& other) noexcept;
  BuddyAllocator& operator=(BuddyAllocator&& other) noexcept;
  ~BuddyAllocator();

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
  detail::BuddyForest* forest_;
};

}  // namespace ashlar
