#pragma once

#include <cstdint>

namespace ashlar::detail {

/// A length of time by its shape, so that std::chrono's durations fit and its header stays out.
template <class D>
concept Duration = requires(D const& duration) {
  static_cast<double>(duration.count());
  static_cast<std::int64_t>(D::period::num);
  static_cast<std::int64_t>(D::period::den);
};

/// The longest that a request may wait.
struct Wait {
  std::int64_t nanoseconds = 0;  ///< Never negative.

  [[nodiscard]] static constexpr Wait not_at_all() noexcept { return {}; }

  /// 292 years.
  [[nodiscard]] static constexpr Wait forever() noexcept { return {INT64_MAX}; }

  /// `duration`, rounded up to a nanosecond: not at all if it is negative or NaN, forever if it is longer than that.
  ///
  /// Exact up to 2^53 nanoseconds, a hundred days; within 1e-15 of it beyond.
  template <Duration D>
  [[nodiscard]] static constexpr Wait at_most(D const& duration) noexcept {
    constexpr std::int64_t per_second = 1'000'000'000;
    constexpr std::int64_t den = D::period::den;
    double const count = static_cast<double>(duration.count()) * static_cast<double>(D::period::num);
    if constexpr (per_second % den == 0) {
      constexpr std::int64_t factor = per_second / den;
      return rounded_up(count * static_cast<double>(factor));
    } else {
      return rounded_up(count * static_cast<double>(per_second) / static_cast<double>(den));
    }
  }

  [[nodiscard]] friend constexpr bool operator==(Wait, Wait) noexcept = default;

 private:
  static constexpr Wait rounded_up(double nanoseconds) noexcept {
    if (!(nanoseconds > 0)) {
      return not_at_all();
    }
    if (nanoseconds >= static_cast<double>(INT64_MAX)) {
      return forever();
    }
    auto const floor = static_cast<std::int64_t>(nanoseconds);
    return {static_cast<double>(floor) < nanoseconds ? floor + 1 : floor};
  }
};

}  // namespace ashlar::detail
