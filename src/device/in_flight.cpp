#include "device/in_flight.hpp"

#include <ashlar/error.hpp>

#include "device/check.hpp"
#include "device/device_state.hpp"
#include "device/queue_timeline.hpp"

#include <algorithm>
#include <chrono>

namespace ashlar::detail {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t forever = INT64_MAX;

/// What is left of a time that began at `begin`.
std::int64_t time_left(std::int64_t nanoseconds, Clock::time_point begin) noexcept {
  if (nanoseconds == 0 || nanoseconds == forever) {
    return nanoseconds;
  }
  std::int64_t const passed = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count();
  return std::max<std::int64_t>(nanoseconds - passed, 0);
}

void raise(std::atomic<std::uint64_t>& reached, std::uint64_t value) noexcept {
  std::uint64_t known = reached.load(std::memory_order_relaxed);
  while (known < value && !reached.compare_exchange_weak(known, value, std::memory_order_acq_rel)) {
  }
}

}  // namespace

Awaited::~Awaited() = default;

DeviceWork::~DeviceWork() = default;

bool DeviceWork::try_retain() noexcept {
  add_reference();
  return true;
}

void DeviceWork::drop() noexcept {
  if (drop_reference()) {
    delete this;
  }
}

void DeviceWork::await(std::int64_t nanoseconds) {
  if (device_.in_flight.wait(semaphore_, reached_, value_, nanoseconds)) {
    device_.in_flight.retire();
  }
}

void InFlight::require_timeline_semaphores(char const* context) const {
  if (!device_.features.timeline_semaphore) {
    throw ValidationError{context,
                          "this needs timeline semaphores, which this device lacks or, being adopted, was not created "
                          "with: Vulkan 1.2 or VK_KHR_timeline_semaphore, and its feature",
                          "VUID-VkSemaphoreTypeCreateInfo-timelineSemaphore-03252"};
  }
}

void InFlight::add(QueueState& queue, DeviceWork& work) noexcept {
  std::lock_guard const lock{mutex_};
  queue.timeline.works.push_back(work);
  count_.fetch_add(1, std::memory_order_release);
}

void InFlight::add_tracked(DeviceWork& work) noexcept {
  std::lock_guard const lock{mutex_};
  tracked_.push_back(work);
  count_.fetch_add(1, std::memory_order_release);
}

/// Asks the driver how far the semaphore has come.
void InFlight::query(VkSemaphore semaphore, std::atomic<std::uint64_t>& reached) noexcept {
  std::uint64_t value = 0;
  VkResult const result = device_.vk.vkGetSemaphoreCounterValue(device_.handle, semaphore, &value);
  if (result == VK_SUCCESS) {
    raise(reached, value);
  } else if (result == VK_ERROR_DEVICE_LOST) {
    lost_.store(true, std::memory_order_release);
  }
}

/// \pre The mutex is held.
void InFlight::take_done(IntrusiveList<DeviceWork>& works, IntrusiveList<DeviceWork>& done) noexcept {
  for (DeviceWork* work = works.front(); work != nullptr;) {
    DeviceWork* const next = work->next;
    if (work->is_done() || is_lost()) {
      works.remove(*work);
      done.push_back(*work);
      count_.fetch_sub(1, std::memory_order_relaxed);
    } else if (&works != &tracked_) {
      break;  // What was submitted later is done later.
    }
    work = next;
  }
}

void InFlight::retire() noexcept {
  if (count_.load(std::memory_order_acquire) == 0) {
    return;
  }
  IntrusiveList<DeviceWork> done;
  {
    std::lock_guard const lock{mutex_};
    for (QueueState& queue : device_.queues) {
      if (DeviceWork const* const first = queue.timeline.works.front(); first != nullptr && !is_lost()) {
        query(queue.timeline.semaphore, queue.timeline.reached);
      }
    }
    for (DeviceWork* work = tracked_.front(); work != nullptr && !is_lost(); work = work->next) {
      if (!work->is_done()) {
        query(work->semaphore(), work->reached_);
      }
    }
    for (QueueState& queue : device_.queues) {  // All of them, if the last query has found the device lost.
      take_done(queue.timeline.works, done);
    }
    take_done(tracked_, done);
  }
  for (DeviceWork* work = done.front(); work != nullptr;) {
    DeviceWork* const next = work->next;
    work->finish();
    work->drop();
    work = next;
  }
}

/// Asks again and again for a short while: a wait for a small copy takes the driver four times as long as the copy
/// does.
bool InFlight::poll(VkSemaphore semaphore, std::atomic<std::uint64_t>& reached, std::uint64_t value,
                    std::int64_t nanoseconds) noexcept {
  constexpr std::int64_t longest = 20'000;
  auto const begin = Clock::now();
  do {
    query(semaphore, reached);
  } while (reached.load(std::memory_order_acquire) < value && !is_lost() &&
           time_left(std::min(nanoseconds, longest), begin) != 0);
  return reached.load(std::memory_order_acquire) >= value;
}

/// A thread that is known to wait, from its first look at the semaphore to its last.
class InFlight::Waiting {
 public:
  Waiting(InFlight& in_flight, VkSemaphore semaphore, std::atomic<std::uint64_t> const& reached,
          std::uint64_t value) noexcept
      : in_flight_{in_flight}, waiter_{semaphore, reached, value} {
    std::lock_guard const lock{in_flight_.wait_mutex_};
    in_flight_.waiters_.push_back(waiter_);
  }
  Waiting(Waiting const&) = delete;
  Waiting& operator=(Waiting const&) = delete;
  ~Waiting() {
    std::lock_guard const lock{in_flight_.wait_mutex_};
    in_flight_.waiters_.remove(waiter_);
    in_flight_.wait_ended_.notify_all();
  }

  [[nodiscard]] SemaphoreWaiter& waiter() noexcept { return waiter_; }

 private:
  InFlight& in_flight_;
  SemaphoreWaiter waiter_;
};

bool InFlight::wait(VkSemaphore semaphore, std::atomic<std::uint64_t>& reached, std::uint64_t value,
                    std::int64_t nanoseconds) {
  auto const begin = Clock::now();
  if (reached.load(std::memory_order_acquire) >= value) {
    return true;
  }
  Waiting waiting{*this, semaphore, reached, value};
  // Cancelled work may have gone, and its semaphore, before this was known to wait.
  if (reached.load(std::memory_order_acquire) >= value || poll(semaphore, reached, value, nanoseconds)) {
    return true;
  }
  for (;;) {
    if (is_lost()) {
      retire();  // A query has found it so, perhaps.
      throw VulkanError{VK_ERROR_DEVICE_LOST, "vkWaitSemaphores"};
    }
    std::int64_t const left = time_left(nanoseconds, begin);
    if (left == 0) {
      return false;
    }
    wait_in_turn(waiting.waiter(), reached, left);
    if (reached.load(std::memory_order_acquire) < value) {
      query(semaphore, reached);
    }
    if (reached.load(std::memory_order_acquire) >= value) {
      return true;
    }
  }
}

bool InFlight::try_wait(VkSemaphore semaphore, std::atomic<std::uint64_t>& reached, std::uint64_t value,
                        std::int64_t nanoseconds) noexcept {
  try {
    return wait(semaphore, reached, value, nanoseconds);
  } catch (Error const&) {
    return false;
  }
}

/// Waits in the driver, or for another thread that waits there for the same or less.
void InFlight::wait_in_turn(SemaphoreWaiter& waiter, std::atomic<std::uint64_t>& reached, std::int64_t nanoseconds) {
  {
    std::unique_lock lock{wait_mutex_};
    if (reached.load(std::memory_order_acquire) >= waiter.value || is_lost()) {
      return;  // Whoever wakes is through, or will take the mutex.
    }
    if (others_wait_for(waiter)) {
      if (nanoseconds == forever) {
        wait_ended_.wait(lock);
      } else {
        wait_ended_.wait_for(lock, std::chrono::nanoseconds{nanoseconds});
      }
      return;
    }
    waiter.in_driver = true;
  }
  VkResult const result = wait_in_driver(waiter, reached, nanoseconds);
  {
    std::lock_guard const lock{wait_mutex_};
    waiter.in_driver = false;
    if (result == VK_SUCCESS) {
      raise(reached, waiter.value);
    }
    wait_ended_.notify_all();
  }
  check_device(result, "vkWaitSemaphores");
}

/// \pre The mutex of the waiters is held.
bool InFlight::others_wait_for(SemaphoreWaiter const& waiter) const noexcept {
  for (SemaphoreWaiter const* other = waiters_.front(); other != nullptr; other = other->next) {
    if (other->in_driver && other->semaphore == waiter.semaphore && other->value <= waiter.value) {
      return true;
    }
  }
  return false;
}

/// In slices: nothing else ends a wait for work that is cancelled, or of a device that somebody found lost.
VkResult InFlight::wait_in_driver(SemaphoreWaiter const& waiter, std::atomic<std::uint64_t> const& reached,
                                  std::int64_t nanoseconds) const noexcept {
  constexpr std::int64_t slice = 10'000'000;
  VkSemaphoreWaitInfo const info{
      VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO, nullptr, 0, 1, &waiter.semaphore, &waiter.value};
  auto const begin = Clock::now();
  VkResult result = VK_TIMEOUT;
  for (std::int64_t left = nanoseconds;
       result == VK_TIMEOUT && left != 0 && reached.load(std::memory_order_acquire) < waiter.value && !is_lost();
       left = time_left(nanoseconds, begin)) {
    result = device_.vk.vkWaitSemaphores(device_.handle, &info, static_cast<std::uint64_t>(std::min(left, slice)));
  }
  return result;
}

void InFlight::let_go(std::atomic<std::uint64_t> const& reached) noexcept {
  std::unique_lock lock{wait_mutex_};
  wait_ended_.wait(lock, [&] {
    for (SemaphoreWaiter const* waiter = waiters_.front(); waiter != nullptr; waiter = waiter->next) {
      if (&waiter->reached == &reached) {
        return false;
      }
    }
    return true;
  });
}

void InFlight::wake() noexcept {
  std::lock_guard const lock{wait_mutex_};
  wait_ended_.notify_all();
}

void InFlight::notify_lost() noexcept {
  lost_.store(true, std::memory_order_release);
  wake();
  retire();
}

void InFlight::check_device(VkResult result, char const* function) {
  if (result == VK_ERROR_DEVICE_LOST) {
    notify_lost();
  }
  check(result, function);
}

void InFlight::add_orphan(std::uint64_t& count) noexcept {
  std::lock_guard const lock{mutex_};
  ++count;
}

void InFlight::remove_orphan(std::uint64_t& count) noexcept {
  std::lock_guard const lock{mutex_};
  --count;
  orphan_freed_.notify_all();
}

void InFlight::wait_for_orphans(std::uint64_t const& count) noexcept {
  std::unique_lock lock{mutex_};
  while (count != 0) {
    lock.unlock();
    bool const waited = wait_for_some();
    retire();
    lock.lock();
    if (!waited && count != 0) {  // Another thread is about to free them.
      orphan_freed_.wait(lock);
    }
  }
}

/// Waits for some work in flight; false if there is none.
bool InFlight::wait_for_some() noexcept {
  DeviceWork* work = nullptr;
  {
    std::lock_guard const lock{mutex_};
    for (QueueState const& queue : device_.queues) {
      work = work == nullptr ? queue.timeline.works.front() : work;
    }
    work = work == nullptr ? tracked_.front() : work;
    if (work == nullptr) {
      return false;
    }
    work->add_reference();
  }
  // Not longer than that: some other work may be done before.
  static_cast<void>(try_wait(work->semaphore(), work->reached_, work->value(), 10'000'000));
  work->drop();
  return true;
}

void InFlight::end() noexcept {
  while (count_.load(std::memory_order_acquire) != 0) {
    static_cast<void>(wait_for_some());
    retire();
  }
  for (QueueState& queue : device_.queues) {
    queue.timeline.destroy(device_);
  }
}

}  // namespace ashlar::detail
