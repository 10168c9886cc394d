#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "suballocator/free_list.hpp"
#include "suballocator/modelled_regions.hpp"
#include "suballocator/split_mix_64.hpp"
#include "support/catch.hpp"

// What divides a memory type's blocks: a free list of several regions.

namespace ashlar::test {
namespace {

using detail::FreeList;
using enum FreeList::Search;
using enum ResourceTiling;

FreeList::Search any_search() { return GENERATE(First, Lowest, LowestOfMany); }

FreeList::Handle allocate(FreeList& list, std::uint32_t size, ResourceTiling tiling = Linear,
                          std::uint64_t alignment = 1) {
  return list.allocate(size, alignment - 1, tiling);
}

std::uint32_t offset_of(FreeList const& list, FreeList::Handle piece) {
  REQUIRE(piece != 0);
  return list.offset(piece);
}

/// Requires that nothing is wrong.
void require_right(char const* wrong) {
  INFO((wrong == nullptr ? "" : wrong));
  REQUIRE(wrong == nullptr);
}

class Course {
 public:
  Course(ModelledRegions& regions, std::uint64_t granularity, std::uint64_t seed)
      : regions_{regions}, granularity_{granularity}, random_{seed} {}

  /// `growth`: of a hundred steps with pieces so many allocate. The tilings are 0 and 1, or either.
  void step(std::uint32_t growth, std::uint32_t tilings) {
    if (random_.below(40) == 0) {
      add_region();
    } else if (random_.below(40) == 0) {
      remove_an_empty_region();
    } else if (regions_.piece_count() == 0 || random_.below(100) < growth) {
      std::uint32_t const tiling = tilings == 2 ? random_.below(2) : tilings;
      bool served = false;
      require_right(regions_.allocate({.size = random_.of_any_length(10),
                                       .alignment = std::uint64_t{1} << random_.below(8),
                                       .tiling = static_cast<ResourceTiling>(tiling)},
                                      served));
      ++(served ? served_ : refused_);
    } else {
      require_right(regions_.deallocate(random_.below(static_cast<std::uint32_t>(regions_.piece_count()))));
    }
  }

  void free_all() {
    while (regions_.piece_count() != 0) {
      require_right(regions_.deallocate(random_.below(static_cast<std::uint32_t>(regions_.piece_count()))));
    }
  }

  void remove_all() {
    while (regions_.region_count() != 0) {
      REQUIRE(remove_an_empty_region());
    }
  }

  [[nodiscard]] int served() const { return served_; }
  [[nodiscard]] int refused() const { return refused_; }
  [[nodiscard]] int removed() const { return removed_; }

 private:
  void add_region() {
    std::uint64_t const offset = random_.below(16) * align_up(4096, granularity_);
    std::uint64_t const size = random_.of_any_length(12);
    if (regions_.region_count() < 8 && regions_.may_add(offset, size)) {
      require_right(regions_.add(offset, size));
    }
  }

  bool remove_an_empty_region() {
    for (std::size_t region = 0; region < regions_.region_count(); ++region) {
      if (regions_.is_empty(region)) {
        require_right(regions_.remove(region));
        ++removed_;
        return true;
      }
    }
    return false;
  }

  ModelledRegions& regions_;
  std::uint64_t granularity_;
  SplitMix64 random_;
  int served_ = 0;
  int refused_ = 0;
  int removed_ = 0;
};

}  // namespace

TEST_CASE("Random requests to a free list of regions that come and go", "[free_list]") {
  FreeList::Search const search = any_search();
  std::uint64_t const granularity = GENERATE(1U, 4U, 64U, 8192U);
  std::uint64_t const origin = GENERATE(0U, 12'345U);
  CAPTURE(static_cast<int>(search), granularity, origin);
  ModelledRegions regions{granularity, origin, search};
  Course course{regions, granularity, granularity + origin};
  for (std::uint32_t round = 0; round != 16; ++round) {
    // Now it fills up, now it empties; now one tiling comes, now the other, now both.
    for (int step = 0; step != 400; ++step) {
      course.step(round % 2 == 0 ? 70 : 35, round / 2 % 4 == 3 ? 1 : round / 2 % 4);
    }
    if (round % 4 == 3) {
      course.free_all();
    }
  }
  CHECK(course.served() > 1000);
  CHECK(course.refused() > 100);
  CHECK(course.removed() > 10);
  course.free_all();
  course.remove_all();
  CHECK(regions.list().free() == 0);
  CHECK(allocate(regions.list(), 1) == 0);
}

TEST_CASE("A list without a region has no room", "[free_list]") {
  FreeList list{1, 0, any_search()};
  CHECK(allocate(list, 1) == 0);
  CHECK(allocate(list, 0xFFFF'FFFF, Optimal, 16) == 0);
  list.remove_region(list.add_region(7, 100));
  CHECK(list.free() == 0);
  CHECK(allocate(list, 1) == 0);
}

TEST_CASE("Regions that lie side by side stay two", "[free_list]") {
  FreeList list{1, 0, any_search()};
  static_cast<void>(list.add_region(0, 100));
  static_cast<void>(list.add_region(100, 100));
  CHECK(allocate(list, 101) == 0);
  std::vector<FreeList::Handle> pieces;
  for (std::uint32_t i = 0; i != 4; ++i) {
    pieces.push_back(allocate(list, 50));
    REQUIRE(pieces.back() != 0);
  }
  CHECK(allocate(list, 1) == 0);
  for (FreeList::Handle const piece : pieces) {
    static_cast<void>(list.deallocate(piece));
  }
  CHECK(allocate(list, 101) == 0);
  CHECK(allocate(list, 100) != 0);
  CHECK(allocate(list, 100) != 0);
}

TEST_CASE("What a removed region had is not given out until it comes again", "[free_list]") {
  FreeList list{1, 0, any_search()};
  static_cast<void>(list.add_region(0, 64));
  static_cast<void>(list.add_region(1000, 64));
  FreeList::Handle const low = allocate(list, 64);
  REQUIRE(offset_of(list, low) == 0);
  REQUIRE(offset_of(list, allocate(list, 64)) == 1000);
  list.remove_region(list.deallocate(low));
  CHECK(list.free() == 0);
  CHECK(allocate(list, 1) == 0);
  static_cast<void>(list.add_region(0, 32));
  CHECK(offset_of(list, allocate(list, 32)) == 0);
  CHECK(allocate(list, 1) == 0);
}

TEST_CASE("The lower of two regions is filled first, so that the higher becomes empty", "[free_list]") {
  FreeList list{1, 0, any_search()};
  bool const low_first = GENERATE(true, false);
  static_cast<void>(list.add_region(low_first ? 0 : 5000, 1000));
  static_cast<void>(list.add_region(low_first ? 5000 : 0, 1000));
  for (std::uint32_t i = 0; i != 10; ++i) {
    CHECK(offset_of(list, allocate(list, 100)) == i * 100);
  }
  CHECK(offset_of(list, allocate(list, 100)) == 5000);
}

TEST_CASE("Small alignments round sizes up, and what they cost can be had where room is short", "[free_list]") {
  FreeList list{1, 0, any_search()};
  static_cast<void>(list.add_region(0, 47));
  FreeList::Handle const first = allocate(list, 5, Linear, 16);
  CHECK(offset_of(list, first) == 0);
  CHECK(list.size(first) == 16);
  FreeList::Handle const second = allocate(list, 17, Linear, 16);  // As 32 there is no room for it.
  CHECK(offset_of(list, second) == 16);
  CHECK(list.size(second) == 17);
  CHECK(allocate(list, 15, Linear, 16) == 0);  // From 33 to 47 there is nothing aligned.
  CHECK(offset_of(list, allocate(list, 14, Linear, 1)) == 33);
}

TEST_CASE("An alignment of more than 16 granules costs a piece no room behind it", "[free_list]") {
  FreeList list{1, 0, any_search()};
  static_cast<void>(list.add_region(0, 100));
  CHECK(offset_of(list, allocate(list, 5, Linear, 32)) == 0);
  FreeList::Handle const second = allocate(list, 5, Linear, 32);
  CHECK(offset_of(list, second) == 32);
  CHECK(list.size(second) == 5);
  CHECK(offset_of(list, allocate(list, 27)) == 5);
}

TEST_CASE("While one tiling has come granularity costs nothing, of which more than one is kept apart", "[free_list]") {
  FreeList list{64, 0, any_search()};
  auto const [one, other] = GENERATE(std::pair{Linear, Optimal}, std::pair{Optimal, Linear});
  static_cast<void>(list.add_region(0, 256));
  CHECK(offset_of(list, allocate(list, 10, one)) == 0);
  CHECK(offset_of(list, allocate(list, 10, one)) == 10);
  FreeList::Handle const third = allocate(list, 10, other);
  CHECK(offset_of(list, third) == 64);
  CHECK(offset_of(list, allocate(list, 44, one)) == 20);
  CHECK(offset_of(list, allocate(list, 54, other)) == 74);
  CHECK(offset_of(list, allocate(list, 10, one)) == 128);
}

TEST_CASE("A list of which all is free begins anew with either tiling", "[free_list]") {
  FreeList list{64, 0, First};
  auto const [one, other] = GENERATE(std::pair{Linear, Optimal}, std::pair{Optimal, Linear});
  static_cast<void>(list.add_region(0, 256));
  FreeList::Handle const first = allocate(list, 10, one);
  CHECK(list.takes_first(one));
  CHECK_FALSE(list.takes_first(other));
  static_cast<void>(list.deallocate(first));

  // The other comes alone; what the first knew is forgotten.
  CHECK(offset_of(list, allocate(list, 10, other)) == 0);
  CHECK(offset_of(list, allocate(list, 10, other)) == 10);
  CHECK(list.takes_first(other));
  CHECK_FALSE(list.takes_first(one));
  CHECK(offset_of(list, allocate(list, 10, one)) == 64);
  CHECK_FALSE(list.takes_first(other));
  CHECK(offset_of(list, allocate(list, 54, other)) == 128);  // From 20 on there is room for 44.
}

TEST_CASE("What was kept apart is forgotten when a region comes while there are no pieces", "[free_list]") {
  FreeList list{64, 0, First};
  static_cast<void>(list.add_region(0, 256));
  FreeList::Handle const first = allocate(list, 10, Linear);
  FreeList::Handle const second = allocate(list, 10, Optimal);
  REQUIRE_FALSE(list.takes_first(Linear));
  static_cast<void>(list.deallocate(first));
  static_cast<void>(list.add_region(256, 256));  // There is a piece still.
  static_cast<void>(list.deallocate(allocate(list, 10, Linear)));
  CHECK_FALSE(list.takes_first(Linear));
  static_cast<void>(list.deallocate(second));
  static_cast<void>(list.add_region(512, 256));
  CHECK(offset_of(list, allocate(list, 10, Linear)) == 0);
  CHECK(list.takes_first(Linear));
}

TEST_CASE("Optimal and linear pieces meet at the border of two regions", "[free_list]") {
  FreeList list{64, 0, any_search()};
  static_cast<void>(list.add_region(0, 100));  // Ends within a unit, of which the rest is nobody's.
  static_cast<void>(list.add_region(128, 100));
  CHECK(offset_of(list, allocate(list, 100, Linear)) == 0);
  CHECK(offset_of(list, allocate(list, 100, Optimal)) == 128);
  CHECK(list.free() == 0);
}

}  // namespace ashlar::test
