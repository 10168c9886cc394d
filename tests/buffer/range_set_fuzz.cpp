#include <bitset>
#include <cstddef>
#include <cstdint>

#include "buffer/range_set.hpp"
#include "fuzzing/input.hpp"
#include "fuzzing/require.hpp"

// A range set against a set of bytes.

namespace ashlar::detail {
namespace {

using fuzzing::Input;
using fuzzing::require;

constexpr std::size_t byte_count = 64;
using Bytes = std::bitset<byte_count>;

ByteRange any_range(Input& input) {
  std::uint64_t const offset = input.below(byte_count);
  return {offset, input.below(byte_count - offset + 1)};
}

Bytes bytes_of(ByteRange range) {
  Bytes bytes;
  for (std::uint64_t i = range.offset; i < range.end(); ++i) {
    bytes.set(i);
  }
  return bytes;
}

Bytes bytes_of(RangeSet const& set) {
  Bytes bytes;
  std::uint64_t end = 0;
  for (ByteRange const range : set.ranges()) {
    require(range.size != 0, "no range is empty");
    require(end == 0 || range.offset > end, "ranges are in order and do not touch");
    end = range.end();
    bytes |= bytes_of(range);
  }
  return bytes;
}

void change(RangeSet& set, Bytes& model, ByteRange range, bool adds) {
  std::size_t const size = set.size();
  set.reserve(size + 1);
  ByteRange const* const storage = set.ranges().data();
  if (adds) {
    set.add(range);
    model |= bytes_of(range);
  } else {
    set.subtract(range);
    model &= ~bytes_of(range);
  }
  require(set.size() <= size + 1 && set.ranges().data() == storage, "one range more at most, and no allocation");
}

void run(Input& input) {
  RangeSet set{any_range(input)};
  Bytes model = bytes_of(set);
  while (!input.empty()) {
    std::uint8_t const action = input.below(3);
    ByteRange const range = any_range(input);
    if (action == 2) {
      require(bytes_of(set.intersection(range)) == (model & bytes_of(range)), "intersection() is the part within");
    } else {
      change(set, model, range, action == 0);
    }
    require(bytes_of(set) == model, "the set has the bytes that it was given");
    require(set.empty() == model.none(), "empty() says whether there are any");
  }
}

}  // namespace
}  // namespace ashlar::detail

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  ashlar::fuzzing::Input input{data, size};
  ashlar::detail::run(input);
  return 0;
}
