#pragma once

#include <ashlar/suballocator/suballocator.hpp>

#include <cstdint>
#include <vector>

#include "benchmarks/workload.hpp"

namespace ashlar::bench {

/// The range of c2 and c3.
inline constexpr std::uint64_t fill_range = std::uint64_t{1} << 30U;

/// Pieces of a suballocator, of which any is taken at random.
template <Suballocator S>
class PieceHeap {
 public:
  explicit PieceHeap(S& suballocator) : suballocator_{&suballocator} {}
  PieceHeap(PieceHeap const&) = delete;
  PieceHeap& operator=(PieceHeap const&) = delete;

  /// Gives all back.
  ~PieceHeap() {
    for (Entry const& entry : entries_) {
      suballocator_->deallocate(entry.piece);
    }
  }

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  /// The sizes that were asked for, added up.
  [[nodiscard]] std::uint64_t live() const noexcept { return live_; }

  /// Whether there was room.
  [[nodiscard]] bool allocate(std::uint32_t size) {
    Suballocation const piece = suballocator_->allocate(size, alignment, ResourceTiling::Linear);
    if (!piece) {
      return false;
    }
    entries_.push_back({piece, size});
    live_ += size;
    return true;
  }

  /// Frees one; the last takes its place.
  void free_any(SplitMix64& random) {
    Entry& entry = entries_[random.below(static_cast<std::uint32_t>(entries_.size()))];
    suballocator_->deallocate(entry.piece);
    live_ -= entry.size;
    entry = entries_.back();
    entries_.pop_back();
  }

 private:
  struct Entry {
    Suballocation piece;
    std::uint32_t size;
  };

  S* suballocator_;
  std::vector<Entry> entries_;
  std::uint64_t live_ = 0;
};

/// c2: allocates and frees, 55 to 45, until there is no room; the live share of `fill_range` then.
template <Suballocator S>
[[nodiscard]] double fill_at_first_failure(S& suballocator, std::uint64_t seed, SizeRange const& sizes) {
  SplitMix64 random{seed};
  PieceHeap<S> pieces{suballocator};
  for (;;) {
    if (!pieces.empty() && random.below(100) >= 55) {
      pieces.free_any(random);
    } else if (!pieces.allocate(sizes.draw(random))) {
      return static_cast<double>(pieces.live()) / static_cast<double>(fill_range);
    }
  }
}

/// c3: tries to allocate, and frees as much before as keeps the live share of `fill_range` at most at `fill`; the
/// number of tries for which there was no room.
template <Suballocator S>
[[nodiscard]] std::uint64_t failures_at_fill(S& suballocator, std::uint64_t seed, SizeRange const& sizes, double fill,
                                             std::uint64_t tries) {
  SplitMix64 random{seed};
  PieceHeap<S> pieces{suballocator};
  auto const target = static_cast<std::uint64_t>(fill * static_cast<double>(fill_range));
  std::uint64_t failures = 0;
  for (std::uint64_t i = 0; i < tries; ++i) {
    std::uint32_t const size = sizes.draw(random);
    while (pieces.live() + size > target) {
      pieces.free_any(random);
    }
    failures += pieces.allocate(size) ? 0 : 1;
  }
  return failures;
}

}  // namespace ashlar::bench
