#include <ashlar/suballocator/free_list_allocator.hpp>

#include "free_list.hpp"
#include "padding.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace ashlar {
namespace {

constexpr unsigned granule_shift(SuballocatorCreateInfo const& info) noexcept {
  auto const smallest = static_cast<unsigned>(std::bit_width(info.region.size >> 32));
  auto const wanted = static_cast<unsigned>(info.granule == 0 ? 0 : std::countr_zero(info.granule));
  return std::max(smallest, wanted);
}

}  // namespace

/// One region, in bytes.
struct FreeListAllocator::State {
  explicit State(SuballocatorCreateInfo const& info)
      : shift{granule_shift(info)},
        granule{std::uint64_t{1} << shift},
        begin{info.region.offset + padding(info.region.offset, granule)},
        region_size{info.region.size},
        list{std::max(info.granularity >> shift, std::uint64_t{1}), begin >> shift,
             info.strategy == SuballocationStrategy::MinMemory ? detail::FreeList::Search::Lowest
                                                               : detail::FreeList::Search::First} {
    std::uint64_t const lost = begin - info.region.offset;
    if (region_size > lost) {
      granules = static_cast<std::uint32_t>((region_size - lost) >> shift);
    }
    if (granules != 0) {
      list.add_region(0, granules);
    }
  }

  [[nodiscard]] Suballocation suballocation(detail::FreeList::Handle piece, std::uint64_t size) const noexcept {
    return {.offset = begin + (std::uint64_t{list.offset(piece)} << shift), .size = size << shift, .handle = piece};
  }

  /// Not inline, so that who needs no search keeps nothing across a call.
  [[nodiscard, gnu::noinline]] Suballocation search(std::uint32_t size, std::uint64_t alignment_mask,
                                                    ResourceTiling tiling) {
    detail::FreeList::Handle const piece = list.allocate(size, alignment_mask, tiling);
    return piece == 0 ? Suballocation{} : suballocation(piece, list.size(piece));
  }

  [[nodiscard]] std::uint64_t used_granules() const noexcept { return granules - list.free(); }

  unsigned const shift;  // The granule is 2^shift.
  std::uint64_t const granule;
  std::uint32_t granules = 0;  // Of the region.
  std::uint64_t const begin;   // The first granule's offset.
  std::uint64_t const region_size;
  detail::FreeList list;
};

FreeListAllocator::FreeListAllocator(SuballocatorCreateInfo const& info) : state_{new State{info}} {}

FreeListAllocator::FreeListAllocator(FreeListAllocator&& other) noexcept
    : state_{std::exchange(other.state_, nullptr)} {}

FreeListAllocator& FreeListAllocator::operator=(FreeListAllocator&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

FreeListAllocator::~FreeListAllocator() { delete state_; }

Suballocation FreeListAllocator::allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling) {
  assert(size != 0 && is_power_of_two(alignment));
  State& state = *state_;
  std::uint64_t const granules = ((size - 1) >> state.shift) + 1;
  if (granules > state.granules) [[unlikely]] {
    return {};
  }
  auto const count = static_cast<std::uint32_t>(granules);
  if (alignment <= state.granule && state.list.takes_first(tiling)) {
    if (detail::FreeList::Handle const piece = state.list.allocate_at_once(count, tiling); piece != 0) [[likely]] {
      return state.suballocation(piece, granules);
    }
  }
  return state.search(count, (alignment - 1) >> state.shift, tiling);
}

void FreeListAllocator::deallocate(Suballocation const& piece) noexcept {
  state_->list.deallocate(static_cast<detail::FreeList::Handle>(piece.handle));
}

std::uint64_t FreeListAllocator::free_size() const noexcept {
  return state_->region_size - (state_->used_granules() << state_->shift);
}

bool FreeListAllocator::empty() const noexcept { return state_->used_granules() == 0; }

}  // namespace ashlar
