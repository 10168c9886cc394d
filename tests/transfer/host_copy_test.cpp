#include "transfer/host_copy.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"

namespace ashlar::test {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t margin = 64;

constexpr auto untouched = std::byte{0xEE};

/// Bytes that differ from their neighbours, from one line and from one page to the next.
std::vector<std::byte> pattern(std::size_t size) {
  std::vector<std::byte> bytes(size);
  std::uint32_t state = 12345;
  for (std::byte& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::byte>(state >> 24U);
  }
  return bytes;
}

/// Whether a copy arrives as it is, and nothing else is touched.
bool copies(std::vector<std::byte> const& source, std::size_t source_offset, std::size_t destination_offset,
            std::size_t size) {
  std::vector<std::byte> destination(destination_offset + size + 2 * margin + 64, untouched);
  auto const misaligned = reinterpret_cast<std::uintptr_t>(destination.data()) % 64;
  std::byte* const begin = destination.data() + (64 - misaligned) % 64 + destination_offset;
  detail::copy_past_caches(begin, source.data() + source_offset, size);
  auto const is_untouched = [](std::byte byte) { return byte == untouched; };
  return std::equal(begin, begin + size, source.data() + source_offset) &&
         std::all_of(destination.data(), begin, is_untouched) &&
         std::all_of(begin + size, destination.data() + destination.size(), is_untouched);
}

}  // namespace

TEST_CASE("a host copy of any alignment arrives as it is", "[transfer]") {
  auto const source = pattern(10 * page);
  for (std::size_t offset = 0; offset < 64; ++offset) {
    REQUIRE(copies(source, offset, 0, 4 * page + 100));
    REQUIRE(copies(source, 0, offset, 4 * page + 100));
    REQUIRE(copies(source, offset, 63 - offset, 9 * page));
  }
}

TEST_CASE("a host copy of any size around its blocks arrives as it is", "[transfer]") {
  auto const source = pattern(14 * page);
  for (std::size_t size = 0; size < 300; ++size) {
    REQUIRE(copies(source, 0, 0, size));
  }
  for (std::size_t const blocks : {1U, 2U, 3U}) {
    for (std::size_t offset : {0U, 1U, 16U, 63U}) {
      for (std::size_t size = blocks * 4 * page - 130; size < blocks * 4 * page + 130; ++size) {
        REQUIRE(copies(source, 5, offset, size));
      }
    }
  }
}

}  // namespace ashlar::test
