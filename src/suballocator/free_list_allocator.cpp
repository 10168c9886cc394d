#include <ashlar/suballocator/free_list_allocator.hpp>

#include "free_list.hpp"

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
        begin{info.region.offset + padding(info.region.offset, std::uint64_t{1} << shift)},
        region_size{info.region.size},
        takes_lowest{info.strategy == SuballocationStrategy::MinMemory},
        list{std::max(info.granularity >> shift, std::uint64_t{1}), begin >> shift,
             takes_lowest ? detail::FreeList::Search::Lowest : detail::FreeList::Search::First} {
    std::uint64_t const lost = begin - info.region.offset;
    if (region_size > lost) {
      granules = static_cast<std::uint32_t>((region_size - lost) >> shift);
    }
    if (granules != 0) {
      list.add_region(0, granules);
    }
  }

  [[nodiscard]] Suballocation suballocation(detail::FreeList::Handle piece) const noexcept {
    if (piece == 0) {
      return {};
    }
    return {.offset = begin + (std::uint64_t{list.offset(piece)} << shift),
            .size = std::uint64_t{list.size(piece)} << shift,
            .handle = piece};
  }

  /// Not inline: the way of the first fit has the registers for itself.
  [[nodiscard, gnu::noinline]] Suballocation allocate_lowest(std::uint64_t size, std::uint64_t alignment,
                                                             ResourceTiling tiling) {
    std::uint64_t const wanted = granules_for(size);
    if (wanted > granules) [[unlikely]] {
      return {};
    }
    return suballocation(list.allocate_lowest(static_cast<std::uint32_t>(wanted), (alignment - 1) >> shift, tiling));
  }

  [[nodiscard]] std::uint64_t granules_for(std::uint64_t size) const noexcept { return ((size - 1) >> shift) + 1; }
  [[nodiscard]] std::uint64_t used_granules() const noexcept { return granules - list.free(); }

  unsigned const shift;        // The granule is 2^shift.
  std::uint32_t granules = 0;  // Of the region.
  std::uint64_t const begin;   // The first granule's offset.
  std::uint64_t const region_size;
  bool const takes_lowest;
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
  if (state_->takes_lowest) {
    return state_->allocate_lowest(size, alignment, tiling);
  }
  State& state = *state_;
  std::uint64_t const granules = state.granules_for(size);
  if (granules > state.granules) [[unlikely]] {
    return {};
  }
  return state.suballocation(
      state.list.allocate_first(static_cast<std::uint32_t>(granules), (alignment - 1) >> state.shift, tiling));
}

void FreeListAllocator::deallocate(Suballocation const& piece) noexcept {
  state_->list.deallocate(static_cast<detail::FreeList::Handle>(piece.handle));
}

std::uint64_t FreeListAllocator::free_size() const noexcept {
  return state_->region_size - (state_->used_granules() << state_->shift);
}

bool FreeListAllocator::empty() const noexcept { return state_->used_granules() == 0; }

}  // namespace ashlar
