#include <ashlar/layout.hpp>

#include <cstdint>
#include <limits>

#include "support/catch.hpp"

namespace {

using ashlar::ByteRange;

constexpr std::uint64_t top_bit = std::uint64_t{1} << 63;

}  // namespace

TEST_CASE("powers of two", "[layout]") {
  CHECK(ashlar::is_power_of_two(1));
  CHECK(ashlar::is_power_of_two(2));
  CHECK(ashlar::is_power_of_two(4096));
  CHECK(ashlar::is_power_of_two(top_bit));
  CHECK_FALSE(ashlar::is_power_of_two(0));
  CHECK_FALSE(ashlar::is_power_of_two(3));
  CHECK_FALSE(ashlar::is_power_of_two(top_bit + 1));
}

TEST_CASE("aligning goes to the multiple below or above", "[layout]") {
  CHECK(ashlar::align_down(0, 16) == 0);
  CHECK(ashlar::align_down(15, 16) == 0);
  CHECK(ashlar::align_down(16, 16) == 16);
  CHECK(ashlar::align_up(0, 16) == 0);
  CHECK(ashlar::align_up(1, 16) == 16);
  CHECK(ashlar::align_up(16, 16) == 16);
  CHECK(ashlar::align_up(17, 16) == 32);
  CHECK(ashlar::align_up(5, 1) == 5);
  CHECK(ashlar::align_up(top_bit - 1, top_bit) == top_bit);
  CHECK(ashlar::align_down(std::numeric_limits<std::uint64_t>::max(), top_bit) == top_bit);
}

TEST_CASE("ranges overlap where they share a byte", "[layout]") {
  constexpr ByteRange range{10, 10};
  CHECK(range.end() == 20);
  CHECK(range.overlaps(range));
  CHECK(range.overlaps({19, 1}));
  CHECK(range.overlaps({0, 11}));
  CHECK(range.overlaps({0, 100}));
  CHECK(range.overlaps({15, 1}));
  CHECK_FALSE(range.overlaps({20, 5}));
  CHECK_FALSE(range.overlaps({5, 5}));
  CHECK_FALSE(range.overlaps({15, 0}));
  CHECK_FALSE((ByteRange{15, 0}.overlaps(range)));
}

TEST_CASE("a range contains what lies within it", "[layout]") {
  constexpr ByteRange range{10, 10};
  CHECK(range.contains(range));
  CHECK(range.contains({12, 3}));
  CHECK(range.contains({20, 0}));
  CHECK_FALSE(range.contains({9, 2}));
  CHECK_FALSE(range.contains({19, 2}));
  CHECK_FALSE(range.contains({0, 100}));
}

TEST_CASE("a range widens to whole units", "[layout]") {
  CHECK(ByteRange{10, 10}.widened(64) == ByteRange{0, 64});
  CHECK(ByteRange{64, 64}.widened(64) == ByteRange{64, 64});
  CHECK(ByteRange{63, 2}.widened(64) == ByteRange{0, 128});
  CHECK(ByteRange{10, 10}.widened(1) == ByteRange{10, 10});
  CHECK(ByteRange{10, 0}.widened(64) == ByteRange{0, 64});
  CHECK(ByteRange{128, 0}.widened(64) == ByteRange{128, 0});
}
