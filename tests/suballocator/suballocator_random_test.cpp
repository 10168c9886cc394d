#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/bump_allocator.hpp>
#include <ashlar/suballocator/free_list_allocator.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

#include "suballocator/min_memory_free_list.hpp"
#include "suballocator/naive_model.hpp"
#include "suballocator/split_mix_64.hpp"
#include "suballocator/suballocator_promises.hpp"
#include "support/catch.hpp"

// Long random sequences, each answer held against the naive model.

namespace ashlar::test {
namespace {

using enum ResourceTiling;

struct Course {
  std::uint64_t seed;
  int steps;
  unsigned size_bits;       // Sizes have 1 to that many bits.
  unsigned alignment_bits;  // Alignments too.
};

template <class S>
void run(SuballocatorCreateInfo const& info, Course const& course) {
  S suballocator{info};
  NaiveModel model{info};
  SplitMix64 random{course.seed};
  int refused = 0;

  for (int step = 0; step != course.steps; ++step) {
    // Now it fills up, now it empties.
    std::uint32_t const growth = step / 500 % 2 == 0 ? 70 : 35;
    if (model.pieces().empty() || random.below(100) < growth) {
      Request const request{.size = random.of_any_length(course.size_bits),
                            .alignment = std::uint64_t{1} << random.below(course.alignment_bits),
                            .tiling = random.below(2) == 0 ? Linear : Optimal};
      if (Suballocation const piece = suballocator.allocate(request.size, request.alignment, request.tiling)) {
        REQUIRE(model.accepts(piece, request.size, request.alignment, request.tiling));
        model.add(piece, request.tiling);
      } else {
        ++refused;
        REQUIRE_FALSE(Promise<S>::must_find(info, model, request));
      }
    } else {
      suballocator.deallocate(model.remove(random.below(static_cast<std::uint32_t>(model.pieces().size()))));
    }
    REQUIRE(suballocator.free_size() == model.free_size());
    REQUIRE(suballocator.empty() == model.pieces().empty());
  }
  CHECK(refused > 0);

  while (!model.pieces().empty()) {
    suballocator.deallocate(model.remove(random.below(static_cast<std::uint32_t>(model.pieces().size()))));
  }
  REQUIRE(suballocator.empty());
  CHECK(suballocator.free_size() == info.region.size);
  CHECK(suballocator.allocate(Promise<S>::largest(info), 1, Linear));
}

ByteRange any_small_region() {
  return GENERATE(ByteRange{0, 65'536}, ByteRange{4096, 40'000}, ByteRange{12'345, 54'321},
                  ByteRange{0 - std::uint64_t{50'001}, 50'001});
}

TEMPLATE_TEST_CASE("Random requests in a small region", "[suballocator]", FreeListAllocator, MinMemoryFreeList,
                   BuddyAllocator, BumpAllocator) {
  ByteRange const region = any_small_region();
  std::uint64_t const granularity = GENERATE(std::uint64_t{1}, std::uint64_t{64}, std::uint64_t{1024});
  CAPTURE(region.offset, region.size, granularity);
  run<TestType>({.region = region, .granularity = granularity},
                {.seed = 0x5EED + granularity, .steps = 4000, .size_bits = 14, .alignment_bits = 11});
}

TEMPLATE_TEST_CASE("Random requests to a free list of larger granules", "[suballocator]", FreeListAllocator,
                   MinMemoryFreeList) {
  ByteRange const region = any_small_region();
  std::uint64_t const granularity = GENERATE(std::uint64_t{1}, std::uint64_t{64}, std::uint64_t{1024});
  std::uint64_t const granule = GENERATE(std::uint64_t{16}, std::uint64_t{256});
  CAPTURE(region.offset, region.size, granularity, granule);
  run<TestType>({.region = region, .granularity = granularity, .granule = granule},
                {.seed = granule + granularity, .steps = 4000, .size_bits = 14, .alignment_bits = 11});
}

TEMPLATE_TEST_CASE("Random requests in a region with many pieces", "[suballocator]", FreeListAllocator,
                   MinMemoryFreeList, BuddyAllocator, BumpAllocator) {
  SuballocatorCreateInfo const info{.region = {100, 200'000}, .granularity = 256};
  run<TestType>(info, {.seed = 7, .steps = 12'000, .size_bits = 13, .alignment_bits = 9});
}

TEMPLATE_TEST_CASE("Random requests in a huge region", "[suballocator]", FreeListAllocator, MinMemoryFreeList,
                   BuddyAllocator, BumpAllocator) {
  ByteRange const region = GENERATE(ByteRange{std::uint64_t{1} << 40, std::uint64_t{1} << 63},
                                    ByteRange{1, 0 - std::uint64_t{1}}, ByteRange{12'345, std::uint64_t{1} << 42});
  SuballocatorCreateInfo const info{
      .region = region, .granularity = 65'536, .granule = std::bit_ceil(region.size >> 31)};
  CAPTURE(region.offset, region.size);
  run<TestType>(info, {.seed = 11, .steps = 4000, .size_bits = 62, .alignment_bits = 50});
}

}  // namespace
}  // namespace ashlar::test
