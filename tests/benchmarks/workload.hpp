#pragma once

#include <ashlar/suballocator/suballocator.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

#include "suballocator/split_mix_64.hpp"

namespace ashlar::bench {

using test::SplitMix64;

/// Of every allocation of every workload.
inline constexpr std::uint64_t alignment = 256;

/// Sizes from 2^lo to 2^hi, each length as likely as any other.
struct SizeRange {
  std::uint32_t lo = 8;
  std::uint32_t hi = 20;
  bool rounded = true;  ///< Up to a multiple of 256 ("r256"), or not ("raw").

  [[nodiscard]] std::uint32_t draw(SplitMix64& random) const {
    auto const size = static_cast<std::uint32_t>(std::exp2(lo + random.u01() * (hi - lo)));
    return rounded ? (size + 255) / 256 * 256 : size;
  }
};

/// One free of the piece in a slot, and one allocation into it.
struct Operation {
  std::uint32_t slot = 0;
  std::uint32_t size = 0;
  ResourceTiling tiling = ResourceTiling::Linear;
};

/// What an allocator does for long while the number of its pieces stays the same.
struct SteadyState {
  std::vector<Operation> fill;  ///< One for each slot, in order.
  std::vector<Operation> operations;
};

/// Which slot an operation takes.
enum class SlotOrder : std::uint8_t { Random, OldestFirst };

/// Draws a steady state: the sizes of the fill, then for each operation the slot, unless it is the oldest, and the
/// size. With `mixed` a last bit of each says whether the resource is optimal.
[[nodiscard]] inline SteadyState draw_steady_state(std::uint64_t seed, std::uint32_t live, std::uint64_t ops,
                                                   SizeRange const& sizes, bool mixed, SlotOrder order) {
  SplitMix64 random{seed};
  auto const draw = [&](std::uint32_t slot) {
    std::uint32_t const size = sizes.draw(random);
    return Operation{slot, size, mixed && random.below(2) == 1 ? ResourceTiling::Optimal : ResourceTiling::Linear};
  };
  SteadyState state;
  state.fill.reserve(live);
  for (std::uint32_t slot = 0; slot < live; ++slot) {
    state.fill.push_back(draw(slot));
  }
  state.operations.reserve(ops);
  for (std::uint64_t i = 0; i < ops; ++i) {
    state.operations.push_back(
        draw(order == SlotOrder::Random ? random.below(live) : static_cast<std::uint32_t>(i % live)));
  }
  return state;
}

/// The bytes that a suballocator divides for so many live pieces of a steady state.
[[nodiscard]] constexpr std::uint64_t steady_range(std::uint32_t live) noexcept {
  return live * std::uint64_t{262'144};
}

}  // namespace ashlar::bench
