#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <iostream>
#include <optional>
#include <source_location>
#include <thread>
#include <utility>

#include "buffer/access_tracker.hpp"

namespace ashlar::detail {

inline AccessEntry entry_of(AccessKind kind, ByteRange range, std::uint64_t owner = this_thread(),
                            std::source_location where = std::source_location::current()) {
  AccessEntry entry;
  entry.range = range;
  entry.where = where;
  entry.kind = kind;
  entry.owner = owner;
  return entry;
}

/// Holds bytes of a coherent buffer, as a guard does.
class Hold {
 public:
  Hold(AccessTracker& tracker, AccessKind kind, ByteRange range, Wait wait = Wait::forever(),
       std::source_location where = std::source_location::current())
      : tracker_{tracker}, entry_{entry_of(kind, range, this_thread(), where)} {
    held_ = tracker.acquire(entry_, wait);
  }
  Hold(Hold const&) = delete;
  Hold& operator=(Hold const&) = delete;
  ~Hold() { release(); }

  explicit operator bool() const { return held_; }

  /// Whether that was a retired tracker's last entry.
  bool release() { return std::exchange(held_, false) && tracker_.release(entry_); }

  AccessEntry& entry() { return entry_; }

 private:
  AccessTracker& tracker_;
  AccessEntry entry_;
  bool held_ = false;
};

inline bool can_acquire(AccessTracker& tracker, AccessKind kind, ByteRange range) {
  return static_cast<bool>(Hold{tracker, kind, range, Wait::not_at_all()});
}

/// Waits for what another thread is about to do. A minute later the test is stuck, and the program with it.
template <class Condition>
void wait_until(Condition condition) {
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      std::cerr << "stuck: what a test waits for does not happen\n";
      std::abort();
    }
    std::this_thread::yield();
  }
}

inline void wait_for_waiters(AccessTracker const& tracker, std::size_t count) {
  wait_until([&] { return tracker.waiter_count() == count; });
}

/// Holds threads up until it is opened.
class Gate {
 public:
  void open() { open_ = true; }
  void pass() {
    ++arrived_;
    wait_until([&] { return open_.load(); });
  }
  void wait_for_arrivals(int count) const {
    wait_until([&] { return arrived_.load() >= count; });
  }

 private:
  std::atomic<bool> open_{false};
  std::atomic<int> arrived_{0};
};

/// Runs `f` on a thread of its own; `get()` gives its result or throws what it threw.
template <class F>
auto in_thread(F f) {
  return std::async(std::launch::async, std::move(f));
}

/// Long enough never to pass, but a failing test ends.
constexpr Wait a_minute = Wait::at_most(std::chrono::minutes{1});

}  // namespace ashlar::detail
