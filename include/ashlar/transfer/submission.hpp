#pragma once

#include <ashlar/counted.hpp>
#include <ashlar/device/device.hpp>
#include <ashlar/duration.hpp>
#include <ashlar/export.hpp>
#include <ashlar/transfer/submit_info.hpp>
#include <ashlar/vulkan_handles.hpp>

#include <cstdint>

namespace ashlar {

/// Work that was submitted to a queue: a value of the queue's timeline semaphore. A cheap handle that keeps the device
/// alive. It need not be kept: what the work used becomes free by itself when the work is done.
///
/// All that was submitted to the same queue through ashlar before is done, too, when this is.
///
/// Threads: all members may be called by several threads at once.
class ASHLAR_API Submission {
 public:
  /// Empty: tests false, and is done.
  Submission() noexcept = default;

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(device_); }
  [[nodiscard]] friend bool operator==(Submission const&, Submission const&) noexcept = default;

  /// A timeline semaphore of ashlar's, which reaches `value()` when the work is done. Null if this is empty.
  [[nodiscard]] VkSemaphore semaphore() const noexcept;
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

  /// What a later submission waits for, with the stages that wait.
  [[nodiscard]] SemaphoreWait before(Flags<PipelineStage> stage = PipelineStage::AllCommands) const noexcept {
    return {semaphore(), value_, stage};
  }
  operator SemaphoreWait() const noexcept { return before(); }  // NOLINT(google-explicit-constructor)

  /// A query of the semaphore, unless it is known to be done; if it is, what is done is let go.
  /// \throws VulkanError if the device is lost.
  [[nodiscard]] bool is_done() const { return wait(detail::Wait::not_at_all()); }

  /// Waits until the work is done. To read its results take a guard, which waits by itself.
  /// \throws VulkanError if the device is lost.
  void wait() const { static_cast<void>(wait(detail::Wait::forever())); }

  /// Whether the work is done within `duration`.
  /// \throws VulkanError if the device is lost.
  template <detail::Duration Duration>
  [[nodiscard]] bool wait_for(Duration const& duration) const {
    return wait(detail::Wait::at_most(duration));
  }

 private:
  friend struct detail::Access;
  Submission(detail::Counted<detail::DeviceState> device, detail::QueueState& queue, std::uint64_t value) noexcept
      : device_{static_cast<detail::Counted<detail::DeviceState>&&>(device)}, queue_{&queue}, value_{value} {}

  [[nodiscard]] bool wait(detail::Wait wait) const;

  detail::Counted<detail::DeviceState> device_;
  detail::QueueState* queue_ = nullptr;
  std::uint64_t value_ = 0;
};

}  // namespace ashlar
