#pragma once

#include "this_thread.hpp"

#include <atomic>
#include <cstdint>

namespace ashlar::detail {

/// How many objects of a kind live, counted so that threads which make and end them at once do not meet: each
/// counts on a cache line of its own, up to 16 threads.
///
/// Threads: all members may be called by several threads at once.
class LiveCount {
 public:
  void add() noexcept { own().made.fetch_add(1, std::memory_order_relaxed); }
  void remove() noexcept { own().ended.fetch_add(1, std::memory_order_release); }

  /// Exact unless objects are made and ended meanwhile: who ends during the call may still be counted.
  [[nodiscard]] std::uint64_t load() const noexcept {
    // The ended ones first: of what ended, the making is then counted, too, on whichever thread that was.
    std::uint64_t ended = 0;
    for (Part const& part : parts_) {
      ended += part.ended.load(std::memory_order_acquire);
    }
    std::uint64_t made = 0;
    for (Part const& part : parts_) {
      made += part.made.load(std::memory_order_relaxed);
    }
    return made - ended;
  }

 private:
  static constexpr std::uint64_t part_count = 16;

  struct alignas(64) Part {
    std::atomic<std::uint64_t> made{0};
    std::atomic<std::uint64_t> ended{0};
  };

  [[nodiscard]] Part& own() noexcept { return parts_[this_thread() % part_count]; }

  Part parts_[part_count];
};

}  // namespace ashlar::detail
