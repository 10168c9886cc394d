#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/bump_allocator.hpp>
#include <ashlar/suballocator/free_list_allocator.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "suballocator/min_memory_free_list.hpp"
#include "suballocator/naive_model.hpp"
#include "suballocator/offset_of.hpp"
#include "support/catch.hpp"

// What every suballocator of the library must do, whatever its algorithm.

namespace ashlar::test {
namespace {

using enum ResourceTiling;

constexpr std::uint64_t top_of_range = ~std::uint64_t{0};
constexpr std::uint64_t half_range = std::uint64_t{1} << 63;
constexpr std::uint64_t KiB = 1024;
constexpr std::uint64_t TiB = KiB * KiB * KiB * KiB;

/// Allocates, and requires that the model accepts the answer.
template <class S>
Suballocation allocate(S& suballocator, NaiveModel& model, std::uint64_t size, std::uint64_t alignment,
                       ResourceTiling tiling = Linear) {
  Suballocation const piece = suballocator.allocate(size, alignment, tiling);
  if (piece) {
    REQUIRE(model.accepts(piece, size, alignment, tiling));
    model.add(piece, tiling);
  }
  REQUIRE(suballocator.free_size() == model.free_size());
  REQUIRE(suballocator.empty() == model.pieces().empty());
  return piece;
}

/// Bytes that pieces of that size take before there is no room.
template <class S>
std::uint64_t fill(S& suballocator, NaiveModel& model, std::uint64_t size, std::uint64_t alignment) {
  std::uint64_t filled = 0;
  while (Suballocation const piece = allocate(suballocator, model, size, alignment)) {
    filled += piece.size;
  }
  return filled;
}

template <class S>
void deallocate_all(S& suballocator, NaiveModel& model) {
  while (!model.pieces().empty()) {
    suballocator.deallocate(model.remove(0));
    REQUIRE(suballocator.free_size() == model.free_size());
  }
  REQUIRE(suballocator.empty());
}

TEMPLATE_TEST_CASE("A new suballocator is empty", "[suballocator]", FreeListAllocator, MinMemoryFreeList,
                   BuddyAllocator, BumpAllocator) {
  ByteRange const region = GENERATE(ByteRange{0, 64 * KiB}, ByteRange{12'345, 1'000'003}, ByteRange{7, 0},
                                    ByteRange{0, top_of_range}, ByteRange{top_of_range, 1});
  TestType const suballocator{SuballocatorCreateInfo{.region = region}};
  CHECK(suballocator.empty());
  CHECK(suballocator.free_size() == region.size);
}

TEMPLATE_TEST_CASE("The whole region can be given out, again and again", "[suballocator]", FreeListAllocator,
                   MinMemoryFreeList, BuddyAllocator, BumpAllocator) {
  ByteRange const region = GENERATE(ByteRange{0, 64 * KiB}, ByteRange{64 * KiB, 64 * KiB}, ByteRange{5, 1},
                                    ByteRange{top_of_range - 64 * KiB + 1, 64 * KiB}, ByteRange{top_of_range, 1},
                                    ByteRange{0, half_range}, ByteRange{32 * TiB, 32 * TiB});
  SuballocatorCreateInfo const info{.region = region};
  TestType suballocator{info};
  for (int round = 0; round != 3; ++round) {
    NaiveModel model{info};
    CHECK(allocate(suballocator, model, region.size, 1).size == region.size);
    CHECK_FALSE(allocate(suballocator, model, 1, 1));
    deallocate_all(suballocator, model);
  }
}

TEMPLATE_TEST_CASE("Equal pieces fill the region without a gap", "[suballocator]", FreeListAllocator, MinMemoryFreeList,
                   BuddyAllocator, BumpAllocator) {
  std::uint64_t const offset = GENERATE(std::uint64_t{0}, 192 * KiB, top_of_range - 64 * KiB + 1);
  SuballocatorCreateInfo const info{.region = {offset, 64 * KiB}};
  TestType suballocator{info};
  NaiveModel model{info};
  CHECK(fill(suballocator, model, 1 * KiB, 256) == 64 * KiB);
  CHECK(suballocator.free_size() == 0);
  deallocate_all(suballocator, model);
  CHECK(fill(suballocator, model, 64 * KiB, 1) == 64 * KiB);
}

TEMPLATE_TEST_CASE("An empty region has no room", "[suballocator]", FreeListAllocator, MinMemoryFreeList,
                   BuddyAllocator, BumpAllocator) {
  std::uint64_t const offset = GENERATE(std::uint64_t{0}, std::uint64_t{100}, top_of_range);
  TestType suballocator{SuballocatorCreateInfo{.region = {offset, 0}}};
  CHECK_FALSE(suballocator.allocate(1, 1, Linear));
  CHECK_FALSE(suballocator.allocate(top_of_range, 1, Linear));
}

TEMPLATE_TEST_CASE("Alignments count from offset 0", "[suballocator]", FreeListAllocator, MinMemoryFreeList,
                   BuddyAllocator, BumpAllocator) {
  std::uint64_t const offset = GENERATE(std::uint64_t{1}, std::uint64_t{1000}, top_of_range - 200'000);
  SuballocatorCreateInfo const info{.region = {offset, 200'000}};
  TestType suballocator{info};
  NaiveModel model{info};
  for (std::uint64_t alignment = 1; alignment <= 16 * KiB; alignment *= 2) {
    CHECK(allocate(suballocator, model, 24, alignment));
  }
  deallocate_all(suballocator, model);
}

TEMPLATE_TEST_CASE("A request that no region could hold finds no room and changes nothing", "[suballocator]",
                   FreeListAllocator, MinMemoryFreeList, BuddyAllocator, BumpAllocator) {
  ByteRange const region =
      GENERATE(ByteRange{1, 64 * KiB}, ByteRange{top_of_range - 64 * KiB + 1, 64 * KiB}, ByteRange{TiB, 2 * TiB});
  std::uint64_t const granularity = GENERATE(std::uint64_t{1}, 1 * KiB, half_range);
  SuballocatorCreateInfo const info{.region = region, .granularity = granularity};
  TestType suballocator{info};
  NaiveModel model{info};
  for (int before = 0; before != 2; ++before) {
    for (std::uint64_t const size : {region.size + 1, half_range, half_range + 1, top_of_range}) {
      CHECK_FALSE(allocate(suballocator, model, size, 1));
      CHECK_FALSE(allocate(suballocator, model, size, half_range, Optimal));
    }
    CHECK_FALSE(allocate(suballocator, model, 1, half_range));
    CHECK(allocate(suballocator, model, 1, 1));
  }
}

TEMPLATE_TEST_CASE("A region of nearly 2^64 bytes serves large pieces", "[suballocator]", FreeListAllocator,
                   MinMemoryFreeList, BuddyAllocator, BumpAllocator) {
  std::uint64_t const granularity = GENERATE(std::uint64_t{1}, 64 * KiB, half_range);
  SuballocatorCreateInfo const info{.region = {1, top_of_range}, .granularity = granularity};
  TestType suballocator{info};
  NaiveModel model{info};
  CHECK(allocate(suballocator, model, 1, 1));
  CHECK(allocate(suballocator, model, TiB, TiB));
  CHECK(allocate(suballocator, model, 1, 1));
  CHECK(allocate(suballocator, model, half_range / 2, half_range / 2));
  CHECK(allocate(suballocator, model, half_range / 4, 4));
  deallocate_all(suballocator, model);
  CHECK(allocate(suballocator, model, half_range, 1));
}

TEMPLATE_TEST_CASE("Tilings share no granularity unit with the neighbour before", "[suballocator]", FreeListAllocator,
                   MinMemoryFreeList, BuddyAllocator, BumpAllocator) {
  SuballocatorCreateInfo const info{.region = {0, 64 * KiB}, .granularity = 1 * KiB};
  TestType suballocator{info};
  NaiveModel model{info};
  for (int round = 0; round != 4; ++round) {
    CHECK(allocate(suballocator, model, 100, 4, Linear));
    CHECK(allocate(suballocator, model, 100, 4, Optimal));
  }
}

TEMPLATE_TEST_CASE("Tilings share no granularity unit with the neighbour behind", "[suballocator]", FreeListAllocator,
                   MinMemoryFreeList, BuddyAllocator, BumpAllocator) {
  SuballocatorCreateInfo const info{.region = {0, 64 * KiB}, .granularity = 1 * KiB};
  auto const [kept, other] = GENERATE(std::pair{Linear, Optimal}, std::pair{Optimal, Linear});
  TestType suballocator{info};
  NaiveModel model{info};
  REQUIRE(offset_of(allocate(suballocator, model, 512, 512, kept)) == 0);
  REQUIRE(offset_of(allocate(suballocator, model, 512, 512, kept)) == 512);
  suballocator.deallocate(model.remove(0));

  // The first half of the unit is free, and nothing lies before it.
  CHECK(allocate(suballocator, model, 512, 512, other));
}

TEMPLATE_TEST_CASE("Equal tilings share granularity units", "[suballocator]", FreeListAllocator, MinMemoryFreeList,
                   BuddyAllocator, BumpAllocator) {
  ResourceTiling const tiling = GENERATE(Linear, Optimal);
  SuballocatorCreateInfo const info{.region = {0, 64 * KiB}, .granularity = 16 * KiB};
  TestType suballocator{info};
  NaiveModel model{info};
  for (int count = 0; count != 64; ++count) {
    CHECK(allocate(suballocator, model, 1 * KiB, 1, tiling));
  }
}

TEMPLATE_TEST_CASE("A granularity larger than the region lets one tiling in", "[suballocator]", FreeListAllocator,
                   MinMemoryFreeList, BuddyAllocator, BumpAllocator) {
  std::uint64_t const granularity = GENERATE(128 * KiB, std::uint64_t{1} << 32, half_range);
  SuballocatorCreateInfo const info{.region = {0, 64 * KiB}, .granularity = granularity};
  TestType suballocator{info};
  NaiveModel model{info};
  CHECK(allocate(suballocator, model, 100, 4, Linear));
  CHECK_FALSE(allocate(suballocator, model, 100, 4, Optimal));
  CHECK(allocate(suballocator, model, 100, 4, Linear));
  CHECK_FALSE(allocate(suballocator, model, 1, 1, Optimal));
}

TEMPLATE_TEST_CASE("Whatever the order in which pieces come back, the region is whole again", "[suballocator]",
                   FreeListAllocator, MinMemoryFreeList, BuddyAllocator, BumpAllocator) {
  std::vector<std::size_t> const order = GENERATE(
      std::vector<std::size_t>{0, 1, 2, 3}, std::vector<std::size_t>{3, 2, 1, 0}, std::vector<std::size_t>{1, 3, 0, 2},
      std::vector<std::size_t>{0, 2, 1, 3}, std::vector<std::size_t>{2, 1, 3, 0}, std::vector<std::size_t>{3, 0, 1, 2});
  TestType suballocator{SuballocatorCreateInfo{.region = {0, 4 * KiB}}};
  std::vector<Suballocation> pieces;
  for (int count = 0; count != 4; ++count) {
    pieces.push_back(suballocator.allocate(1 * KiB, 1 * KiB, Linear));
    REQUIRE(pieces.back());
  }
  for (std::size_t const index : order) {
    CHECK_FALSE(suballocator.empty());
    suballocator.deallocate(pieces[index]);
  }
  CHECK(suballocator.empty());
  CHECK(suballocator.allocate(4 * KiB, 4 * KiB, Linear));
}

TEMPLATE_TEST_CASE("A suballocator can be moved with its pieces", "[suballocator]", FreeListAllocator,
                   MinMemoryFreeList, BuddyAllocator, BumpAllocator) {
  TestType first{SuballocatorCreateInfo{.region = {0, 4 * KiB}}};
  Suballocation const piece = first.allocate(1 * KiB, 1, Linear);
  TestType second{std::move(first)};
  CHECK(second.free_size() == 3 * KiB);

  TestType third{SuballocatorCreateInfo{.region = {0, 64}}};
  third = std::move(second);
  CHECK(third.free_size() == 3 * KiB);
  CHECK(offset_of(third.allocate(1 * KiB, 1, Linear)) == 1 * KiB);
  third.deallocate(piece);
  CHECK(third.free_size() == 3 * KiB);
}

}  // namespace
}  // namespace ashlar::test
