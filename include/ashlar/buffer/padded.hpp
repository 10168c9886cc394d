#pragma once

#include <ashlar/buffer/buffer_contents.hpp>
#include <ashlar/buffer/shader_layout.hpp>
#include <ashlar/layout.hpp>

#include <cstddef>

namespace ashlar {

/// A `T` with `N` bytes behind it that nobody looks at, up to a multiple of 16 if nothing is said, so that elements of
/// an array lie as far apart as a shader wants them: `Padded<float> weights[4]` is `float weights[4]` in std140.
/// Shaders see a `T`.
template <BufferContents T, std::size_t N = align_up(sizeof(T), 16) - sizeof(T)>
struct Padded {
  static_assert(N > 0, "this type needs no padding");

  T value{};
  std::byte padding[N]{};

  constexpr Padded() noexcept = default;
  constexpr Padded(T const& its_value) noexcept : value{its_value} {}  // NOLINT(google-explicit-constructor)

  constexpr Padded& operator=(T const& its_value) noexcept {
    value = its_value;
    return *this;
  }

  constexpr operator T const&() const noexcept { return value; }  // NOLINT(google-explicit-constructor)

  [[nodiscard]] constexpr T& operator*() noexcept { return value; }
  [[nodiscard]] constexpr T const& operator*() const noexcept { return value; }
  [[nodiscard]] constexpr T* operator->() noexcept { return &value; }
  [[nodiscard]] constexpr T const* operator->() const noexcept { return &value; }
};

template <class T, std::size_t N>
inline constexpr auto enable_buffer_contents<Padded<T, N>> = detail::SeenAs<T>{};

/// A field of `N` bytes that shaders do not have: what C++ leaves free between two of theirs, or behind the last.
template <std::size_t N>
struct Padding {
  static_assert(N > 0, "padding has bytes");

  std::byte bytes[N]{};
};

template <std::size_t N>
inline constexpr auto enable_buffer_contents<Padding<N>> = detail::PaddingKind{};

}  // namespace ashlar
