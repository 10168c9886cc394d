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

void InFlight::prepare(char const* context) {
  if (!device_.features.timeline_semaphore) {
    throw ValidationError{context,
                          "this needs timeline semaphores, which this device lacks or, being adopted, was not created "
                          "with: Vulkan 1.2 or VK_KHR_timeline_semaphore, and its feature",
                          "VUID-VkSemaphoreTypeCreateInfo-timelineSemaphore-03252"};
  }
  std::lock_guard const lock{wake_mutex_};
  if (wake_semaphore_.load(std::memory_order_relaxed) == VK_NULL_HANDLE) {
    wake_semaphore_.store(create_timeline_semaphore(device_), std::memory_order_release);
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
VkResult InFlight::query(VkSemaphore semaphore, std::atomic<std::uint64_t>& reached) noexcept {
  std::uint64_t value = 0;
  VkResult const result = device_.vk.vkGetSemaphoreCounterValue(device_.handle, semaphore, &value);
  if (result == VK_SUCCESS) {
    raise(reached, value);
  } else if (result == VK_ERROR_DEVICE_LOST) {
    lost_.store(true, std::memory_order_release);
  }
  return result;
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
        static_cast<void>(query(queue.timeline.semaphore, queue.timeline.reached));
      }
      take_done(queue.timeline.works, done);
    }
    for (DeviceWork* work = tracked_.front(); work != nullptr && !is_lost(); work = work->next) {
      if (!work->is_done()) {
        static_cast<void>(query(work->semaphore(), work->reached_));
      }
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

bool InFlight::wait(VkSemaphore semaphore, std::atomic<std::uint64_t>& reached, std::uint64_t value,
                    std::int64_t nanoseconds) {
  auto const begin = Clock::now();
  for (;;) {
    std::uint64_t const wakes = wakes_.load(std::memory_order_acquire);  // Before what a wake is about is looked at.
    if (reached.load(std::memory_order_acquire) >= value) {
      return true;
    }
    if (is_lost()) {
      throw VulkanError{VK_ERROR_DEVICE_LOST, "vkWaitSemaphores"};
    }
    VkSemaphore const semaphores[] = {semaphore, wake_semaphore_.load(std::memory_order_acquire)};
    std::uint64_t const values[] = {value, wakes + 1};
    VkSemaphoreWaitInfo const info{VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                   nullptr,
                                   VK_SEMAPHORE_WAIT_ANY_BIT,
                                   2,
                                   semaphores,
                                   values};
    std::int64_t const left = time_left(nanoseconds, begin);
    VkResult const result =
        device_.vk.vkWaitSemaphores(device_.handle, &info, left == forever ? UINT64_MAX : static_cast<std::uint64_t>(left));
    check_device(result, "vkWaitSemaphores");
    if (result == VK_TIMEOUT) {
      if (time_left(nanoseconds, begin) == 0) {
        return reached.load(std::memory_order_acquire) >= value;
      }
    } else if (reached.load(std::memory_order_acquire) < value) {
      // Which of the two it was; validation layers do not know either without that.
      check_device(query(semaphore, reached), "vkGetSemaphoreCounterValue");
    }
  }
}

void InFlight::wake() noexcept {
  std::lock_guard const lock{wake_mutex_};
  VkSemaphore const semaphore = wake_semaphore_.load(std::memory_order_relaxed);
  if (semaphore != VK_NULL_HANDLE) {
    // First the count: who is woken sees that it was not by what he waits for.
    std::uint64_t const value = wakes_.fetch_add(1, std::memory_order_acq_rel) + 1;
    VkSemaphoreSignalInfo const info{VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, nullptr, semaphore, value};
    device_.vk.vkSignalSemaphore(device_.handle, &info);
  }
}

void InFlight::notify_lost() noexcept {
  lost_.store(true, std::memory_order_release);
  wake();
  retire();
}

void InFlight::check_device(VkResult result, char const* function) {
  if (result == VK_ERROR_DEVICE_LOST && !is_lost()) {
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
    bool const waited = wait_for_any();
    retire();
    lock.lock();
    if (!waited && count != 0) {  // Another thread is about to free them.
      orphan_freed_.wait(lock);
    }
  }
}

/// Waits until some work in flight is done; false if there is none. An error ends the wait, too.
bool InFlight::wait_for_any() noexcept {
  constexpr std::uint32_t most = 32;
  VkSemaphore semaphores[most] = {};
  std::uint64_t values[most] = {};
  std::uint32_t count = 0;
  {
    std::lock_guard const lock{mutex_};
    auto const add = [&](DeviceWork const* work) {
      if (work != nullptr && count != most) {
        semaphores[count] = work->semaphore();
        values[count++] = work->value();
      }
    };
    for (QueueState const& queue : device_.queues) {
      add(queue.timeline.works.front());
    }
    for (DeviceWork const* work = tracked_.front(); work != nullptr; work = work->next) {
      add(work);
    }
  }
  if (count == 0 || is_lost()) {
    return count != 0;
  }
  VkSemaphoreWaitInfo const info{VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                 nullptr,
                                 VK_SEMAPHORE_WAIT_ANY_BIT,
                                 count,
                                 semaphores,
                                 values};
  if (device_.vk.vkWaitSemaphores(device_.handle, &info, UINT64_MAX) == VK_ERROR_DEVICE_LOST) {
    lost_.store(true, std::memory_order_release);
  }
  return true;
}

void InFlight::end() noexcept {
  while (count_.load(std::memory_order_acquire) != 0) {
    static_cast<void>(wait_for_any());
    retire();
  }
  for (QueueState& queue : device_.queues) {
    queue.timeline.destroy(device_);
  }
  if (VkSemaphore const semaphore = wake_semaphore_.load(std::memory_order_relaxed); semaphore != VK_NULL_HANDLE) {
    device_.vk.vkDestroySemaphore(device_.handle, semaphore, device_.allocation_callbacks);
  }
}

}  // namespace ashlar::detail
