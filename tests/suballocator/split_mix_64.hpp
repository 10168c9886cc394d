#pragma once

#include <cstdint>

namespace ashlar::test {

/// Steele, Lea and Flood's splitmix64: the same numbers everywhere for the same seed.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_{seed} {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E37'79B9'7F4A'7C15);
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EB;
    return z ^ (z >> 31);
  }

  /// A number from 0 to `bound` - 1.
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32); }

  /// A number from 0 to 1, without 1.
  double u01() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  /// A number of 1 to `bits` bits, each length as likely as any other.
  std::uint64_t of_any_length(unsigned bits) {
    std::uint64_t const top = std::uint64_t{1} << below(bits);
    return top | (next() & (top - 1));
  }

 private:
  std::uint64_t state_;
};

}  // namespace ashlar::test
