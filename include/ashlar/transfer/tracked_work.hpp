#pragma once

#include <ashlar/array_view.hpp>
#include <ashlar/counted.hpp>
#include <ashlar/device/device.hpp>
#include <ashlar/duration.hpp>
#include <ashlar/export.hpp>
#include <ashlar/transfer/submit_info.hpp>

namespace ashlar {

namespace detail {
struct TrackedWorkState;
ASHLAR_API void retain(TrackedWorkState& state) noexcept;
ASHLAR_API void release(TrackedWorkState& state) noexcept;
}  // namespace detail

/// Work that somebody else submits, of which ashlar was told by `Device::track`. A counted handle, which need not be
/// kept: the buffers become free when the work's semaphore reaches its value.
///
/// Threads: all members may be called by several threads at once.
class ASHLAR_API TrackedWork {
 public:
  /// Empty: tests false.
  TrackedWork() noexcept = default;

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(state_); }

  /// What the work has to wait for on the device: earlier work that conflicts with it and may not be done.
  [[nodiscard]] ArrayView<SemaphoreWait> waits() const noexcept ASHLAR_LIFETIMEBOUND;

  /// Waits until the work is done. From then on ashlar does not look at its semaphore any more: you may destroy it.
  /// \throws VulkanError if the device is lost.
  void wait() const { static_cast<void>(wait(detail::Wait::forever())); }

  /// Whether the work is done within `duration`; then as after `wait`.
  /// \throws VulkanError if the device is lost.
  template <detail::Duration Duration>
  [[nodiscard]] bool wait_for(Duration const& duration) const {
    return wait(detail::Wait::at_most(duration));
  }
  [[nodiscard]] bool is_done() const { return wait(detail::Wait::not_at_all()); }

  /// The work will not be submitted: its buffers are free, and who waits for it goes on; ashlar does not look at
  /// its semaphore any more. Nothing if it is done.
  ///
  /// Submissions through ashlar that were made meanwhile and conflict with it wait for its semaphore all the same.
  void cancel() const noexcept;

 private:
  friend struct detail::Access;
  TrackedWork(detail::Counted<detail::DeviceState> device, detail::Counted<detail::TrackedWorkState> state) noexcept
      : device_{static_cast<detail::Counted<detail::DeviceState>&&>(device)},
        state_{static_cast<detail::Counted<detail::TrackedWorkState>&&>(state)} {}

  [[nodiscard]] bool wait(detail::Wait wait) const;

  detail::Counted<detail::DeviceState> device_;
  detail::Counted<detail::TrackedWorkState> state_;
};

}  // namespace ashlar
