#pragma once

#include "buffer/access_tracker.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <source_location>

namespace ashlar::detail {

/// Which thread waits for which, through all trackers of the process. Only threads that must wait come here.
///
/// A waiting thread waits for the owners of what stands in its way. Threads join one at a time, and look for a way
/// from themselves to themselves before they sleep. Nothing else closes a cycle: who is admitted runs, an entry
/// moves to a thread that runs, and what lies between waiting threads stays as it is. (Where another thread
/// releases an entry that a waiting thread owns, the answer may be outdated, never unsafe.)
///
/// Cost: a search visits each waiting thread at most once, and allocates nothing.
class WaitGraph {
 public:
  constexpr WaitGraph() noexcept = default;

  /// Held over all that follows; taken before any tracker's mutex.
  std::mutex mutex;

  void insert(Waiter& waiter) noexcept;
  void erase(Waiter& waiter) noexcept;

  /// The way from `start` to itself, through threads that wait for active entries; if `with_queues`, for earlier
  /// waiters too. Where an entry of the thread's own is the first on a way, it is that one.
  [[nodiscard]] std::optional<WaitPath> find_cycle(Waiter& start, bool with_queues) noexcept;

 private:
  static constexpr std::size_t bucket_count = 64;

  [[nodiscard]] Waiter*& bucket(std::uint64_t thread) noexcept { return buckets_[thread % bucket_count]; }
  [[nodiscard]] Waiter* find(std::uint64_t thread) noexcept;

  Waiter* buckets_[bucket_count] = {};
  std::uint64_t searches_ = 0;
};

/// The one of the process.
extern WaitGraph wait_graph;

}  // namespace ashlar::detail
