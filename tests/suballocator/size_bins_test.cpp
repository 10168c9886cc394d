#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "suballocator/size_bins.hpp"
#include "suballocator/split_mix_64.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

constexpr std::uint64_t most = 0xFFFF'FFFF;

/// By the definition: the position of the highest bit, and the five bits behind it.
Bin naive_bin(std::uint64_t size) {
  Bin exponent = 0;
  while (size >> exponent > 1) {
    ++exponent;
  }
  return exponent * 32 + static_cast<Bin>(((size << 5) >> exponent) - 32);
}

/// Around each border of bins, and any others.
std::vector<std::uint64_t> sizes() {
  SplitMix64 random{1};
  std::vector<std::uint64_t> result{most};
  for (std::uint64_t exponent = 0; exponent != 32; ++exponent) {
    for (std::uint64_t mantissa = 32; mantissa != 64; ++mantissa) {
      std::uint64_t const border = (mantissa << exponent) >> 5;
      result.insert(result.end(), {std::max<std::uint64_t>(border, 2) - 1, border, border + 1});
      result.push_back(random.of_any_length(32));
    }
  }
  result.erase(std::remove_if(result.begin(), result.end(), [](auto size) { return size == 0 || size > most; }),
               result.end());
  return result;
}

}  // namespace

TEST_CASE("a size's bin is its highest bit and the five behind it", "[free_list]") {
  for (std::uint64_t const size : sizes()) {
    CAPTURE(size);
    REQUIRE(floor_bin(size) == naive_bin(size));
    REQUIRE(floor_bin(size) < bin_count);
  }
}

TEST_CASE("from bin_above on all sizes are larger, and before it not all", "[free_list]") {
  for (std::uint64_t const size : sizes()) {
    CAPTURE(size);
    Bin const above = bin_above(size);
    REQUIRE(above == naive_bin(size) + 1);
    REQUIRE(floor_bin(size) < above);
  }
  CHECK(bin_above(most + 1) == bin_count);
  CHECK(bin_above(~std::uint64_t{0}) == bin_count);
}

TEST_CASE("a set of bins finds the next one as a set of numbers does", "[free_list]") {
  SplitMix64 random{2};
  std::uint32_t const crowd = GENERATE(2U, 40U, 900U);
  BinSet bins;
  std::set<Bin> naive;
  for (int step = 0; step != 3000; ++step) {
    Bin const bin = random.below(bin_count);
    if (naive.size() < crowd && random.below(3) != 0) {
      bins.insert(bin);
      naive.insert(bin);
    } else {
      Bin const erased = naive.empty() || random.below(4) == 0 ? bin : *naive.begin();
      bins.erase(erased);
      naive.erase(erased);
    }
    for (Bin const from : {Bin{random.below(bin_count)}, bin, Bin{0}, bin_count - 1, bin_count}) {
      auto const next = naive.lower_bound(from);
      REQUIRE(bins.first_from(from) == (next == naive.end() ? bin_count : *next));
      for (Bin i = 0; i != 33; ++i) {
        REQUIRE((bins.window(from) >> i & 1) == naive.count(from + i));
      }
    }
  }
}

}  // namespace ashlar::test
