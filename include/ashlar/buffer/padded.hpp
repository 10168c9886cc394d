#pragma once

#include <ashlar/buffer/buffer_contents.hpp>
#include <ashlar/buffer/shader_layout.hpp>

#include <cstddef>

namespace ashlar {

/// A `T` with `N` bytes behind it that nobody looks at, so that elements of an array lie as far apart as a shader wants
/// them: `Padded<float, 12> weights[4]` is `float weights[4]` in std140. Shaders see a `T`.
template <BufferContents T, std::size_t N>
struct Padded {
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

}  // namespace ashlar
