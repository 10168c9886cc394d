#pragma once

#include "device/device_work.hpp"
#include "device/vulkan.hpp"
#include "intrusive_list.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace ashlar::detail {

struct QueueState;

/// A thread that waits for a semaphore; lies on its stack.
struct SemaphoreWaiter {
  SemaphoreWaiter(VkSemaphore its_semaphore, std::atomic<std::uint64_t> const& its_reached,
                  std::uint64_t its_value) noexcept
      : semaphore{its_semaphore}, reached{its_reached}, value{its_value} {}

  VkSemaphore semaphore;
  std::atomic<std::uint64_t> const& reached;  ///< Of the work, or the queue.
  std::uint64_t value;
  bool in_driver = false;  ///< In vkWaitSemaphores: others wait for it.
  SemaphoreWaiter* previous = nullptr;
  SemaphoreWaiter* next = nullptr;
};

/// The device's work that is not known to be done, and whether the device is lost.
///
/// It owns raw objects and never the device, which waits for it at its end.
///
/// Of the threads that wait for one semaphore one waits in the driver, for the least value, and the others for it: with
/// several an NVIDIA H100's driver (580) woke them 10 ms late.
///
/// Threads: any number. No lock is held while it waits, nor while work is finished.
class InFlight {
 public:
  explicit InFlight(DeviceState& device) noexcept : device_{device} {}
  InFlight(InFlight const&) = delete;
  InFlight& operator=(InFlight const&) = delete;
  ~InFlight() = default;

  /// \throws ValidationError without them.
  void require_timeline_semaphores(char const* context) const;

  /// Takes over a reference to what was submitted to `queue` last. \pre The queue's mutex is held.
  void add(QueueState& queue, DeviceWork& work) noexcept;

  /// Takes over a reference to work that somebody else submits.
  void add_tracked(DeviceWork& work) noexcept;

  /// Finishes what is done. Where nothing is in flight, one atomic read.
  void retire() noexcept;

  /// Whether the semaphore reaches `value`, or `reached` is set so far, within so many nanoseconds.
  /// \throws VulkanError if the device is lost.
  [[nodiscard]] bool wait(VkSemaphore semaphore, std::atomic<std::uint64_t>& reached, std::uint64_t value,
                          std::int64_t nanoseconds);

  /// The same; false, too, if the device is lost, or the driver fails: then it is to be asked again.
  [[nodiscard]] bool try_wait(VkSemaphore semaphore, std::atomic<std::uint64_t>& reached, std::uint64_t value,
                              std::int64_t nanoseconds) noexcept;

  /// Lets all who wait look again at what they wait for.
  void wake() noexcept;

  /// Waits until no thread waits for what `reached` belongs to, which is done or given up.
  void let_go(std::atomic<std::uint64_t> const& reached) noexcept;

  [[nodiscard]] bool is_lost() const noexcept { return lost_.load(std::memory_order_acquire); }

  /// For good: who waits throws, and all that is in flight is given up.
  void notify_lost() noexcept;

  /// As `check`; notes the loss of the device.
  void check_device(VkResult result, char const* function);

  /// Counts what only the device still uses, which is to be freed before `count`'s owner goes.
  void add_orphan(std::uint64_t& count) noexcept;
  void remove_orphan(std::uint64_t& count) noexcept;

  /// Waits until there are none.
  void wait_for_orphans(std::uint64_t const& count) noexcept;

  /// Waits for the device, finishes everything, and destroys what this made. For the device's end.
  void end() noexcept;

 private:
  void query(VkSemaphore semaphore, std::atomic<std::uint64_t>& reached) noexcept;
  void take_done(IntrusiveList<DeviceWork>& works, IntrusiveList<DeviceWork>& done) noexcept;
  [[nodiscard]] bool poll(VkSemaphore semaphore, std::atomic<std::uint64_t>& reached, std::uint64_t value,
                          std::int64_t nanoseconds) noexcept;
  class Waiting;
  void wait_in_turn(SemaphoreWaiter& waiter, std::atomic<std::uint64_t>& reached, std::int64_t nanoseconds);
  [[nodiscard]] bool others_wait_for(SemaphoreWaiter const& waiter) const noexcept;
  [[nodiscard]] VkResult wait_in_driver(SemaphoreWaiter const& waiter, std::atomic<std::uint64_t> const& reached,
                                        std::int64_t nanoseconds) const noexcept;
  [[nodiscard]] bool wait_for_some() noexcept;

  DeviceState& device_;
  std::atomic<bool> lost_{false};
  std::atomic<std::uint64_t> count_{0};  ///< Of works.

  std::mutex mutex_;
  IntrusiveList<DeviceWork> tracked_;
  std::condition_variable orphan_freed_;

  std::mutex wait_mutex_;
  IntrusiveList<SemaphoreWaiter> waiters_;
  std::condition_variable wait_ended_;
};

}  // namespace ashlar::detail
