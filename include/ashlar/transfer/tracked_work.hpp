#pragma once

#include <ashlar/array_view.hpp>
#include <ashlar/counted.hpp>
#include <ashlar/device/device.hpp>
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

  /// The work will not be submitted: its buffers are free, and who waits for it goes on. Nothing if it is done.
  ///
  /// Submissions through ashlar that were made meanwhile and conflict with it wait for its semaphore all the same.
  void cancel() const noexcept;

 private:
  friend struct detail::Access;
  TrackedWork(detail::Counted<detail::DeviceState> device, detail::Counted<detail::TrackedWorkState> state) noexcept
      : device_{static_cast<detail::Counted<detail::DeviceState>&&>(device)},
        state_{static_cast<detail::Counted<detail::TrackedWorkState>&&>(state)} {}

  detail::Counted<detail::DeviceState> device_;
  detail::Counted<detail::TrackedWorkState> state_;
};

}  // namespace ashlar
