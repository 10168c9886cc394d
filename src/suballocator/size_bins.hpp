#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace ashlar {

/// A size class: the position of the highest bit, then the five bits behind it. As wide as an address, so that it costs
/// nothing to index by.
using Bin = std::size_t;

inline constexpr unsigned mantissa_bits = 5;
inline constexpr Bin bins_per_row = Bin{1} << mantissa_bits;
inline constexpr Bin row_count = 32;
inline constexpr Bin bin_count = row_count * bins_per_row;

/// The bin that a free range of that size is in: exponent and mantissa as a double has them.
/// \pre `size` is at least 1 and less than 2^32.
[[nodiscard]] constexpr Bin floor_bin(std::uint64_t size) noexcept {
  constexpr std::uint64_t bias = std::uint64_t{1023} << mantissa_bits;
  constexpr unsigned fraction_bits = 52;
  auto const bits = std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<std::int64_t>(size)));
  return static_cast<Bin>((bits >> (fraction_bits - mantissa_bits)) - bias);
}

/// The lowest bin from which on all free ranges are larger than `size`; bin_count if there is none.
/// \pre `size` is at least 1.
[[nodiscard]] constexpr Bin bin_above(std::uint64_t size) noexcept {
  return size <= std::numeric_limits<std::uint32_t>::max() ? floor_bin(size) + 1 : bin_count;
}

/// A set of bins that finds the next one upwards in constant time.
class BinSet {
 public:
  void insert(Bin bin) noexcept {
    rows_[bin / bins_per_row] |= 1U << bin % bins_per_row;
    used_rows_ |= std::uint64_t{1} << bin / bins_per_row;
  }

  void erase(Bin bin) noexcept {
    std::uint32_t& row = rows_[bin / bins_per_row];
    row &= ~(1U << bin % bins_per_row);
    if (row == 0) {
      used_rows_ &= ~(std::uint64_t{1} << bin / bins_per_row);
    }
  }

  /// The lowest bin in the set that is not below `bin`; bin_count if there is none.
  /// \pre `bin` is at most bin_count.
  [[nodiscard]] Bin first_from(Bin bin) const noexcept {
    Bin row = bin / bins_per_row;
    std::uint32_t const bins = rows_[row] >> bin % bins_per_row;
    if (bins != 0) {
      return bin + static_cast<Bin>(std::countr_zero(bins));
    }
    std::uint64_t const rows = used_rows_ >> row >> 1;
    if (rows == 0) {
      return bin_count;
    }
    row += 1 + static_cast<Bin>(std::countr_zero(rows));
    return row * bins_per_row + static_cast<Bin>(std::countr_zero(rows_[row]));
  }

  /// Bit i: bin + i is in the set, for the next 33 bins at least.
  /// \pre `bin` is at most bin_count.
  [[nodiscard]] std::uint64_t window(Bin bin) const noexcept {
    Bin const row = bin / bins_per_row;
    std::uint64_t const bins = rows_[row] | (std::uint64_t{rows_[row + 1]} << bins_per_row);
    return bins >> bin % bins_per_row;
  }

 private:
  // The last two rows stay empty: bin_count is in the first of them.
  std::uint32_t rows_[row_count + 2] = {};
  std::uint64_t used_rows_ = 0;
};

}  // namespace ashlar
