#include <ashlar/buffer/access.hpp>
#include <ashlar/error.hpp>

#include <cstddef>
#include <cstdint>
#include <future>
#include <source_location>
#include <string>
#include <vector>

#include "buffer/access_threads.hpp"
#include "buffer/access_tracker.hpp"
#include "support/catch.hpp"

namespace ashlar::detail {
namespace {

using enum AccessKind;

constexpr ByteRange all{0, 64};

std::source_location here(std::source_location where = std::source_location::current()) { return where; }

/// The line of the entry in the way, if a thread that asks for these bytes is told that it would wait for ever; 0 if
/// it gets them.
std::uint32_t line_in_the_way(AccessTracker& tracker, AccessKind kind, ByteRange range, Wait wait = a_minute) {
  try {
    Hold const hold{tracker, kind, range, wait};
    return 0;
  } catch (AccessConflictError const& error) {
    return error.who().line();
  }
}

}  // namespace

TEST_CASE("a thread does not wait for itself", "[access_deadlock]") {
  AccessTracker tracker{0};
  auto const where = here();
  Hold held{tracker, Write, {0, 8}, Wait::forever(), where};
  CHECK(line_in_the_way(tracker, Read, {4, 8}, Wait::forever()) == where.line());
  CHECK(line_in_the_way(tracker, Read, {4, 8}, a_minute) == where.line());
  CHECK(line_in_the_way(tracker, Read, {8, 8}) == 0);
  CHECK_FALSE(can_acquire(tracker, Read, {4, 8}));
  CHECK(tracker.waiter_count() == 0);
  held.release();
  CHECK(tracker.idle());
}

TEST_CASE("a thread that reads and asks to write is told so", "[access_deadlock]") {
  AccessTracker tracker{0};
  auto const where = here();
  Gate gate;
  Hold mine{tracker, Read, all, Wait::forever(), where};
  auto other = in_thread([&] {
    Hold const hold{tracker, Read, all};
    gate.pass();
  });
  gate.wait_for_arrivals(1);
  CHECK(line_in_the_way(tracker, Write, all) == where.line());
  gate.open();
  other.get();
}

TEST_CASE("the error tells both places", "[access_deadlock]") {
  AccessTracker tracker{0};
  auto const held_at = here();
  Hold const held{tracker, Write, all, Wait::forever(), held_at};
  auto const asked_at = here();
  std::string text;
  try {
    Hold const again{tracker, Write, all, Wait::forever(), asked_at};
  } catch (AccessConflictError const& error) {
    text = error.what();
  }
  CHECK(text.find(":" + std::to_string(held_at.line())) != std::string::npos);
  CHECK(text.find(":" + std::to_string(asked_at.line())) != std::string::npos);
}

TEST_CASE("of two threads that wait for each other, the second is told", "[access_deadlock]") {
  AccessTracker a{0};
  AccessTracker b{0};
  Hold held_a{a, Write, all};
  std::source_location held_b_at;
  Gate gate;
  auto other = in_thread([&] {
    held_b_at = here();
    Hold held_b{b, Write, all, Wait::forever(), held_b_at};
    gate.pass();
    Hold const second{a, Read, all, a_minute};
    return static_cast<bool>(second);
  });
  gate.wait_for_arrivals(1);
  gate.open();
  wait_for_waiters(a, 1);
  CHECK(line_in_the_way(b, Read, all) == held_b_at.line());
  CHECK(line_in_the_way(b, Write, {3, 1}, Wait::forever()) == held_b_at.line());
  CHECK_FALSE(can_acquire(b, Read, all));
  CHECK(b.waiter_count() == 0);
  held_a.release();
  CHECK(other.get());
  CHECK(a.idle());
  CHECK(b.idle());
}

TEST_CASE("two threads that wait for each other within one buffer", "[access_deadlock]") {
  AccessTracker tracker{0};
  Hold mine{tracker, Write, {0, 8}};
  Gate gate;
  auto other = in_thread([&] {
    Hold const held{tracker, Write, {8, 8}};
    gate.pass();
    Hold const second{tracker, Read, {0, 8}, a_minute};
    return static_cast<bool>(second);
  });
  gate.wait_for_arrivals(1);
  gate.open();
  wait_for_waiters(tracker, 1);
  CHECK(line_in_the_way(tracker, Read, {8, 8}) != 0);
  mine.release();
  CHECK(other.get());
  CHECK(tracker.idle());
}

TEST_CASE("of a ring of threads that wait for one another, one is told", "[access_deadlock]") {
  std::size_t const count = GENERATE(3u, 5u, 9u);
  std::uint64_t const stride = GENERATE(1u, 64u);  // The wait graph may sort threads by their numbers.
  std::vector<AccessTracker*> trackers;
  for (std::size_t i = 0; i < count; ++i) {
    trackers.push_back(new AccessTracker{0});
  }
  Gate all_hold;
  std::vector<std::future<int>> threads;
  for (std::size_t i = 0; i < count; ++i) {
    threads.push_back(in_thread([&, i] {
      std::uint64_t const owner = (std::uint64_t{1} << 32) + i * stride;
      AccessEntry mine = entry_of(Write, all, owner);
      AccessEntry next = entry_of(Write, all, owner);
      static_cast<void>(trackers[i]->acquire(mine, Wait::forever()));
      all_hold.pass();
      AccessTracker& neighbour = *trackers[(i + 1) % count];
      int told = 0;
      try {
        static_cast<void>(neighbour.acquire(next, a_minute) && neighbour.release(next));
      } catch (AccessConflictError const&) {
        told = 1;
      }
      static_cast<void>(trackers[i]->release(mine));
      return told;
    }));
  }
  all_hold.wait_for_arrivals(static_cast<int>(count));
  all_hold.open();
  int told = 0;
  for (auto& thread : threads) {
    told += thread.get();
  }
  CHECK(told == 1);
  for (AccessTracker* const tracker : trackers) {
    CHECK(tracker->idle());
    delete tracker;
  }
}

TEST_CASE("a chain of waiting threads is no cycle", "[access_deadlock]") {
  AccessTracker a{0};
  AccessTracker b{0};
  Hold held_a{a, Write, all};
  Gate gate;
  auto second = in_thread([&] {
    Hold const held_b{b, Write, all};
    gate.pass();
    return line_in_the_way(a, Write, all);
  });
  gate.wait_for_arrivals(1);
  gate.open();
  wait_for_waiters(a, 1);
  auto third = in_thread([&] { return line_in_the_way(b, Write, all); });
  wait_for_waiters(b, 1);
  held_a.release();
  CHECK(second.get() == 0);
  CHECK(third.get() == 0);
}

TEST_CASE("a moved entry is the mover's", "[access_deadlock]") {
  AccessTracker tracker{0};
  AccessEntry first = entry_of(Write, all);
  REQUIRE(tracker.acquire(first, Wait::not_at_all()));
  CHECK(line_in_the_way(tracker, Read, all) != 0);

  AccessEntry second;
  Gate gate;
  auto mover = in_thread([&] {
    second.owner = this_thread();
    tracker.move(first, second);
    std::uint32_t const line = line_in_the_way(tracker, Read, all);
    gate.pass();
    return line;
  });
  gate.wait_for_arrivals(1);
  // It is no longer this thread's own: to wait for it is in order.
  auto releaser = in_thread([&] {
    wait_for_waiters(tracker, 1);
    return tracker.release(second);
  });
  CHECK(line_in_the_way(tracker, Read, all) == 0);
  CHECK_FALSE(releaser.get());
  gate.open();
  CHECK(mover.get() == first.where.line());
  CHECK(tracker.idle());
}

TEST_CASE("the queue's order does not make a thread wait for who waits for it", "[access_deadlock]") {
  // Another thread reads a and waits for b, which this one holds; a writer waits for that read. To queue behind
  // the writer would be to wait for oneself.
  AccessTracker a{0};
  AccessTracker b{0};
  Hold held_b{b, Write, all};
  Gate gate;
  auto other = in_thread([&] {
    Hold const held_a{a, Read, all};
    gate.pass();
    return line_in_the_way(b, Read, all);
  });
  gate.wait_for_arrivals(1);
  auto writer = in_thread([&] { return line_in_the_way(a, Write, all); });
  wait_for_waiters(a, 1);
  gate.open();
  wait_for_waiters(b, 1);

  bool const may_wait = GENERATE(true, false);
  Hold mine{a, Read, all, may_wait ? a_minute : Wait::not_at_all()};
  CHECK(mine);
  CHECK(a.waiter_count() == 1);
  held_b.release();
  CHECK(other.get() == 0);
  CHECK(a.waiter_count() == 1);
  mine.release();
  CHECK(writer.get() == 0);
}

TEST_CASE("who only waits for his turn overtakes rather than close a cycle", "[access_deadlock]") {
  // This thread reads a; a writer waits for that. Another one holds b, and its read of a has to wait for the writer. If
  // this thread then waits for b, only the queue's order is in the way.
  AccessTracker a{0};
  AccessTracker b{0};
  Hold mine{a, Read, all};
  auto writer = in_thread([&] { return line_in_the_way(a, Write, all); });
  wait_for_waiters(a, 1);
  auto polite = in_thread([&] {
    Hold const held_b{b, Write, all};
    return line_in_the_way(a, Read, all);
  });
  wait_for_waiters(a, 2);
  CHECK(line_in_the_way(b, Write, all) == 0);
  CHECK(polite.get() == 0);
  CHECK(a.waiter_count() == 1);
  mine.release();
  CHECK(writer.get() == 0);
  CHECK(a.idle());
  CHECK(b.idle());
}

TEST_CASE("who overtakes still waits for who holds", "[access_deadlock]") {
  // As before, but the polite one wants bytes that somebody else writes: it overtakes in the queue, no more.
  AccessTracker a{0};
  AccessTracker b{0};
  Hold mine{a, Read, {0, 8}};
  Gate gate;
  auto holder = in_thread([&] {
    Hold const held{a, Write, {8, 8}};
    gate.pass();
  });
  gate.wait_for_arrivals(1);
  auto writer = in_thread([&] { return line_in_the_way(a, Write, {0, 8}); });
  wait_for_waiters(a, 1);
  auto polite = in_thread([&] {
    Hold const held_b{b, Write, all};
    return line_in_the_way(a, Read, {0, 16});
  });
  wait_for_waiters(a, 2);
  auto opener = in_thread([&] {
    wait_for_waiters(b, 1);
    gate.open();
  });
  CHECK(line_in_the_way(b, Write, all) == 0);
  CHECK(polite.get() == 0);
  CHECK(a.waiter_count() == 1);
  mine.release();
  CHECK(writer.get() == 0);
  holder.get();
  opener.get();
}

TEST_CASE("a cycle that is more than the queue's order is told even if somebody in it queues", "[access_deadlock]") {
  AccessTracker a{0};
  AccessTracker b{0};
  Hold mine{a, Read, all};
  auto writer = in_thread([&] { return line_in_the_way(a, Write, all); });
  wait_for_waiters(a, 1);
  auto other = in_thread([&] {
    Hold const held_b{b, Write, all};
    return line_in_the_way(a, Overwrite, all);
  });
  wait_for_waiters(a, 2);
  CHECK(line_in_the_way(b, Write, all) != 0);
  mine.release();
  CHECK(writer.get() == 0);
  CHECK(other.get() == 0);
}

}  // namespace ashlar::detail
