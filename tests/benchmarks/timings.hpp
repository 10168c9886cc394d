#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ashlar::bench {

using Clock = std::chrono::steady_clock;

/// What a case says, in the order in which it says it.
using Figures = nlohmann::ordered_json;

/// To so many decimals as mean something.
[[nodiscard]] inline double rounded(double value, int decimals = 2) {
  double const scale = std::pow(10.0, decimals);
  return std::round(value * scale) / scale;
}

[[nodiscard]] inline double minimum(std::vector<double> const& values) {
  return *std::min_element(values.begin(), values.end());
}

[[nodiscard]] inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  std::size_t const half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// Where passes begin and end: times one more than there are passes.
class PassTimes {
 public:
  explicit PassTimes(std::uint32_t passes) { times_.reserve(passes + 1); }

  void mark() noexcept { times_.push_back(Clock::now()); }

  /// Nanoseconds of one of `count` things done in each pass; of several passes the first does not count.
  [[nodiscard]] std::vector<double> nanoseconds_each(double count) const {
    std::vector<double> each;
    for (std::size_t i = times_.size() > 2 ? 2 : 1; i < times_.size(); ++i) {
      each.push_back(std::chrono::duration<double, std::nano>{times_[i] - times_[i - 1]}.count() / count);
    }
    return each;
  }

 private:
  std::vector<Clock::time_point> times_;
};

/// The least and the median of what the passes took.
inline void add_nanoseconds(Figures& figures, std::string const& what, std::vector<double> const& each) {
  figures[what + "_min"] = rounded(minimum(each));
  figures[what + "_median"] = rounded(median(each));
}

}  // namespace ashlar::bench
