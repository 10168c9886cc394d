#include <ashlar/buffer/input_range.hpp>

#include "support/catch.hpp"

#include <array>
#include <cstdint>
#include <forward_list>
#include <list>
#include <ranges>
#include <set>
#include <sstream>
#include <type_traits>
#include <vector>

namespace {

using ashlar::detail::Collected;
using ashlar::detail::range_size;
using ashlar::detail::RangeElement;
using ashlar::detail::SizedRange;

using Odd = decltype(std::views::iota(0, 10) | std::views::filter([](int i) { return i % 2 == 1; }));
using Squares = decltype(std::views::iota(0, 10) | std::views::transform([](int i) { return std::int64_t{i} * i; }));
using Words = std::ranges::istream_view<int>;

static_assert(std::is_same_v<RangeElement<std::vector<float>>, float>);
static_assert(std::is_same_v<RangeElement<std::vector<float> const>, float>);
static_assert(std::is_same_v<RangeElement<int[3]>, int>);
static_assert(std::is_same_v<RangeElement<Squares>, std::int64_t>);
static_assert(std::is_same_v<RangeElement<Words>, int>);

static_assert(SizedRange<std::vector<int>> && SizedRange<std::list<int> const> && SizedRange<int[3]>);
static_assert(SizedRange<std::set<int>> && SizedRange<Squares>);
static_assert(!SizedRange<Odd> && !SizedRange<Words> && !SizedRange<std::forward_list<int>>);

struct PointerPair {
  int const* first;
  int const* last;
  [[nodiscard]] int const* begin() const { return first; }
  [[nodiscard]] int const* end() const { return last; }
};
static_assert(SizedRange<PointerPair>);

}  // namespace

TEST_CASE("a range's size is found by size(), by the distance of its ends, or by its type") {
  std::list<int> const list{1, 2, 3};
  int const array[5] = {};
  CHECK(range_size(list) == 3);
  CHECK(range_size(array) == 5);
  PointerPair const pair{array, array + 4};
  CHECK(range_size(pair) == 4);
}

TEST_CASE("what is collected keeps its order across growth") {
  Collected<std::array<std::uint8_t, 3>> collected;
  CHECK(collected.size() == 0);
  for (int i = 0; i < 1000; ++i) {
    collected.push_back({static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i / 256), 7});
  }
  REQUIRE(collected.size() == 1000);
  for (std::size_t i = 0; i < 1000; ++i) {
    REQUIRE(collected.data()[i] ==
            std::array<std::uint8_t, 3>{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i / 256), 7});
  }
}

TEST_CASE("over-aligned elements are collected at aligned addresses") {
  struct alignas(128) Wide {
    int value;
  };
  Collected<Wide> collected;
  collected.push_back({4});
  CHECK(reinterpret_cast<std::uintptr_t>(collected.data()) % 128 == 0);
  CHECK(collected.data()[0].value == 4);
}
