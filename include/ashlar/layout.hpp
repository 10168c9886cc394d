#pragma once

#include <cstdint>

/// \file
/// Arithmetic on sizes and alignments, in bytes. Nothing here knows Vulkan.

namespace ashlar {

[[nodiscard]] constexpr bool is_power_of_two(std::uint64_t value) noexcept {
  return value != 0 && (value & (value - 1)) == 0;
}

/// \pre `alignment` is a power of two.
[[nodiscard]] constexpr std::uint64_t align_down(std::uint64_t value, std::uint64_t alignment) noexcept {
  return value & ~(alignment - 1);
}

/// \pre `alignment` is a power of two, and the result fits in 64 bits.
[[nodiscard]] constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) noexcept {
  return align_down(value + (alignment - 1), alignment);
}

/// Bytes from `offset` on.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;

  [[nodiscard]] constexpr std::uint64_t end() const noexcept { return offset + size; }

  /// Whether the two share a byte; an empty range shares none.
  [[nodiscard]] constexpr bool overlaps(ByteRange other) const noexcept {
    return size != 0 && other.size != 0 && offset < other.end() && other.offset < end();
  }

  [[nodiscard]] constexpr bool contains(ByteRange other) const noexcept {
    return offset <= other.offset && other.end() <= end();
  }

  /// The smallest range that covers both.
  [[nodiscard]] constexpr ByteRange hull(ByteRange other) const noexcept {
    std::uint64_t const begin = offset < other.offset ? offset : other.offset;
    return {begin, (end() < other.end() ? other.end() : end()) - begin};
  }

  /// The smallest range of whole units of `alignment` that covers this one.
  /// \pre `alignment` is a power of two.
  [[nodiscard]] constexpr ByteRange widened(std::uint64_t alignment) const noexcept {
    std::uint64_t const begin = align_down(offset, alignment);
    return {begin, align_up(end(), alignment) - begin};
  }

  [[nodiscard]] friend constexpr bool operator==(ByteRange, ByteRange) noexcept = default;
};

}  // namespace ashlar
