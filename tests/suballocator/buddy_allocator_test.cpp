#include <ashlar/suballocator/buddy_allocator.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "suballocator/offset_of.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using enum ResourceTiling;

TEST_CASE("Buddy pieces are powers of two at multiples of their size", "[suballocator][buddy]") {
  BuddyAllocator buddies{SuballocatorCreateInfo{.region = {0, 4096}}};
  Suballocation const first = buddies.allocate(65, 1, Linear);
  CHECK(offset_of(first) == 0);
  CHECK(first.size == 128);
  Suballocation const second = buddies.allocate(1, 256, Linear);
  CHECK(offset_of(second) == 256);
  CHECK(second.size == 256);
  CHECK(offset_of(buddies.allocate(128, 1, Linear)) == 128);
  CHECK(buddies.free_size() == 4096 - 512);
}

TEST_CASE("Any region is covered to the byte", "[suballocator][buddy]") {
  ByteRange const region =
      GENERATE(ByteRange{0, 1000}, ByteRange{3, 997}, ByteRange{513, 1023}, ByteRange{0 - std::uint64_t{777}, 777});
  BuddyAllocator buddies{SuballocatorCreateInfo{.region = region}};
  std::set<std::uint64_t> positions;
  while (Suballocation const piece = buddies.allocate(1, 1, Linear)) {
    REQUIRE(piece.size == 1);
    positions.insert(piece.offset - region.offset);
  }
  CHECK(positions.size() == region.size);
  CHECK(*positions.rbegin() == region.size - 1);
  CHECK(buddies.free_size() == 0);
}

TEST_CASE("A request larger than the largest block has no room", "[suballocator][buddy]") {
  // The blocks are [1, 2), [2, 4), [4, 8) … [512, 1024), [1024, 1025).
  BuddyAllocator buddies{SuballocatorCreateInfo{.region = {1, 1024}}};
  CHECK_FALSE(buddies.allocate(513, 1, Linear));
  CHECK(offset_of(buddies.allocate(512, 1, Linear)) == 512);
  CHECK(offset_of(buddies.allocate(256, 1, Linear)) == 256);
  CHECK_FALSE(buddies.allocate(256, 1, Linear));
}

TEST_CASE("Merging takes the other half out of the middle of its list", "[suballocator][buddy]") {
  BuddyAllocator buddies{SuballocatorCreateInfo{.region = {0, 1024}}};
  std::vector<Suballocation> pieces;
  for (int count = 0; count != 16; ++count) {
    pieces.push_back(buddies.allocate(64, 64, Linear));
  }
  std::sort(pieces.begin(), pieces.end(), [](auto const& a, auto const& b) { return a.offset < b.offset; });

  // Lower halves first, so that they all hang in one list; then upper halves, so that each merge takes one from the
  // begin, the middle or the end of it.
  std::vector<std::size_t> const order =
      GENERATE(std::vector<std::size_t>{0, 2, 4, 6, 5, 3, 7, 1}, std::vector<std::size_t>{0, 2, 4, 6, 1, 7, 3, 5},
               std::vector<std::size_t>{6, 0, 4, 2, 1, 3, 5, 7}, std::vector<std::size_t>{6, 4, 2, 0, 7, 1, 5, 3});
  for (std::size_t const index : order) {
    buddies.deallocate(pieces[index]);
  }

  // The lower half of the region is free and whole: each of its bytes can be had once.
  std::set<std::uint64_t> offsets;
  for (int count = 0; count != 8; ++count) {
    Suballocation const piece = buddies.allocate(64, 64, Linear);
    REQUIRE(piece);
    CHECK(offset_of(piece) < 512);
    offsets.insert(piece.offset);
  }
  CHECK(offsets.size() == 8);
  CHECK_FALSE(buddies.allocate(1, 1, Linear));
}

TEST_CASE("A freed half that cannot merge stays to be had", "[suballocator][buddy]") {
  BuddyAllocator buddies{SuballocatorCreateInfo{.region = {0, 1024}}};
  Suballocation const small = buddies.allocate(64, 64, Linear);
  Suballocation const large = buddies.allocate(512, 512, Linear);
  CHECK(offset_of(buddies.allocate(256, 1, Linear)) == 256);
  CHECK(offset_of(buddies.allocate(128, 1, Linear)) == 128);
  CHECK(offset_of(buddies.allocate(64, 1, Linear)) == 64);
  CHECK(buddies.free_size() == 0);
  buddies.deallocate(large);
  buddies.deallocate(small);
  CHECK(offset_of(buddies.allocate(512, 1, Linear)) == 512);
  CHECK(offset_of(buddies.allocate(64, 1, Linear)) == 0);
}

TEST_CASE("Parts of a granularity unit serve one tiling until they have merged", "[suballocator][buddy]") {
  BuddyAllocator buddies{SuballocatorCreateInfo{.region = {0, 2048}, .granularity = 1024}};
  Suballocation const linear = buddies.allocate(100, 1, Linear);
  Suballocation const optimal = buddies.allocate(100, 1, Optimal);
  CHECK(offset_of(linear) / 1024 != offset_of(optimal) / 1024);

  // Small pieces of either tiling share that tiling's unit instead of taking a unit each.
  Suballocation const more_linear = buddies.allocate(512, 1, Linear);
  CHECK(offset_of(more_linear) / 1024 == offset_of(linear) / 1024);
  CHECK(offset_of(buddies.allocate(512, 1, Optimal)) / 1024 == offset_of(optimal) / 1024);
  CHECK_FALSE(buddies.allocate(512, 1, Linear));

  buddies.deallocate(linear);
  CHECK(offset_of(buddies.allocate(256, 1, Optimal)) / 1024 == offset_of(optimal) / 1024);
  buddies.deallocate(more_linear);
  CHECK(offset_of(buddies.allocate(1024, 1, Optimal)) == offset_of(linear));
}

TEST_CASE("Broken granularity units at the region's ends serve linear pieces", "[suballocator][buddy]") {
  BuddyAllocator buddies{SuballocatorCreateInfo{.region = {512, 2048}, .granularity = 1024}};
  CHECK(offset_of(buddies.allocate(1024, 1, Optimal)) == 1024);
  CHECK_FALSE(buddies.allocate(1, 1, Optimal));
  CHECK(buddies.allocate(512, 1, Linear));
  CHECK(buddies.allocate(512, 1, Linear));
  CHECK(buddies.free_size() == 0);
}

}  // namespace
}  // namespace ashlar::test
