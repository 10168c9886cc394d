#include <ashlar/array_view.hpp>

#include <array>
#include <numeric>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

namespace {

using ashlar::ArrayView;

int sum(ArrayView<int> view) { return std::accumulate(view.begin(), view.end(), 0); }

}  // namespace

TEST_CASE("an array view takes a braced list, an array and any contiguous container", "[array_view]") {
  int const array[] = {1, 2, 3};
  std::vector<int> const vector{4, 5};
  CHECK(sum({}) == 0);
  CHECK(sum({7}) == 7);
  CHECK(sum({7, 8, 9}) == 24);
  CHECK(sum(array) == 6);
  CHECK(sum(vector) == 9);
  CHECK(sum(std::array{6, 7}) == 13);
  CHECK(sum(std::span{vector}) == 9);
  CHECK(sum({array, 2}) == 3);
}

TEST_CASE("an array view refuses elements of another type", "[array_view]") {
  STATIC_REQUIRE_FALSE(std::is_convertible_v<std::vector<double>, ArrayView<int>>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<std::string, ArrayView<int>>);
  STATIC_REQUIRE(std::is_convertible_v<std::vector<int>, ArrayView<int>>);
}

TEST_CASE("an array view is a window on its elements", "[array_view]") {
  std::vector<int> vector{1, 2, 3};
  ArrayView<int> const view = vector;
  vector[1] = 20;
  CHECK(view.size() == 3);
  CHECK_FALSE(view.empty());
  CHECK(view.data() == vector.data());
  CHECK(view[1] == 20);
  CHECK(view.end() - view.begin() == 3);
}

TEST_CASE("an array view without elements is empty", "[array_view]") {
  CHECK(ArrayView<int>{}.empty());
  CHECK(ArrayView<int>{}.begin() == ArrayView<int>{}.end());
  CHECK(ArrayView<int>{std::vector<int>{}}.empty());
}

TEST_CASE("an array view works at compile time", "[array_view]") {
  static constexpr int array[] = {1, 2};
  constexpr ArrayView<int> view = array;
  STATIC_REQUIRE(view.size() == 2);
  STATIC_REQUIRE(view[1] == 2);
}
