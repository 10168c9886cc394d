#pragma once

#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/suballocator.hpp>

#include <bit>
#include <concepts>
#include <cstdint>

#include "benchmarks/cases.hpp"
#include "benchmarks/options.hpp"
#include "benchmarks/workload.hpp"

namespace ashlar::bench {

/// What a suballocator of a case divides, from 0.
[[nodiscard]] inline SuballocatorCreateInfo suballocator_info(Options const& options, std::uint64_t range) {
  return {.region = {.offset = 0, .size = range},
          .granularity = options.granularity,
          .granule = options.granule,
          .strategy = options.strategy};
}

/// Requires that everything has been given back and has merged: all can be had again at once.
template <Suballocator S>
void require_whole(S& suballocator, std::uint64_t range) {
  std::uint64_t const most = std::same_as<S, BuddyAllocator> ? std::bit_floor(range) : range;
  Suballocation const all = suballocator.free_size() == range && suballocator.empty()
                                ? suballocator.allocate(most, 1, ResourceTiling::Linear)
                                : Suballocation{};
  if (!all) {
    throw WrongResult{"the free ranges have not become one again"};
  }
  suballocator.deallocate(all);
}

/// The pieces of a steady state in a suballocator. Counts the allocations for which there is no room.
template <class S>
class SuballocatorPieces {
 public:
  using Piece = Suballocation;

  SuballocatorPieces(S& suballocator, std::uint64_t& failed) : suballocator_{&suballocator}, failed_{&failed} {}

  void renew(Piece& piece, Operation const& operation) {
    if (piece) {
      suballocator_->deallocate(piece);
    }
    piece = suballocator_->allocate(operation.size, alignment, operation.tiling);
    if (!piece) {
      ++*failed_;
    }
  }
  void release(Piece& piece) {
    if (piece) {
      suballocator_->deallocate(piece);
    }
    piece = {};
  }

 private:
  S* suballocator_;
  std::uint64_t* failed_;
};

}  // namespace ashlar::bench
