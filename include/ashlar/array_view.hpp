#pragma once

#include <ashlar/export.hpp>

#include <concepts>
#include <cstddef>
#include <initializer_list>

namespace ashlar {

/// Elements that somebody else keeps: what an argument that takes "one, several, a braced list or a container"
/// is. Like std::span<T const>, which costs every includer 8,000 lines and takes no braces.
///
/// It does not own: a braced list lives until the end of the full expression that it is written in.
template <class T>
class ArrayView {
 public:
  constexpr ArrayView() noexcept = default;
  constexpr ArrayView(T const* data, std::size_t size) noexcept : data_{data}, size_{size} {}
  constexpr ArrayView(std::initializer_list<T> list ASHLAR_LIFETIMEBOUND) noexcept
      : data_{list.begin()}, size_{list.size()} {}

  template <std::size_t N>
  constexpr ArrayView(T const (&array)[N]) noexcept  // NOLINT(google-explicit-constructor)
      : data_{array}, size_{N} {}

  /// Any contiguous container: std::vector, std::array, std::span.
  template <class Container>
    requires requires(Container const& c) {
      { c.data() + c.size() } -> std::convertible_to<T const*>;
    }
  constexpr ArrayView(Container const& container) noexcept  // NOLINT(google-explicit-constructor)
      : data_{container.data()}, size_{container.size()} {}

  [[nodiscard]] constexpr T const* begin() const noexcept { return data_; }
  [[nodiscard]] constexpr T const* end() const noexcept { return data_ + size_; }
  [[nodiscard]] constexpr T const* data() const noexcept { return data_; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }

  /// \pre `index < size()`.
  [[nodiscard]] constexpr T const& operator[](std::size_t index) const noexcept { return data_[index]; }

 private:
  T const* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace ashlar
