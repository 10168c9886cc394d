// Entries of the device's in a tracker: held by a thread, queued in a transfer, in flight.

#include <ashlar/buffer/access.hpp>
#include <ashlar/error.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <utility>
#include <vector>

#include "buffer/access_threads.hpp"
#include "buffer/access_tracker.hpp"
#include "device/device_state.hpp"
#include "support/catch.hpp"

namespace ashlar::detail {
namespace {

using enum AccessKind;

/// A device whose every semaphore is at `reached`, and where one who waits is woken by `reach`.
class FakeDevice {
 public:
  FakeDevice() {
    current = this;
    state.features.timeline_semaphore = true;
    state.vk.vkDestroySemaphore = [](VkDevice, VkSemaphore, VkAllocationCallbacks const*) {};
    state.vk.vkGetSemaphoreCounterValue = [](VkDevice, VkSemaphore, std::uint64_t* value) {
      *value = current->reached_;
      return VK_SUCCESS;
    };
    state.vk.vkWaitSemaphores = [](VkDevice, VkSemaphoreWaitInfo const* info, std::uint64_t timeout) {
      ++current->waits_;
      auto const is_over = [&] { return current->reached_ >= info->pValues[0]; };
      if (timeout != 0) {
        std::this_thread::yield();  // A driver may return before the time has passed.
      }
      return is_over() ? VK_SUCCESS : VK_TIMEOUT;
    };
  }
  FakeDevice(FakeDevice const&) = delete;
  FakeDevice& operator=(FakeDevice const&) = delete;
  ~FakeDevice() { current = nullptr; }

  void reach(std::uint64_t value) { reached_ = value; }
  [[nodiscard]] std::uint64_t waits() const { return waits_; }

  DeviceState state;

 private:
  static inline FakeDevice* current = nullptr;

  std::atomic<std::uint64_t> reached_{0};
  std::atomic<std::uint64_t> waits_{0};
};

/// Work with one entry, which lives in the test.
class FakeWork final : public DeviceWork {
 public:
  FakeWork(FakeDevice& device, std::uint64_t its_value)
      : DeviceWork{device.state, reinterpret_cast<VkSemaphore>(std::uintptr_t{32}), reached} {
    set_value(its_value);
  }

  /// In flight from now on, with its entries; a reference stays with the device until it is done.
  void begin(AccessTracker& its_tracker, std::vector<DeviceEntry*> its_entries) {
    tracker = &its_tracker;
    entries = std::move(its_entries);
    for (DeviceEntry* const entry : entries) {
      tracker->begin_work(*entry, *this);
    }
    add_reference();
    device_.in_flight.add_tracked(*this);
  }

  std::atomic<std::uint64_t> reached{0};
  AccessTracker* tracker = nullptr;
  std::vector<DeviceEntry*> entries;
  std::atomic<bool> finished{false};
  bool destroys_tracker = false;

 private:
  void finish() noexcept override {
    for (DeviceEntry* const entry : entries) {
      destroys_tracker = tracker->end_work(*entry);
    }
    finished = true;
  }
};

/// A transfer that is submitted when it is awaited.
class FakeTransfer final : public Awaited {
 public:
  bool try_retain() noexcept override {
    ++references;
    return !gone;
  }
  void drop() noexcept override { --references; }
  void await(std::int64_t) override {
    ++asked;
    if (submit != nullptr) {
      submit();
    }
  }

  std::atomic<int> references{0};
  std::atomic<int> asked{0};
  bool gone = false;
  std::function<void()> submit;
};

DeviceEntry device_entry(AccessKind kind, ByteRange range, Awaited* transfer = nullptr) {
  DeviceEntry entry;
  static_cast<AccessEntry&>(entry) = entry_of(kind, range);
  entry.device = true;
  entry.transfer = transfer;
  return entry;
}

/// An entry that this thread holds.
DeviceEntry& hold(AccessTracker& tracker, DeviceEntry& entry) {
  REQUIRE(tracker.acquire(entry, Wait::not_at_all()));
  return entry;
}

Counted<FakeWork> work_of(FakeDevice& device, std::uint64_t value) { return Counted{new FakeWork{device, value}}; }

/// The values of what is in flight and conflicts with `entry`.
std::vector<std::uint64_t> conflicts(AccessTracker const& tracker, DeviceEntry const& entry) {
  std::vector<std::uint64_t> values;
  tracker.visit_in_flight(entry, [&](DeviceWork const& work) { values.push_back(work.value()); });
  return values;
}

std::vector<ByteRange> ranges_of(RangeSet const& set) { return {set.ranges().begin(), set.ranges().end()}; }

constexpr ByteRange all{0, 64};
constexpr ByteRange low{0, 32};
constexpr ByteRange high{32, 32};

}  // namespace

TEST_CASE("a thread holds an entry of the device's as any other", "[access_work]") {
  AccessTracker tracker{0};
  auto entry = device_entry(Write, low);
  hold(tracker, entry);
  CHECK_THROWS_AS(Hold(tracker, Read, low), AccessConflictError);
  CHECK_FALSE(in_thread([&] { return can_acquire(tracker, Read, low); }).get());
  CHECK(in_thread([&] { return can_acquire(tracker, Write, high); }).get());
  CHECK_FALSE(tracker.release(entry));
  CHECK(tracker.idle());
}

TEST_CASE("what is in flight keeps the host away until it is done, and not the device", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  auto entry = device_entry(Write, low);
  auto const work = work_of(device, 1);
  work->begin(tracker, {&hold(tracker, entry)});
  CHECK_FALSE(tracker.idle());
  CHECK_FALSE(can_acquire(tracker, Read, low));
  CHECK_FALSE(can_acquire(tracker, Overwrite, {31, 2}));
  CHECK(can_acquire(tracker, Write, high));
  CHECK_FALSE(Hold(tracker, Write, low, Wait::at_most(std::chrono::milliseconds{1})));

  auto next = device_entry(Write, all);
  hold(tracker, next);
  CHECK(conflicts(tracker, next) == std::vector<std::uint64_t>{1});
  CHECK_FALSE(tracker.release(next));

  device.reach(1);
  CHECK(can_acquire(tracker, Write, low));
  CHECK(work->finished);
  CHECK(tracker.idle());
}

TEST_CASE("who waits for what is in flight goes on when it is done", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  auto entry = device_entry(Write, low);
  auto const work = work_of(device, 1);
  work->begin(tracker, {&hold(tracker, entry)});
  auto reading = in_thread([&] { return static_cast<bool>(Hold(tracker, Read, all)); });
  wait_for_waiters(tracker, 1);
  device.reach(1);
  CHECK(reading.get());
  CHECK(work->finished);
  CHECK(tracker.idle());
}

TEST_CASE("who waits for a thread's entry waits for the device when that is in flight", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  auto entry = device_entry(Read, low);
  hold(tracker, entry);
  auto writing = in_thread([&] { return static_cast<bool>(Hold(tracker, Write, all)); });
  wait_for_waiters(tracker, 1);
  CHECK(device.waits() == 0);
  auto const work = work_of(device, 1);
  work->begin(tracker, {&entry});
  wait_until([&] { return device.waits() != 0; });
  CHECK(tracker.waiter_count() == 1);
  device.reach(1);
  CHECK(writing.get());
  CHECK(tracker.idle());
}

TEST_CASE("reads of the device's and the host's go together", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  auto entry = device_entry(Read, low);
  auto const work = work_of(device, 1);
  work->begin(tracker, {&hold(tracker, entry)});
  CHECK(can_acquire(tracker, Read, all));
  CHECK_FALSE(can_acquire(tracker, Write, low));
  auto next = device_entry(Read, low);
  hold(tracker, next);
  CHECK(conflicts(tracker, next).empty());
  CHECK_FALSE(tracker.release(next));
  device.reach(1);
  device.state.in_flight.retire();
  CHECK(tracker.idle());
}

TEST_CASE("where memory is not coherent the host and the device conflict in atoms, the device with itself in bytes",
          "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{16};
  auto entry = device_entry(Write, {20, 4});
  auto const work = work_of(device, 1);
  work->begin(tracker, {&hold(tracker, entry)});
  CHECK_FALSE(can_acquire(tracker, Read, {16, 1}));
  CHECK_FALSE(can_acquire(tracker, Read, {31, 1}));
  CHECK(can_acquire(tracker, Write, {15, 1}));
  CHECK(can_acquire(tracker, Write, {32, 1}));
  auto beside = device_entry(Write, {24, 4});
  CHECK(conflicts(tracker, beside).empty());
  auto over = device_entry(Read, {23, 1});
  CHECK(conflicts(tracker, over) == std::vector<std::uint64_t>{1});
  device.reach(1);
  device.state.in_flight.retire();
  CHECK(tracker.idle());
}

TEST_CASE("only work that conflicts and may not be done is a dependency", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  DeviceEntry entries[] = {device_entry(Write, low), device_entry(Read, high), device_entry(Write, {60, 4})};
  std::vector<Counted<FakeWork>> works;
  for (DeviceEntry& entry : entries) {
    works.push_back(work_of(device, works.size() + 1));
    works.back()->begin(tracker, {&hold(tracker, entry)});
  }
  CHECK(conflicts(tracker, device_entry(Write, all)) == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(conflicts(tracker, device_entry(Read, all)) == std::vector<std::uint64_t>{1, 3});
  CHECK(conflicts(tracker, device_entry(Read, {40, 4})).empty());
  CHECK(conflicts(tracker, device_entry(Write, {40, 4})) == std::vector<std::uint64_t>{2});
  works[0]->reached = 1;  // Known, but not finished yet.
  CHECK(conflicts(tracker, device_entry(Write, low)).empty());
  CHECK(can_acquire(tracker, Write, low));
  device.reach(3);
  device.state.in_flight.retire();
  CHECK(tracker.idle());
}

TEST_CASE("later entries of the device's queue behind a host that waits", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  auto entry = device_entry(Write, low);
  auto const work = work_of(device, 1);
  work->begin(tracker, {&hold(tracker, entry)});
  Gate gate;
  auto writing = in_thread([&] {
    Hold const host{tracker, Write, all};
    gate.pass();
  });
  wait_for_waiters(tracker, 1);
  auto later = device_entry(Write, {8, 4});
  CHECK_FALSE(tracker.acquire(later, Wait::not_at_all()));
  auto submitting = in_thread([&] {
    auto own = device_entry(Write, {8, 4});
    bool const held = tracker.acquire(own, Wait::forever());
    return held && !tracker.release(own);
  });
  wait_for_waiters(tracker, 2);
  device.reach(1);
  gate.wait_for_arrivals(1);
  CHECK(tracker.waiter_count() == 1);
  gate.open();
  writing.get();
  CHECK(submitting.get());
  CHECK(tracker.idle());
}

TEST_CASE("who finds a queued entry in the way has its transfer submitted", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  FakeTransfer transfer;
  auto entry = device_entry(Write, low, &transfer);
  hold(tracker, entry);
  CHECK_FALSE(tracker.queue(entry, entry));
  CHECK(can_acquire(tracker, Write, high));
  CHECK(transfer.asked == 0);
  auto const work = work_of(device, 1);
  bool submitted = false;
  transfer.submit = [&] {
    if (!std::exchange(submitted, true)) {
      work->begin(tracker, {&entry});
    }
  };
  SECTION("also by a try, which is empty then") {
    CHECK_FALSE(can_acquire(tracker, Read, low));
    CHECK(transfer.asked == 1);
    CHECK(submitted);
    CHECK_FALSE(can_acquire(tracker, Read, low));
    device.reach(1);
    CHECK(can_acquire(tracker, Read, low));
  }
  SECTION("by one who waits, for the device then") {
    auto reading = in_thread([&] { return static_cast<bool>(Hold(tracker, Read, low)); });
    wait_until([&] { return device.waits() > 0 && tracker.waiter_count() == 1; });
    CHECK(submitted);
    device.reach(1);
    CHECK(reading.get());
  }
  SECTION("by a submission, which goes on at once") {
    auto next = device_entry(Write, low);
    CHECK(tracker.acquire(next, Wait::forever()));
    CHECK(submitted);
    CHECK(conflicts(tracker, next) == std::vector<std::uint64_t>{1});
    CHECK_FALSE(tracker.release(next));
    device.reach(1);
  }
  CHECK(transfer.references == 0);
  device.state.in_flight.retire();
  CHECK(tracker.idle());
}

TEST_CASE("a transfer's own queued entries do not stand in its way", "[access_work]") {
  AccessTracker tracker{0};
  FakeTransfer transfer;
  FakeTransfer stranger;
  auto entry = device_entry(Write, low, &transfer);
  hold(tracker, entry);
  CHECK_FALSE(tracker.queue(entry, entry));
  auto own = device_entry(Write, all, &transfer);
  CHECK(tracker.acquire(own, Wait::not_at_all()));
  CHECK_FALSE(tracker.release(own));
  CHECK(transfer.asked == 0);
  auto strange = device_entry(Write, all, &stranger);
  CHECK_FALSE(tracker.acquire(strange, Wait::not_at_all()));
  CHECK(transfer.asked == 1);
  CHECK(stranger.asked == 0);
  CHECK_FALSE(tracker.release(entry));
  CHECK(tracker.idle());
}

TEST_CASE("whether somebody waits already is said when an entry is queued", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  FakeTransfer transfer;
  auto entry = device_entry(Write, low, &transfer);
  hold(tracker, entry);
  auto reading = in_thread([&] { return static_cast<bool>(Hold(tracker, Read, {0, 1})); });
  wait_for_waiters(tracker, 1);
  CHECK(tracker.queue(entry, entry));
  auto const work = work_of(device, 1);
  work->begin(tracker, {&entry});  // As who queued it is told to.
  device.reach(1);
  CHECK(reading.get());
  CHECK(tracker.idle());
}

TEST_CASE("an entry that touches a queued one of its transfer becomes a part of it", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  FakeTransfer transfer;
  auto queued = device_entry(Write, {8, 8}, &transfer);
  hold(tracker, queued);
  CHECK_FALSE(tracker.queue(queued, queued));
  auto touching = device_entry(Write, {16, 8}, &transfer);
  hold(tracker, touching);
  CHECK_FALSE(tracker.merge(touching, queued));
  CHECK(queued.range == ByteRange{8, 16});
  auto overlapping = device_entry(Write, {0, 20}, &transfer);
  hold(tracker, overlapping);
  CHECK_FALSE(tracker.merge(overlapping, queued));
  CHECK(queued.range == ByteRange{0, 24});
  CHECK_FALSE(can_acquire(tracker, Read, {23, 1}));
  CHECK(can_acquire(tracker, Read, {24, 1}));
  auto const work = work_of(device, 1);
  work->begin(tracker, {&queued});
  CHECK(conflicts(tracker, device_entry(Read, {0, 1})) == std::vector<std::uint64_t>{1});
  CHECK(conflicts(tracker, device_entry(Read, {24, 1})).empty());
  device.reach(1);
  device.state.in_flight.retire();
  CHECK(tracker.idle());
}

TEST_CASE("a merge says whether somebody waits for what was queued", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  FakeTransfer transfer;
  auto queued = device_entry(Write, {8, 8}, &transfer);
  hold(tracker, queued);
  CHECK_FALSE(tracker.queue(queued, queued));
  auto touching = device_entry(Write, {16, 8}, &transfer);
  hold(tracker, touching);
  auto reading = in_thread([&] { return static_cast<bool>(Hold(tracker, Read, {20, 1})); });
  wait_for_waiters(tracker, 1);
  CHECK(tracker.merge(touching, queued));
  auto const work = work_of(device, 1);
  work->begin(tracker, {&queued});
  device.reach(1);
  CHECK(reading.get());
  CHECK(tracker.idle());
}

TEST_CASE("a transfer that is going away is not asked", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  FakeTransfer transfer;
  transfer.gone = true;
  auto entry = device_entry(Write, low, &transfer);
  hold(tracker, entry);
  CHECK_FALSE(tracker.queue(entry, entry));
  CHECK_FALSE(can_acquire(tracker, Read, low));
  CHECK(transfer.asked == 0);
  CHECK_FALSE(tracker.release(entry));
  CHECK(tracker.idle());
}

TEST_CASE("a retired tracker is left to the device while something is in flight", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  DeviceEntry entries[] = {device_entry(Write, low), device_entry(Write, high)};
  auto const first = work_of(device, 1);
  auto const second = work_of(device, 2);
  first->begin(tracker, {&hold(tracker, entries[0])});
  second->begin(tracker, {&hold(tracker, entries[1])});
  CHECK(tracker.retire());
  CHECK(tracker.in_flight());
  CHECK(tracker.leave_to_device());
  device.reach(1);
  device.state.in_flight.retire();
  CHECK(first->finished);
  CHECK_FALSE(first->destroys_tracker);
  device.reach(2);
  device.state.in_flight.retire();
  CHECK(second->destroys_tracker);
  CHECK_FALSE(tracker.in_flight());
}

TEST_CASE("a retired tracker whose work is done meanwhile is not left to the device", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  auto entry = device_entry(Write, low);
  auto const work = work_of(device, 1);
  work->begin(tracker, {&hold(tracker, entry)});
  CHECK(tracker.retire());
  device.reach(1);
  device.state.in_flight.retire();
  CHECK_FALSE(work->destroys_tracker);
  CHECK_FALSE(tracker.in_flight());
  CHECK_FALSE(tracker.leave_to_device());
}

TEST_CASE("the last entry of a retired tracker tells its holder, though something is in flight", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  auto entry = device_entry(Read, low);
  auto const work = work_of(device, 1);
  work->begin(tracker, {&hold(tracker, entry)});
  Hold guard{tracker, Read, low};
  CHECK_FALSE(tracker.retire());
  CHECK(guard.release());
  CHECK(tracker.leave_to_device());
  device.reach(1);
  device.state.in_flight.retire();
  CHECK(work->destroys_tracker);
}

TEST_CASE("who is let in by the loss of the device does not keep what it gets", "[access_work]") {
  FakeDevice device;
  AccessTracker tracker{0};
  auto entry = device_entry(Write, low);
  auto const work = work_of(device, 1);
  work->begin(tracker, {&hold(tracker, entry)});
  auto reading = in_thread([&] { return static_cast<bool>(Hold(tracker, Read, low)); });
  wait_until([&] { return device.waits() > 1 && tracker.waiter_count() == 1; });
  device.state.in_flight.notify_lost();
  CHECK_THROWS_AS(reading.get(), VulkanError);
  CHECK(work->finished);
  CHECK(tracker.idle());
}

TEST_CASE("what a thread is about to submit has invalidated nothing for others", "[access_work]") {
  AccessTracker tracker{16};
  auto entry = device_entry(Read, {0, 32});
  REQUIRE(tracker.acquire(entry, Wait::not_at_all()));
  tracker.settle(entry, tracker.prepare(entry));
  auto reader = entry_of(Read, {8, 16});
  REQUIRE(tracker.acquire(reader, Wait::not_at_all()));
  Arrival const arrival = tracker.prepare(reader);
  CHECK(ranges_of(arrival.invalidate) == std::vector{ByteRange{0, 32}});
  tracker.settle(reader, arrival);
  CHECK_FALSE(tracker.release(reader));
  CHECK_FALSE(tracker.release(entry));
}

TEST_CASE("the device's entry flushes what is dirty, and invalidates nothing", "[access_work]") {
  AccessTracker tracker{16};
  auto writer = entry_of(Write, {4, 20});
  REQUIRE(tracker.acquire(writer, Wait::not_at_all()));
  tracker.settle(writer, tracker.prepare(writer));
  tracker.add_dirty(writer);
  CHECK_FALSE(tracker.release(writer));
  auto entry = device_entry(Write, {16, 32});
  REQUIRE(tracker.acquire(entry, Wait::not_at_all()));
  Arrival const arrival = tracker.prepare(entry);
  CHECK(ranges_of(arrival.flush) == std::vector{ByteRange{16, 16}});
  CHECK(arrival.invalidate.empty());
  tracker.settle(entry, arrival);
  CHECK(ranges_of(tracker.dirty()) == std::vector{ByteRange{0, 16}});
  CHECK_FALSE(tracker.release(entry));
}

}  // namespace ashlar::detail
