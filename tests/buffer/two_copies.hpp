#pragma once

#include <ashlar/layout.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace ashlar::test {

/// Memory that the host and the device see different copies of, and what it would hold if it were one.
class TwoCopies {
 public:
  static constexpr std::uint64_t size = 32;

  /// \param coherent the device sees what the host writes, and the other way round.
  explicit TwoCopies(bool coherent) : coherent_{coherent} {}

  void flush(ByteRange range) { copy(range, host_, device_); }
  void invalidate(ByteRange range) { copy(range, device_, host_); }

  /// A processor's cache may write back an atom that was written to, at any time.
  void write_back(ByteRange atom) {
    if (std::any_of(unflushed_.begin() + atom.offset, unflushed_.begin() + atom.end(), [](bool set) { return set; })) {
      flush(atom);
    }
  }

  void host_write(ByteRange range) {
    ++value_;
    for (std::uint64_t i = range.offset; i < range.end(); ++i) {
      host_[i] = truth_[i] = value_;
      unflushed_[i] = !coherent_;
      if (coherent_) {
        device_[i] = value_;
      }
    }
  }

  void device_write(ByteRange range) {
    ++value_;
    for (std::uint64_t i = range.offset; i < range.end(); ++i) {
      device_[i] = truth_[i] = value_;
      if (coherent_) {
        host_[i] = value_;
      }
    }
  }

  bool host_is_right(ByteRange range) const { return equal(range, host_); }
  bool device_is_right(ByteRange range) const { return equal(range, device_); }

 private:
  using Bytes = std::array<std::uint32_t, size>;

  void copy(ByteRange range, Bytes const& from, Bytes& to) {
    for (std::uint64_t i = range.offset; i < range.end(); ++i) {
      to[i] = from[i];
      unflushed_[i] = false;
    }
  }

  bool equal(ByteRange range, Bytes const& bytes) const {
    return std::equal(truth_.begin() + range.offset, truth_.begin() + range.end(), bytes.begin() + range.offset);
  }

  bool coherent_;
  std::uint32_t value_ = 0;
  Bytes host_{};
  Bytes device_{};
  Bytes truth_{};
  std::array<bool, size> unflushed_{};
};

}  // namespace ashlar::test
