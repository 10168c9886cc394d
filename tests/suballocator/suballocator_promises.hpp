#pragma once

#include <ashlar/layout.hpp>
#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/bump_allocator.hpp>
#include <ashlar/suballocator/free_list_allocator.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>

#include "suballocator/min_memory_free_list.hpp"
#include "suballocator/naive_model.hpp"

namespace ashlar::test {

struct Request {
  std::uint64_t size;
  std::uint64_t alignment;
  ResourceTiling tiling;
};

/// What each suballocator promises to find beyond the contract, and the largest piece that it gives of an empty region.
template <class S>
struct Promise;

// Where no more free ranges can be than its search looks at, the free list finds any place there is.
template <>
struct Promise<FreeListAllocator> {
  static std::uint64_t granule(SuballocatorCreateInfo const& info) {
    std::uint64_t granule = std::max<std::uint64_t>(info.granule, 1);
    while (info.region.size / granule > 0xFFFF'FFFF) {
      granule *= 2;
    }
    return granule;
  }

  static bool must_find(SuballocatorCreateInfo const& info, NaiveModel const& model, Request const& request) {
    return model.pieces().size() < 64 && request.size <= largest(info) &&
           model.has_room(align_up(request.size, granule(info)), std::max(request.alignment, granule(info)),
                          request.tiling);
  }

  static std::uint64_t largest(SuballocatorCreateInfo const& info) {
    std::uint64_t const lost = (0 - info.region.offset) % granule(info);
    return info.region.size < lost ? 0 : align_down(info.region.size - lost, granule(info));
  }
};

template <>
struct Promise<MinMemoryFreeList> : Promise<FreeListAllocator> {};

// The buddies find any free block, but for optimal pieces in broken units at the region's ends.
template <>
struct Promise<BuddyAllocator> {
  static bool must_find(SuballocatorCreateInfo const& info, NaiveModel const& model, Request const& request) {
    if (request.size > largest(info)) {
      return false;
    }
    bool const whole_units = info.region.offset % info.granularity == 0 && info.region.size % info.granularity == 0;
    std::uint64_t const block = std::max(std::bit_ceil(request.size), request.alignment);
    return (request.tiling == ResourceTiling::Linear || whole_units) && model.has_room(block, block, request.tiling);
  }

  static std::uint64_t largest(SuballocatorCreateInfo const& info) {
    std::uint64_t block = std::bit_floor(info.region.size);
    while (block != 0 && (0 - info.region.offset) % block > info.region.size - block) {
      block /= 2;
    }
    return block;
  }
};

// The bump allocator finds room when it is empty.
template <>
struct Promise<BumpAllocator> {
  static bool must_find(SuballocatorCreateInfo const&, NaiveModel const& model, Request const& request) {
    return model.pieces().empty() && model.has_room(request.size, request.alignment, request.tiling);
  }

  static std::uint64_t largest(SuballocatorCreateInfo const& info) { return info.region.size; }
};

}  // namespace ashlar::test
