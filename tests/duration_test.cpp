#include <ashlar/duration.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>

#include "support/catch.hpp"

namespace ashlar::detail {
namespace {

using namespace std::chrono_literals;

template <class Rep, class Period>
using Length = std::chrono::duration<Rep, Period>;

/// A user's own: nothing of std in it.
struct Frames {
  struct period {
    static constexpr long num = 1;
    static constexpr long den = 60;
  };
  int frames;
  [[nodiscard]] constexpr int count() const { return frames; }
};

constexpr std::int64_t nanoseconds(auto duration) { return Wait::at_most(duration).nanoseconds; }

static_assert(Duration<std::chrono::nanoseconds>);
static_assert(Duration<std::chrono::years>);
static_assert(Duration<Length<float, std::ratio<1, 3>>>);
static_assert(Duration<Frames>);
static_assert(!Duration<int>);
static_assert(!Duration<double>);
static_assert(!Duration<std::chrono::steady_clock::time_point>);

static_assert(nanoseconds(1s) == 1'000'000'000, "usable in constant expressions");

}  // namespace

TEST_CASE("a wait is a duration in nanoseconds", "[duration]") {
  CHECK(nanoseconds(1ns) == 1);
  CHECK(nanoseconds(7us) == 7'000);
  CHECK(nanoseconds(13ms) == 13'000'000);
  CHECK(nanoseconds(90s) == 90'000'000'000);
  CHECK(nanoseconds(2min) == 120'000'000'000);
  CHECK(nanoseconds(1h) == 3'600'000'000'000);
  CHECK(nanoseconds(std::chrono::days{100}) == 8'640'000'000'000'000);
  CHECK(nanoseconds(std::chrono::nanoseconds{(std::int64_t{1} << 53) - 1}) == (std::int64_t{1} << 53) - 1);
  CHECK(nanoseconds(Length<int, std::ratio<1, 3>>{3}) == 1'000'000'000);
  CHECK(nanoseconds(Frames{60}) == 1'000'000'000);
  CHECK(nanoseconds(Length<unsigned char, std::ratio<1>>{200}) == 200'000'000'000);
}

TEST_CASE("a part of a nanosecond is rounded up", "[duration]") {
  CHECK(nanoseconds(Length<int, std::pico>{1}) == 1);
  CHECK(nanoseconds(Length<int, std::pico>{5'000}) == 5);
  CHECK(nanoseconds(Length<int, std::pico>{5'001}) == 6);
  CHECK(nanoseconds(Frames{1}) == 16'666'667);
  CHECK(nanoseconds(Length<double, std::nano>{0.25}) == 1);
  CHECK(nanoseconds(Length<double, std::nano>{2.5}) == 3);
}

TEST_CASE("floating durations count", "[duration]") {
  CHECK(nanoseconds(Length<double, std::ratio<1>>{1.5}) == 1'500'000'000);
  CHECK(nanoseconds(Length<float, std::milli>{0.5F}) == 500'000);
  CHECK(nanoseconds(Length<long double, std::micro>{2.0L}) == 2'000);
}

TEST_CASE("no length of time is no wait", "[duration]") {
  CHECK(Wait{} == Wait::not_at_all());
  CHECK(Wait::at_most(0ns) == Wait::not_at_all());
  CHECK(Wait::at_most(-1ns) == Wait::not_at_all());
  CHECK(Wait::at_most(std::chrono::years{-5}) == Wait::not_at_all());
  CHECK(Wait::at_most(std::chrono::nanoseconds{std::numeric_limits<std::int64_t>::min()}) == Wait::not_at_all());
  CHECK(Wait::at_most(Length<double, std::ratio<1>>{-std::numeric_limits<double>::infinity()}) == Wait::not_at_all());
  CHECK(Wait::at_most(Length<double, std::ratio<1>>{std::numeric_limits<double>::quiet_NaN()}) == Wait::not_at_all());
}

TEST_CASE("a longer time than can be counted is for ever", "[duration]") {
  CHECK(Wait::at_most(std::chrono::nanoseconds{std::numeric_limits<std::int64_t>::max()}) == Wait::forever());
  CHECK(Wait::at_most(std::chrono::years{293}) == Wait::forever());
  CHECK(Wait::at_most(std::chrono::hours{std::numeric_limits<std::int64_t>::max()}) == Wait::forever());
  CHECK(Wait::at_most(Length<double, std::ratio<1>>{std::numeric_limits<double>::infinity()}) == Wait::forever());
  CHECK(Wait::at_most(Length<double, std::exa>{std::numeric_limits<double>::max()}) == Wait::forever());
  CHECK_FALSE(Wait::at_most(std::chrono::years{292}) == Wait::forever());
}

}  // namespace ashlar::detail
