#include <ashlar/suballocator/free_list_allocator.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "suballocator/min_memory_free_list.hpp"
#include "suballocator/offset_of.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using enum ResourceTiling;

/// A region filled to the last byte but for holes of the given sizes, each between two pieces of one byte.
template <class List>
List with_holes(std::vector<std::uint64_t> const& sizes) {
  std::uint64_t total = 1;
  for (std::uint64_t const size : sizes) {
    total += size + 1;
  }
  List list{SuballocatorCreateInfo{.region = {0, total}}};
  std::vector<Suballocation> holes;
  REQUIRE(list.allocate(1, 1, Linear));
  for (std::uint64_t const size : sizes) {
    holes.push_back(list.allocate(size, 1, Linear));
    REQUIRE(holes.back());
    REQUIRE(list.allocate(1, 1, Linear));
  }
  REQUIRE(list.free_size() == 0);
  for (Suballocation const& hole : holes) {
    list.deallocate(hole);
  }
  return list;
}

TEMPLATE_TEST_CASE("Pieces of a free list are whole granules at multiples of a granule", "[suballocator][free_list]",
                   FreeListAllocator, MinMemoryFreeList) {
  TestType list{SuballocatorCreateInfo{.region = {100, 1024}, .granule = 256}};
  Suballocation const first = list.allocate(1, 1, Linear);
  CHECK(offset_of(first) == 256);
  CHECK(first.size == 256);
  CHECK(list.free_size() == 768);

  Suballocation const second = list.allocate(257, 4, Linear);
  CHECK(offset_of(second) == 512);
  CHECK(second.size == 512);

  // What is left lies in front of the first granule and behind the last.
  CHECK_FALSE(list.allocate(1, 1, Linear));
  list.deallocate(first);
  list.deallocate(second);
  CHECK(list.allocate(768, 1, Linear));
}

TEMPLATE_TEST_CASE("A region without a whole granule has no room", "[suballocator][free_list]", FreeListAllocator,
                   MinMemoryFreeList) {
  ByteRange const region = GENERATE(ByteRange{100, 100}, ByteRange{0, 255}, ByteRange{1, 510},
                                    ByteRange{0 - std::uint64_t{100}, 100}, ByteRange{0 - std::uint64_t{511}, 255});
  TestType list{SuballocatorCreateInfo{.region = region, .granule = 256}};
  CHECK(list.empty());
  CHECK_FALSE(list.allocate(1, 1, Linear));
}

TEMPLATE_TEST_CASE("The granule is the smallest that makes less than 2^32 of the region", "[suballocator][free_list]",
                   FreeListAllocator, MinMemoryFreeList) {
  struct Row {
    std::uint64_t region_size;
    std::uint64_t wanted;
    std::uint64_t granule;
  };
  Row const row = GENERATE(Row{0xFFFF'FFFF, 0, 1}, Row{0x1'0000'0000, 0, 2}, Row{std::uint64_t{1} << 40, 0, 512},
                           Row{std::uint64_t{1} << 40, 16, 512}, Row{std::uint64_t{1} << 40, 4096, 4096},
                           Row{1024, 256, 256}, Row{std::uint64_t{1} << 63, 0, std::uint64_t{1} << 32},
                           Row{~std::uint64_t{0}, 0, std::uint64_t{1} << 32},
                           Row{std::uint64_t{1} << 63, std::uint64_t{1} << 63, std::uint64_t{1} << 63});
  TestType list{SuballocatorCreateInfo{.region = {0, row.region_size}, .granule = row.wanted}};
  CHECK(list.allocate(1, 1, Linear).size == row.granule);
}

TEMPLATE_TEST_CASE("The largest number of granules can be one piece", "[suballocator][free_list]", FreeListAllocator,
                   MinMemoryFreeList) {
  TestType list{SuballocatorCreateInfo{.region = {0, 0xFFFF'FFFF}}};
  Suballocation const all = list.allocate(0xFFFF'FFFF, 1, Linear);
  REQUIRE(all);
  list.deallocate(all);
  CHECK(list.allocate(0xFFFF'FFFE, 1, Linear));
  CHECK(list.allocate(1, 1, Linear));
}

TEMPLATE_TEST_CASE("A granularity of at most the granule keeps nothing apart", "[suballocator][free_list]",
                   FreeListAllocator, MinMemoryFreeList) {
  TestType list{SuballocatorCreateInfo{.region = {0, 1024}, .granularity = 256, .granule = 256}};
  CHECK(offset_of(list.allocate(1, 1, Linear)) == 0);
  CHECK(offset_of(list.allocate(1, 1, Optimal)) == 256);
  CHECK(offset_of(list.allocate(1, 1, Linear)) == 512);
  CHECK(offset_of(list.allocate(1, 1, Optimal)) == 768);
}

TEMPLATE_TEST_CASE("A free list trims a range against both neighbours of the other tiling", "[suballocator][free_list]",
                   FreeListAllocator, MinMemoryFreeList) {
  TestType list{SuballocatorCreateInfo{.region = {0, 4096}, .granularity = 1024}};
  REQUIRE(offset_of(list.allocate(100, 1, Linear)) == 0);
  Suballocation const between = list.allocate(2972, 1, Linear);
  REQUIRE(offset_of(between) == 100);
  REQUIRE(offset_of(list.allocate(1024, 1, Linear)) == 3072);
  list.deallocate(between);

  // The whole units between the two are [1024, 3072).
  CHECK_FALSE(list.allocate(2049, 1, Optimal));
  Suballocation const middle = list.allocate(2048, 1, Optimal);
  CHECK(offset_of(middle) == 1024);
  list.deallocate(middle);
  CHECK(offset_of(list.allocate(2972, 1, Linear)) == 100);
}

TEMPLATE_TEST_CASE("The neighbour behind counts when it begins in the middle of a unit", "[suballocator][free_list]",
                   FreeListAllocator, MinMemoryFreeList) {
  TestType list{SuballocatorCreateInfo{.region = {0, 4096}, .granularity = 1024}};
  Suballocation const first = list.allocate(1500, 1, Linear);
  REQUIRE(offset_of(list.allocate(2596, 1, Linear)) == 1500);
  list.deallocate(first);

  CHECK_FALSE(list.allocate(1025, 1, Optimal));
  CHECK(offset_of(list.allocate(1024, 1, Optimal)) == 0);
  CHECK(offset_of(list.allocate(476, 1, Linear)) == 1024);
}

TEMPLATE_TEST_CASE("The only free range serves all that fits into it, with alignment", "[suballocator][free_list]",
                   FreeListAllocator, MinMemoryFreeList) {
  TestType list{SuballocatorCreateInfo{.region = {0, 1100}}};
  REQUIRE(offset_of(list.allocate(300, 1, Linear)) == 0);
  Suballocation const hole = list.allocate(700, 1, Linear);
  REQUIRE(offset_of(list.allocate(100, 1, Linear)) == 1000);
  list.deallocate(hole);

  for (std::uint64_t alignment = 1; alignment <= 1024; alignment *= 2) {
    std::uint64_t const begin = align_up(300, alignment);
    for (std::uint64_t size = 1; size <= 701; ++size) {
      Suballocation const piece = list.allocate(size, alignment, Linear);
      CAPTURE(alignment, size);
      REQUIRE(static_cast<bool>(piece) == (begin + size <= 1000));
      if (piece) {
        REQUIRE(offset_of(piece) == begin);
        list.deallocate(piece);
      }
    }
  }
}

TEMPLATE_TEST_CASE("The largest alignment and granularity there are find the place that suits them",
                   "[suballocator][free_list]", FreeListAllocator, MinMemoryFreeList) {
  constexpr std::uint64_t half_range = std::uint64_t{1} << 63;
  TestType list{SuballocatorCreateInfo{.region = {0, 1000}, .granularity = half_range}};
  Suballocation const low = list.allocate(100, 1, Linear);
  REQUIRE(list.allocate(100, 1, Linear));
  Suballocation const high = list.allocate(60, 1, Linear);
  REQUIRE(list.allocate(740, 1, Linear));
  list.deallocate(low);
  list.deallocate(high);
  CHECK(offset_of(list.allocate(50, half_range, Linear)) == 0);
  CHECK_FALSE(list.allocate(50, half_range, Linear));
}

TEMPLATE_TEST_CASE("Every size of hole serves a request for all of it", "[suballocator][free_list]", FreeListAllocator,
                   MinMemoryFreeList) {
  for (std::uint64_t size = 1; size != 300; ++size) {
    TestType list = with_holes<TestType>({size});
    REQUIRE_FALSE(list.allocate(size + 1, 1, Linear));
    REQUIRE(offset_of(list.allocate(size, 1, Linear)) == 1);
  }
}

TEMPLATE_TEST_CASE("A range larger by 1/32 is found among any number of tighter ones", "[suballocator][free_list]",
                   FreeListAllocator, MinMemoryFreeList) {
  std::vector<std::uint64_t> sizes(1000, 1010);
  sizes.insert(sizes.begin() + 500, 1024 + 32);
  TestType list = with_holes<TestType>(sizes);
  CHECK(offset_of(list.allocate(1024, 1, Linear)) == 1 + 500 * 1011);
}

TEMPLATE_TEST_CASE("The only range that fits is found among 63 of its size class", "[suballocator][free_list]",
                   FreeListAllocator, MinMemoryFreeList) {
  // 1008 to 1023 are one class.
  auto const position = static_cast<std::size_t>(GENERATE(0, 1, 31, 62, 63));
  std::vector<std::uint64_t> sizes(63, 1010);
  sizes.insert(sizes.begin() + static_cast<std::ptrdiff_t>(position), 1020);
  TestType list = with_holes<TestType>(sizes);
  CHECK(offset_of(list.allocate(1015, 1, Linear)) == 1 + position * 1011);
}

TEMPLATE_TEST_CASE("Of two equal ranges the lower is taken", "[suballocator][free_list]", FreeListAllocator,
                   MinMemoryFreeList) {
  TestType list{SuballocatorCreateInfo{.region = {0, 500}}};
  std::vector<Suballocation> pieces;
  for (int count = 0; count != 5; ++count) {
    pieces.push_back(list.allocate(100, 1, Linear));
  }
  bool const lower_first = GENERATE(true, false);
  list.deallocate(pieces[lower_first ? 1 : 3]);
  list.deallocate(pieces[lower_first ? 3 : 1]);
  CHECK(offset_of(list.allocate(100, 1, Linear)) == 100);
  CHECK(offset_of(list.allocate(100, 1, Linear)) == 300);
}

TEMPLATE_TEST_CASE("A piece lies at the low end of its range, and what alignment skips stays free",
                   "[suballocator][free_list]", FreeListAllocator, MinMemoryFreeList) {
  TestType list{SuballocatorCreateInfo{.region = {0, 4096}}};
  REQUIRE(offset_of(list.allocate(10, 1, Linear)) == 0);
  CHECK(offset_of(list.allocate(1000, 1024, Linear)) == 1024);
  CHECK(offset_of(list.allocate(1014, 1, Linear)) == 10);
  CHECK(offset_of(list.allocate(2072, 1, Linear)) == 2024);
  CHECK(list.free_size() == 0);
}

TEMPLATE_TEST_CASE("The bookkeeping grows with the pieces, and they all merge again", "[suballocator][free_list]",
                   FreeListAllocator, MinMemoryFreeList) {
  constexpr std::uint64_t count = 20'000;
  TestType list{SuballocatorCreateInfo{.region = {0, count * 256}, .granule = 256}};
  std::vector<Suballocation> pieces;
  for (std::uint64_t index = 0; index != count; ++index) {
    pieces.push_back(list.allocate(256, 256, Linear));
    REQUIRE(offset_of(pieces.back()) == index * 256);
  }
  for (std::size_t first : {0U, 1U}) {
    for (std::size_t index = first; index < count; index += 2) {
      list.deallocate(pieces[index]);
    }
  }
  CHECK(list.empty());
  CHECK(list.allocate(count * 256, 1, Linear));
}

}  // namespace
}  // namespace ashlar::test
