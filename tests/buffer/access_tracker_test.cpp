#include "buffer/access_tracker.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include "buffer/access_threads.hpp"
#include "support/catch.hpp"

namespace ashlar::detail {
namespace {

using enum AccessKind;

constexpr ByteRange all{0, 64};

/// Whether `wanted` is refused while `held` is.
bool conflicts(AccessKind held, ByteRange held_range, AccessKind wanted, ByteRange wanted_range) {
  AccessTracker tracker{0};
  Hold const first{tracker, held, held_range};
  return !can_acquire(tracker, wanted, wanted_range);
}

/// Entries that are listed are held to the same rules as the one that is not.
bool conflicts_when_listed(AccessKind held, ByteRange held_range, AccessKind wanted, ByteRange wanted_range) {
  AccessTracker tracker{0};
  Hold const other{tracker, Read, {1'000, 4}};
  Hold const another{tracker, Read, {2'000, 4}};
  Hold const first{tracker, held, held_range};
  return !can_acquire(tracker, wanted, wanted_range);
}

}  // namespace

TEST_CASE("entries conflict where one of them writes", "[access_tracker]") {
  auto const conflict = GENERATE(conflicts, conflicts_when_listed);
  CHECK_FALSE(conflict(Read, all, Read, all));
  for (AccessKind const held : {Read, Write, Overwrite}) {
    for (AccessKind const wanted : {Write, Overwrite}) {
      CHECK(conflict(held, all, wanted, all));
      CHECK(conflict(wanted, all, held, all));
    }
  }
}

TEST_CASE("entries conflict where they share a byte", "[access_tracker]") {
  auto const conflict = GENERATE(conflicts, conflicts_when_listed);
  CHECK(conflict(Write, {8, 8}, Write, {8, 8}));
  CHECK(conflict(Write, {8, 8}, Read, {0, 9}));
  CHECK(conflict(Write, {8, 8}, Read, {15, 1}));
  CHECK(conflict(Write, {8, 8}, Read, {10, 2}));
  CHECK(conflict(Write, {8, 8}, Read, {0, 64}));
  CHECK_FALSE(conflict(Write, {8, 8}, Write, {0, 8}));
  CHECK_FALSE(conflict(Write, {8, 8}, Write, {16, 1}));
}

TEST_CASE("empty entries conflict with nothing", "[access_tracker]") {
  auto const conflict = GENERATE(conflicts, conflicts_when_listed);
  CHECK_FALSE(conflict(Write, {8, 0}, Write, all));
  CHECK_FALSE(conflict(Write, all, Write, {8, 0}));
  CHECK_FALSE(conflict(Write, {8, 0}, Write, {8, 0}));
}

TEST_CASE("a released entry is out of the way", "[access_tracker]") {
  AccessTracker tracker{0};
  Hold first{tracker, Read, all};
  Hold second{tracker, Read, all};
  Hold third{tracker, Read, {0, 8}};
  second.release();
  CHECK_FALSE(can_acquire(tracker, Write, {8, 8}));
  first.release();
  CHECK(can_acquire(tracker, Write, {8, 8}));
  CHECK_FALSE(can_acquire(tracker, Write, {7, 8}));
  third.release();
  CHECK(can_acquire(tracker, Write, all));
  CHECK(tracker.idle());
}

TEST_CASE("one entry alone is not listed", "[access_tracker]") {
  AccessTracker tracker{0};
  for (int i = 0; i < 3; ++i) {
    AccessEntry first = entry_of(Write, all);
    REQUIRE(tracker.acquire(first, Wait::forever()));
    CHECK_FALSE(tracker.listed());
    AccessEntry second;
    second.owner = this_thread();
    tracker.move(first, second);
    CHECK_FALSE(tracker.listed());
    if (i == 1) {  // Somebody else comes, and the next one is alone again.
      CHECK_FALSE(can_acquire(tracker, Read, all));
      CHECK(tracker.listed());
    }
    CHECK_FALSE(tracker.release(second));
    CHECK_FALSE(tracker.listed());
  }
}

TEST_CASE("what was refused is not held", "[access_tracker]") {
  AccessTracker tracker{0};
  Hold const reader{tracker, Read, all};
  CHECK_FALSE(can_acquire(tracker, Write, all));
  CHECK(can_acquire(tracker, Read, all));
}

TEST_CASE("an entry that moves stays in the way until it is released", "[access_tracker]") {
  bool const listed = GENERATE(false, true);
  AccessTracker tracker{0};
  AccessEntry first = entry_of(Write, {0, 8});
  REQUIRE(tracker.acquire(first, Wait::not_at_all()));
  AccessEntry neighbour = entry_of(Read, {8, 8});
  if (listed) {
    REQUIRE(tracker.acquire(neighbour, Wait::not_at_all()));
  }
  AccessEntry second;
  second.owner = 7;
  tracker.move(first, second);
  first = {};
  CHECK(second.range == ByteRange{0, 8});
  CHECK(second.kind == Write);
  CHECK(second.owner == 7);
  CHECK_FALSE(can_acquire(tracker, Read, {7, 1}));
  CHECK(can_acquire(tracker, Read, {8, 1}));
  CHECK_FALSE(tracker.release(second));
  CHECK(can_acquire(tracker, Write, {0, 8}));
  if (listed) {
    CHECK_FALSE(tracker.release(neighbour));
  }
  CHECK(tracker.idle());
}

TEST_CASE("entries move and go in any order", "[access_tracker]") {
  AccessTracker tracker{0};
  std::mt19937 random{1};
  constexpr std::size_t count = 8;
  for (int round = 0; round < 200; ++round) {
    AccessEntry entries[count][2];
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < count; ++i) {
      entries[i][0] = entry_of(Write, {8 * i, 8});
      REQUIRE(tracker.acquire(entries[i][0], Wait::not_at_all()));
      order.push_back(i);
    }
    std::shuffle(order.begin(), order.end(), random);
    for (std::size_t const i : order) {
      tracker.move(entries[i][0], entries[i][1]);
      entries[i][0] = {};
    }
    std::shuffle(order.begin(), order.end(), random);
    for (std::size_t const i : order) {
      REQUIRE_FALSE(can_acquire(tracker, Read, {8 * i, 1}));
      REQUIRE_FALSE(tracker.release(entries[i][1]));
      REQUIRE(can_acquire(tracker, Write, {8 * i, 8}));
    }
    REQUIRE(tracker.idle());
  }
}

TEST_CASE("a million entries leave nothing behind", "[access_tracker]") {
  std::uint64_t const atom = GENERATE(0u, 64u);
  AccessTracker tracker{atom};
  std::mt19937_64 random{2};
  auto const random_entry = [&] {
    std::uint64_t const offset = random() % (1u << 20);
    return entry_of(random() % 2 == 0 ? Read : Write, {offset, random() % (1u << 12)});
  };
  auto const acquire = [&](AccessEntry& entry) {
    bool const acquired = tracker.acquire(entry, Wait::not_at_all());
    if (acquired && !tracker.coherent()) {
      tracker.settle(entry, tracker.prepare(entry));
    }
    return acquired;
  };
  int left_behind = 0;
  for (int i = 0; i < 500'000; ++i) {
    AccessEntry first = random_entry();
    AccessEntry second = random_entry();
    bool const one = acquire(first);
    bool const both = acquire(second);
    left_behind += one && !tracker.idle() ? 0 : 1;
    left_behind += !tracker.release(first) && tracker.idle() != both ? 0 : 1;
    left_behind += !both || !tracker.release(second) ? 0 : 1;
    left_behind += tracker.idle() ? 0 : 1;
  }
  CHECK(left_behind == 0);
  CHECK(tracker.waiter_count() == 0);
  CHECK(tracker.dirty().empty());
}

TEST_CASE("an entry that is alone is acquired and released without the mutex", "[access_tracker]") {
  AccessTracker tracker{0};
  AccessEntry first = entry_of(Read, all);
  AccessEntry second = entry_of(Read, all);
  CHECK(tracker.acquire_idle(first));
  CHECK_FALSE(tracker.acquire_idle(second));
  CHECK_FALSE(tracker.release_alone(second));
  CHECK(tracker.release_alone(first));
  CHECK(tracker.idle());

  REQUIRE(tracker.acquire_idle(first));
  REQUIRE(tracker.acquire(second, Wait::not_at_all()));
  CHECK_FALSE(tracker.release_alone(first));
  CHECK_FALSE(tracker.release_alone(second));
  CHECK_FALSE(tracker.release(first));
  CHECK_FALSE(tracker.acquire_idle(first));
  CHECK_FALSE(tracker.release(second));
  CHECK(tracker.acquire_idle(first));  // Idle again, it is as before.
  CHECK(tracker.release_alone(first));
}

TEST_CASE("where memory is not coherent an entry that is alone has work to do", "[access_tracker]") {
  AccessTracker tracker{64};
  AccessEntry entry = entry_of(Write, all);
  CHECK_FALSE(tracker.acquire_idle(entry));
  REQUIRE(tracker.acquire(entry, Wait::not_at_all()));
  tracker.settle(entry, tracker.prepare(entry));
  CHECK_FALSE(tracker.release_alone(entry));
  CHECK_FALSE(tracker.release(entry));
  CHECK(tracker.idle());
}

TEST_CASE("who ends a retired tracker's last entry is to destroy it", "[access_tracker]") {
  AccessTracker idle{0};
  CHECK(idle.retire());

  AccessTracker used{0};
  {
    Hold const hold{used, Write, all};
  }
  {
    Hold const first{used, Read, all};
    Hold const second{used, Read, all};
  }
  CHECK(used.retire());

  AccessTracker fast{0};
  Hold only{fast, Write, all};
  CHECK_FALSE(fast.retire());
  CHECK(only.release());

  AccessTracker listed{0};
  Hold first{listed, Read, all};
  Hold second{listed, Read, all};
  CHECK_FALSE(listed.retire());
  CHECK_FALSE(first.release());
  CHECK(second.release());

  AccessTracker empty{0};
  Hold nothing{empty, Write, {8, 0}};
  CHECK_FALSE(empty.retire());
  CHECK(nothing.release());
}

TEST_CASE("a retired tracker's entry may still move", "[access_tracker]") {
  AccessTracker tracker{0};
  AccessEntry first = entry_of(Write, all);
  REQUIRE(tracker.acquire(first, Wait::not_at_all()));
  CHECK_FALSE(tracker.retire());
  AccessEntry second;
  second.owner = this_thread();
  tracker.move(first, second);
  CHECK(tracker.release(second));
}

TEST_CASE("exactly one thread is to destroy a tracker", "[access_tracker]") {
  constexpr int rounds = 500;
  int const readers = GENERATE(1, 3);
  for (int round = 0; round < rounds; ++round) {
    auto* const tracker = new AccessTracker{0};
    std::atomic<int> ready{0};
    std::atomic<int> destroyed{0};
    auto const destroy_if = [&](bool mine) {
      if (mine) {
        delete tracker;
        ++destroyed;
      }
    };
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < readers; ++i) {
        threads.emplace_back([&, i] {
          AccessEntry entry = entry_of(Read, {static_cast<std::uint64_t>(i % 2) * 8, 8});
          bool const held = tracker->acquire(entry, Wait::forever());
          ++ready;
          destroy_if(held && tracker->release(entry));
        });
      }
      wait_until([&] { return ready == readers; });
      destroy_if(tracker->retire());
    }
    REQUIRE(destroyed == 1);
  }
}

}  // namespace ashlar::detail
