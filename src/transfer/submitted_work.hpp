#pragma once

#include <ashlar/transfer/submission.hpp>

#include "device/device_state.hpp"
#include "device/device_work.hpp"
#include "transfer/device_uses.hpp"

#include <vector>

namespace ashlar::detail {

/// What is submitted to a queue at once, and the bytes that it uses.
class SubmittedWork : public DeviceWork {
 public:
  /// \pre The queue's timeline is ready.
  SubmittedWork(DeviceState& device, QueueState& queue, ArrayView<BufferUse> uses_of_it)
      : DeviceWork{device, queue.timeline.semaphore, queue.timeline.reached}, uses{uses_of_it} {}

  /// It was submitted as `value`.
  virtual void begin(std::uint64_t value) noexcept {
    set_value(value);
    uses.begin(*this);
  }

  DeviceUses uses;

  /// Whether it writes what the host can read, beside what `uses` say.
  bool writes_for_host = false;

 protected:
  void finish() noexcept override { uses.end(); }
};

/// What work has to wait for on the device.
class Dependencies {
 public:
  /// Adds what is in flight and conflicts. \throws std::bad_alloc
  void add(DeviceUses const& uses);

  [[nodiscard]] std::vector<SemaphoreWait>& waits() noexcept { return waits_; }

  /// Takes the wait for a semaphore out; whether there was one.
  [[nodiscard]] bool take(VkSemaphore semaphore) noexcept;

 private:
  std::vector<SemaphoreWait> waits_;
};

/// Makes submitting to the queue possible. \throws ValidationError without timeline semaphores. \throws VulkanError
void prepare_queue(DeviceState& device, QueueState& queue, char const* context);

/// \throws VulkanError as vkQueueSubmit would.
void require_not_lost(DeviceState const& device);

/// Submits `work` behind all that conflicts with `behind`; then it has begun.
///
/// Takes a reference of its own to `work`. \pre `prepare_queue` was called, and somebody holds the uses, or they are
/// queued. \throws VulkanError, std::bad_alloc; then all is as before.
Submission submit(DeviceState& device, QueueState& queue, SubmittedWork& work, DeviceUses const& behind,
                  SubmitInfo const& info);

/// What stands for a value of a queue's timeline.
[[nodiscard]] Submission make_submission(DeviceState& device, QueueState& queue, std::uint64_t value) noexcept;

}  // namespace ashlar::detail
