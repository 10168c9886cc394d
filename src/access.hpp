#pragma once

#include <ashlar/counted.hpp>

#include <utility>

namespace ashlar::detail {

/// Opens handles for `src`: every handle class names this struct its friend, and keeps its state in `state_`.
struct Access {
  /// The state behind a handle. \pre The handle is not empty.
  template <class Handle>
  [[nodiscard]] static auto& state(Handle const& handle) noexcept {
    return *handle.state_;
  }

  /// The block that a MemoryAllocation is a piece of. \pre It is not empty.
  template <class Allocation>
  [[nodiscard]] static auto& block(Allocation const& allocation) noexcept {
    return *allocation.block_;
  }

  /// The parts of a MemoryAllocation, which is empty then.
  template <class Piece, class Allocation>
  [[nodiscard]] static Piece take(Allocation& allocation) noexcept {
    return {std::exchange(allocation.block_, nullptr), std::exchange(allocation.piece_, {})};
  }

  /// A handle from its parts.
  template <class Handle, class... Parts>
  [[nodiscard]] static Handle make(Parts&&... parts) noexcept {
    return Handle{static_cast<Parts&&>(parts)...};
  }
};

}  // namespace ashlar::detail
