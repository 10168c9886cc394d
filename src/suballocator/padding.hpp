#pragma once

#include <cstdint>

namespace ashlar {

/// Bytes from `offset` up to the next multiple of `alignment`, which may be 2^64 itself: unlike `align_up`, this cannot
/// overflow.
/// \pre `alignment` is a power of two.
[[nodiscard]] constexpr std::uint64_t padding(std::uint64_t offset, std::uint64_t alignment) noexcept {
  return (0 - offset) & (alignment - 1);
}

}  // namespace ashlar
