#include <ashlar/buffer/access.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <vector>

#include "buffer/access_threads.hpp"
#include "buffer/access_tracker.hpp"
#include "support/catch.hpp"

namespace ashlar::detail {
namespace {

using enum AccessKind;

constexpr ByteRange all{0, 64};

/// A thread that acquires bytes, and holds them until it is told to release them.
class Thread {
 public:
  Thread(AccessTracker& tracker, AccessKind kind, ByteRange range, Wait wait = a_minute) {
    result_ = in_thread([this, &tracker, kind, range, wait] {
      Hold const hold{tracker, kind, range, wait};
      bool const held = static_cast<bool>(hold);
      held_ = held;
      if (held) {
        gate_.pass();
      }
      return held;
    });
  }
  Thread(Thread const&) = delete;
  Thread& operator=(Thread const&) = delete;
  ~Thread() { gate_.open(); }

  bool holds() const { return held_; }
  void wait_until_it_holds() const {
    wait_until([&] { return held_.load(); });
  }
  void wait_until_it_gives_up() {
    gate_.open();
    CHECK_FALSE(result_.get());
  }
  void release() {
    gate_.open();
    CHECK(result_.get());
  }

 private:
  Gate gate_;
  std::atomic<bool> held_{false};
  std::future<bool> result_;
};

}  // namespace

TEST_CASE("a writer waits for readers, and a reader for a writer", "[access_waiting]") {
  AccessTracker tracker{0};
  Hold first{tracker, Read, {0, 8}};
  Hold second{tracker, Read, {8, 8}};
  Thread writer{tracker, Write, {0, 16}};
  wait_for_waiters(tracker, 1);
  first.release();
  CHECK(tracker.waiter_count() == 1);
  second.release();
  writer.wait_until_it_holds();

  Thread reader{tracker, Read, {15, 1}};
  wait_for_waiters(tracker, 1);
  writer.release();
  reader.wait_until_it_holds();
  reader.release();
  CHECK(tracker.idle());
}

TEST_CASE("waiters are admitted in the order in which they came", "[access_waiting]") {
  AccessTracker tracker{0};
  Hold first{tracker, Write, all};
  std::vector<int> order;
  std::vector<std::future<void>> threads;
  for (int i = 0; i < 6; ++i) {
    threads.push_back(in_thread([&, i] {
      Hold const hold{tracker, i % 3 == 0 ? Overwrite : Write, all};
      order.push_back(i);
    }));
    wait_for_waiters(tracker, static_cast<std::size_t>(i) + 1);
  }
  first.release();
  for (auto& thread : threads) {
    thread.get();
  }
  CHECK(order == std::vector{0, 1, 2, 3, 4, 5});
  CHECK(tracker.idle());
}

TEST_CASE("all readers behind a writer are admitted together", "[access_waiting]") {
  AccessTracker tracker{0};
  Hold writer{tracker, Write, all};
  Thread first{tracker, Read, all};
  wait_for_waiters(tracker, 1);
  Thread second{tracker, Read, {0, 8}};
  wait_for_waiters(tracker, 2);
  Thread third{tracker, Write, {8, 8}};
  wait_for_waiters(tracker, 3);
  Thread fourth{tracker, Read, {0, 4}};
  wait_for_waiters(tracker, 4);
  writer.release();
  first.wait_until_it_holds();
  second.wait_until_it_holds();
  fourth.wait_until_it_holds();
  CHECK(tracker.waiter_count() == 1);
  first.release();
  third.wait_until_it_holds();
}

TEST_CASE("a waiting writer holds off new readers of its bytes", "[access_waiting]") {
  AccessTracker tracker{0};
  Thread reader{tracker, Read, {0, 8}};
  reader.wait_until_it_holds();
  Thread writer{tracker, Write, {0, 16}};
  wait_for_waiters(tracker, 1);

  CHECK_FALSE(can_acquire(tracker, Read, {0, 8}));
  CHECK_FALSE(can_acquire(tracker, Read, {15, 1}));
  CHECK(can_acquire(tracker, Write, {16, 8}));
  Thread late{tracker, Read, {8, 8}};
  wait_for_waiters(tracker, 2);

  reader.release();
  writer.wait_until_it_holds();
  CHECK_FALSE(late.holds());
  CHECK(tracker.waiter_count() == 1);
  writer.release();
  late.wait_until_it_holds();
}

TEST_CASE("a waiting writer does not hold off the thread that it waits for", "[access_waiting]") {
  AccessTracker tracker{0};
  Hold first{tracker, Read, {0, 8}};
  Thread writer{tracker, Write, {0, 16}};
  wait_for_waiters(tracker, 1);

  Hold second{tracker, Read, {4, 8}, Wait::not_at_all()};
  CHECK(second);
  Hold third{tracker, Read, {12, 2}, a_minute};
  CHECK(third);
  first.release();
  second.release();
  CHECK(tracker.waiter_count() == 1);
  third.release();
  writer.wait_until_it_holds();
}

TEST_CASE("a waiter's bytes are handed over: nobody comes between", "[access_waiting]") {
  AccessTracker tracker{0};
  Hold first{tracker, Write, all};
  Gate gate;
  auto second = in_thread([&] {
    Hold const hold{tracker, Write, all, a_minute};
    gate.pass();
    return static_cast<bool>(hold);
  });
  wait_for_waiters(tracker, 1);
  first.release();
  CHECK(tracker.waiter_count() == 0);
  CHECK_FALSE(can_acquire(tracker, Read, all));
  gate.open();
  CHECK(second.get());
}

TEST_CASE("who may not wait does not", "[access_waiting]") {
  AccessTracker tracker{0};
  Hold const held{tracker, Write, all};
  CHECK_FALSE(Hold{tracker, Read, all, Wait::not_at_all()});
  CHECK_FALSE(in_thread([&] { return can_acquire(tracker, Read, all); }).get());
  CHECK(tracker.waiter_count() == 0);
}

TEST_CASE("a wait that ends leaves nothing behind", "[access_waiting]") {
  AccessTracker tracker{0};
  Hold held{tracker, Write, all};
  Thread waiter{tracker, Read, all, Wait::at_most(std::chrono::milliseconds{5})};
  waiter.wait_until_it_gives_up();
  CHECK(tracker.waiter_count() == 0);
  held.release();
  CHECK(tracker.idle());
}

TEST_CASE("whom a waiter held off does not wait for it when it has given up", "[access_waiting]") {
  AccessTracker tracker{0};
  Thread reader{tracker, Read, all};
  reader.wait_until_it_holds();
  Thread writer{tracker, Write, all, Wait::at_most(std::chrono::milliseconds{300})};
  wait_until([&] { return tracker.waiter_count() == 1; });
  Thread late{tracker, Read, all};
  writer.wait_until_it_gives_up();
  late.wait_until_it_holds();
  late.release();
  reader.release();
  CHECK(tracker.idle());
}

TEST_CASE("a time beyond what the clock counts is no time in the past", "[access_waiting]") {
  AccessTracker tracker{0};
  Hold held{tracker, Write, all};
  Thread first{tracker, Write, all, Wait::forever()};
  wait_for_waiters(tracker, 1);
  Thread second{tracker, Write, all, Wait{Wait::forever().nanoseconds - 1}};
  wait_for_waiters(tracker, 2);
  held.release();
  first.wait_until_it_holds();
  first.release();
  second.wait_until_it_holds();
}

}  // namespace ashlar::detail
