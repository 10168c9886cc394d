#include "buffer/range_set.hpp"

#include <algorithm>

namespace ashlar::detail {
namespace {

ByteRange between(std::uint64_t begin, std::uint64_t end) noexcept { return {.offset = begin, .size = end - begin}; }

}  // namespace

RangeSet::RangeSet(ByteRange range) {
  if (range.size != 0) {
    ranges_.push_back(range);
  }
}

void RangeSet::reserve(std::size_t count) {
  if (count > ranges_.capacity()) {
    ranges_.reserve(std::max(count, 2 * ranges_.capacity()));
  }
}

void RangeSet::add(ByteRange range) {
  if (range.size == 0) {
    return;
  }
  auto const first = std::ranges::find_if(ranges_, [&](ByteRange r) { return r.end() >= range.offset; });
  auto const last = std::find_if(first, ranges_.end(), [&](ByteRange r) { return r.offset > range.end(); });
  if (first == last) {
    ranges_.insert(first, range);
    return;
  }
  *first = between(std::min(first->offset, range.offset), std::max((last - 1)->end(), range.end()));
  ranges_.erase(first + 1, last);
}

void RangeSet::subtract(ByteRange range) {
  if (range.size == 0) {
    return;
  }
  auto const first = std::ranges::find_if(ranges_, [&](ByteRange r) { return r.end() > range.offset; });
  auto const last = std::find_if(first, ranges_.end(), [&](ByteRange r) { return r.offset >= range.end(); });
  if (first == last) {
    return;
  }
  ByteRange const before = first->offset < range.offset ? between(first->offset, range.offset) : ByteRange{};
  ByteRange const after = (last - 1)->end() > range.end() ? between(range.end(), (last - 1)->end()) : ByteRange{};
  auto at = ranges_.erase(first, last);
  if (after.size != 0) {
    at = ranges_.insert(at, after);
  }
  if (before.size != 0) {
    ranges_.insert(at, before);
  }
}

RangeSet RangeSet::intersection(ByteRange range) const {
  RangeSet result;
  for (ByteRange const r : ranges_) {
    if (r.overlaps(range)) {
      result.ranges_.push_back(between(std::max(r.offset, range.offset), std::min(r.end(), range.end())));
    }
  }
  return result;
}

}  // namespace ashlar::detail
