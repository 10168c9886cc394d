#include <ashlar/buffer/access.hpp>
#include <ashlar/error.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "buffer/access_threads.hpp"
#include "buffer/access_tracker.hpp"
#include "buffer/host_access.hpp"
#include "support/catch.hpp"

namespace ashlar::detail {
namespace {

using enum AccessKind;

constexpr std::uint64_t bytes = 48;
constexpr int thread_count = 8;

/// Counts who is at each byte: the model that the tracker must not contradict. `contents` is left to the tracker.
class Model {
 public:
  void enter(AccessKind kind, ByteRange range) {
    for (std::uint64_t i = range.offset; i < range.end(); ++i) {
      if (kind == Read) {
        ++readers_[i];
        wrong_ += writers_[i] != 0 ? 1 : 0;
      } else {
        wrong_ += writers_[i]++ != 0 || readers_[i] != 0 ? 1 : 0;
        ++contents_[i];
      }
      seen_ += contents_[i];
    }
  }

  void leave(AccessKind kind, ByteRange range) {
    for (std::uint64_t i = range.offset; i < range.end(); ++i) {
      --(kind == Read ? readers_ : writers_)[i];
    }
  }

  int wrong() const { return wrong_; }

 private:
  std::array<std::atomic<int>, bytes> readers_{};
  std::array<std::atomic<int>, bytes> writers_{};
  std::array<int, bytes> contents_{};
  std::atomic<int> wrong_{0};
  std::atomic<int> seen_{0};
};

class Dice {
 public:
  explicit Dice(int seed) : random_{static_cast<std::uint32_t>(seed)} {}

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  AccessKind kind() { return std::array{Read, Read, Write, Overwrite}[below(4)]; }
  ByteRange range() {
    std::uint64_t const offset = below(bytes);
    return {offset, below(std::min<std::uint64_t>(bytes - offset, 8) + 1)};
  }
  Wait wait() {
    return std::array{Wait::not_at_all(), Wait::at_most(std::chrono::microseconds{50}), Wait::forever(),
                      Wait::forever()}[below(4)];
  }

 private:
  std::mt19937 random_;
};

void run_threads(auto f) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < thread_count; ++i) {
    threads.emplace_back([f, i] { f(i); });
  }
}

/// No atom to flush, and hundreds of failures to do so.
struct Memory {
  void flush(ByteRange) {
    if (++flushes % 7 == 0) {
      throw 1;
    }
  }
  void invalidate(ByteRange) {
    if (++invalidations % 11 == 0) {
      throw 2;
    }
  }
  std::atomic<int> flushes{0};
  std::atomic<int> invalidations{0};
};

}  // namespace

TEST_CASE("many threads never hold conflicting bytes", "[access_stress]") {
  AccessTracker tracker{0};
  Model model;
  run_threads([&](int seed) {
    Dice dice{seed};
    for (int i = 0; i < 4'000; ++i) {
      AccessEntry first = entry_of(dice.kind(), dice.range());
      if (!tracker.acquire(first, dice.wait())) {
        continue;
      }
      model.enter(first.kind, first.range);
      AccessEntry second;
      bool const moves = dice.below(4) == 0;
      if (moves) {
        second.owner = this_thread();
        tracker.move(first, second);
      }
      AccessEntry& last = moves ? second : first;
      model.leave(last.kind, last.range);
      static_cast<void>(tracker.release(last));
    }
  });
  CHECK(model.wrong() == 0);
  CHECK(tracker.idle());
}

TEST_CASE("many threads on memory that fails never hold conflicting bytes", "[access_stress]") {
  AccessTracker tracker{16};
  Model model;
  Memory memory;
  run_threads([&](int seed) {
    Dice dice{seed};
    for (int i = 0; i < 2'000; ++i) {
      AccessEntry entry = entry_of(dice.kind(), dice.range());
      try {
        if (acquire_bytes(tracker, memory, entry, dice.wait())) {
          model.enter(entry.kind, entry.range);
          model.leave(entry.kind, entry.range);
          static_cast<void>(release_for_host(tracker, memory, entry));
        }
      } catch (int) {  // Nothing is held then, which the model checks.
      }
    }
  });
  CHECK(model.wrong() == 0);
  CHECK(tracker.idle());
}

TEST_CASE("many threads that take bytes in any order never wait for ever", "[access_stress]") {
  constexpr std::size_t buffer_count = 3;
  std::array<AccessTracker, buffer_count> trackers{AccessTracker{0}, AccessTracker{0}, AccessTracker{0}};
  std::array<Model, buffer_count> models;
  std::atomic<int> told{0};
  run_threads([&](int seed) {
    Dice dice{seed};
    for (int i = 0; i < 1'000; ++i) {
      std::array<std::pair<std::size_t, AccessEntry>, 3> held;
      std::size_t count = 0;
      try {
        for (; count < held.size(); ++count) {
          auto& [buffer, entry] = held[count];
          buffer = dice.below(buffer_count);
          entry = entry_of(dice.kind(), dice.range());
          static_cast<void>(trackers[buffer].acquire(entry, Wait::forever()));
          models[buffer].enter(entry.kind, entry.range);
        }
      } catch (AccessConflictError const&) {
        ++told;
      }
      for (std::size_t n = 0; n < count; ++n) {
        auto& [buffer, entry] = held[n];
        models[buffer].leave(entry.kind, entry.range);
        static_cast<void>(trackers[buffer].release(entry));
      }
    }
  });
  CHECK(told > 0);
  for (std::size_t i = 0; i < buffer_count; ++i) {
    CHECK(models[i].wrong() == 0);
    CHECK(trackers[i].idle());
  }
}

}  // namespace ashlar::detail
