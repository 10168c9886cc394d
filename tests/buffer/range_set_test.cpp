#include "buffer/range_set.hpp"

#include <bitset>
#include <cstdint>
#include <random>
#include <vector>

#include "support/catch.hpp"

namespace ashlar::detail {
namespace {

using Ranges = std::vector<ByteRange>;

RangeSet set_of(Ranges const& ranges) {
  RangeSet set;
  for (ByteRange const range : ranges) {
    set.add(range);
  }
  return set;
}

}  // namespace

TEST_CASE("a range set joins what overlaps or touches", "[range_set]") {
  CHECK(set_of({{0, 4}, {8, 4}}).ranges() == Ranges{{0, 4}, {8, 4}});
  CHECK(set_of({{8, 4}, {0, 4}}).ranges() == Ranges{{0, 4}, {8, 4}});
  CHECK(set_of({{0, 4}, {4, 4}}).ranges() == Ranges{{0, 8}});
  CHECK(set_of({{4, 4}, {0, 4}}).ranges() == Ranges{{0, 8}});
  CHECK(set_of({{0, 6}, {4, 4}}).ranges() == Ranges{{0, 8}});
  CHECK(set_of({{0, 4}, {8, 4}, {16, 4}, {4, 12}}).ranges() == Ranges{{0, 20}});
  CHECK(set_of({{4, 4}, {0, 16}}).ranges() == Ranges{{0, 16}});
  CHECK(set_of({{0, 16}, {4, 4}}).ranges() == Ranges{{0, 16}});
  CHECK(set_of({{4, 0}}).empty());
  CHECK(RangeSet{ByteRange{4, 0}}.empty());
  CHECK(RangeSet{ByteRange{4, 2}}.ranges() == Ranges{{4, 2}});
}

TEST_CASE("a range set gives up what is subtracted", "[range_set]") {
  auto const without = [](Ranges const& ranges, ByteRange range) {
    RangeSet set = set_of(ranges);
    set.subtract(range);
    return set.ranges();
  };
  CHECK(without({{0, 12}}, {4, 4}) == Ranges{{0, 4}, {8, 4}});
  CHECK(without({{0, 12}}, {0, 4}) == Ranges{{4, 8}});
  CHECK(without({{0, 12}}, {8, 4}) == Ranges{{0, 8}});
  CHECK(without({{4, 4}}, {0, 12}).empty());
  CHECK(without({{0, 4}, {8, 4}, {16, 4}}, {2, 16}) == Ranges{{0, 2}, {18, 2}});
  CHECK(without({{0, 4}, {8, 4}}, {4, 4}) == Ranges{{0, 4}, {8, 4}});
  CHECK(without({{0, 4}}, {2, 0}) == Ranges{{0, 4}});
  CHECK(without({}, {0, 4}).empty());
}

TEST_CASE("a range set's part within a range", "[range_set]") {
  CHECK(set_of({{0, 4}, {8, 4}, {16, 4}}).intersection({2, 16}).ranges() == Ranges{{2, 2}, {8, 4}, {16, 2}});
  CHECK(set_of({{0, 4}, {8, 4}}).intersection({4, 4}).empty());
  CHECK(set_of({{0, 4}}).intersection({2, 0}).empty());
}

TEST_CASE("a range set equals a set of bytes", "[range_set]") {
  constexpr std::size_t bytes = 64;
  std::mt19937 random{2026};
  std::bitset<bytes> model;
  RangeSet set;
  for (int step = 0; step < 20'000; ++step) {
    std::uint64_t const offset = random() % bytes;
    ByteRange const range{offset, random() % (bytes - offset + 1)};
    bool const add = random() % 2 == 0;
    set.reserve(set.size() + 1);
    std::vector<ByteRange> const before = set.ranges();
    ByteRange const* const storage = set.ranges().data();
    add ? set.add(range) : set.subtract(range);
    REQUIRE(set.size() <= before.size() + 1);
    REQUIRE(set.ranges().data() == storage);
    for (std::uint64_t i = range.offset; i < range.end(); ++i) {
      model[i] = add;
    }
    std::bitset<bytes> covered;
    std::uint64_t end = 0;
    for (ByteRange const r : set.ranges()) {
      REQUIRE(r.size != 0);
      REQUIRE((end == 0 || r.offset > end));
      end = r.end();
      for (std::uint64_t i = r.offset; i < r.end(); ++i) {
        covered[i] = true;
      }
    }
    REQUIRE(covered == model);
  }
}

}  // namespace ashlar::detail
