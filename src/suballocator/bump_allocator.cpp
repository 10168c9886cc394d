#include <ashlar/suballocator/bump_allocator.hpp>

#include "padding.hpp"

#include <algorithm>
#include <cassert>

namespace ashlar {

BumpAllocator::BumpAllocator(SuballocatorCreateInfo const& info) noexcept
    : region_{info.region}, granularity_{info.granularity} {}

Suballocation BumpAllocator::allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling) noexcept {
  assert(size != 0 && is_power_of_two(alignment));
  std::uint64_t& own_end = ends_[static_cast<std::uint8_t>(tiling)];
  std::uint64_t const other_end = ends_[static_cast<std::uint8_t>(tiling) ^ 1];

  // Only the highest piece can reach into the granularity unit where this one begins.
  if (other_end > own_end) {
    alignment = std::max(alignment, granularity_);
  }
  std::uint64_t const top = std::max(own_end, other_end);
  std::uint64_t const room = region_.size - top;
  std::uint64_t const gap = padding(region_.offset + top, alignment);
  if (gap > room || size > room - gap) {
    return {};
  }

  Suballocation const piece{.offset = region_.offset + top + gap, .size = size, .handle = own_end};
  own_end = top + gap + size;
  used_ += size;
  return piece;
}

void BumpAllocator::deallocate(Suballocation const& piece) noexcept {
  used_ -= piece.size;
  std::uint64_t& highest_end = *std::max_element(ends_, ends_ + 2);
  if (used_ == 0) {
    ends_[0] = ends_[1] = 0;
  } else if (piece.offset - region_.offset + piece.size == highest_end) {
    highest_end = piece.handle;
  }
}

}  // namespace ashlar
