#pragma once

#include <ashlar/layout.hpp>

#include <cstddef>
#include <vector>

namespace ashlar::detail {

/// A set of bytes, kept as disjoint ranges that do not touch, in order. Linear in their number.
class RangeSet {
 public:
  RangeSet() = default;
  explicit RangeSet(ByteRange range);

  [[nodiscard]] bool empty() const noexcept { return ranges_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return ranges_.size(); }
  [[nodiscard]] std::vector<ByteRange> const& ranges() const noexcept { return ranges_; }

  /// Makes room for `count` ranges; `add` and `subtract` make at most one more each.
  void reserve(std::size_t count);

  /// Does not allocate where `reserve` has made room.
  void add(ByteRange range);

  /// Does not allocate where `reserve` has made room.
  void subtract(ByteRange range);

  /// The part within `range`.
  [[nodiscard]] RangeSet intersection(ByteRange range) const;

 private:
  std::vector<ByteRange> ranges_;
};

}  // namespace ashlar::detail
