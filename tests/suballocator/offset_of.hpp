#pragma once

#include <ashlar/suballocator/suballocator.hpp>

#include <cstdint>

#include "support/catch.hpp"

namespace ashlar::test {

/// Where a piece is; requires that it is one, as "no room" has an offset too: 0.
inline std::uint64_t offset_of(Suballocation const& piece) {
  REQUIRE(piece);
  return piece.offset;
}

}  // namespace ashlar::test
