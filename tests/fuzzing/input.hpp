#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ashlar::fuzzing {

/// The bytes that decide what a fuzz target does. When they are used up all answers are 0.
class Input {
 public:
  Input(std::uint8_t const* data, std::size_t size) : data_{data}, size_{size} {}

  [[nodiscard]] bool empty() const { return size_ == 0; }

  std::uint8_t byte() {
    if (empty()) {
      return 0;
    }
    --size_;
    return *data_++;
  }

  /// A number less than `bound`, which is at most 256, from one byte.
  std::uint8_t below(std::size_t bound) { return static_cast<std::uint8_t>(byte() % bound); }

  bool one_in(std::size_t count) { return below(count) == 1; }

  /// A number of at most `bits` bits, from one byte that says how many, and the bytes that these fill.
  std::uint64_t number(unsigned bits = 64) {
    unsigned const length = below(bits + 1);
    std::uint64_t value = 0;
    for (unsigned have = 0; have < length; have += 8) {
      value = value << 8 | byte();
    }
    return length == 64 ? value : value & ((std::uint64_t{1} << length) - 1);
  }

  template <class T, std::size_t N>
  T pick(T const (&choices)[N]) {
    return choices[below(N)];
  }

  /// Any of them, or null.
  template <class T>
  T const* choose(std::vector<T> const& ones) {
    return ones.empty() ? nullptr : &ones[byte() % ones.size()];
  }

 private:
  std::uint8_t const* data_;
  std::size_t size_;
};

}  // namespace ashlar::fuzzing
