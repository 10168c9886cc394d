#pragma once

#include <ashlar/counted.hpp>
#include <ashlar/device/physical_device.hpp>
#include <ashlar/export.hpp>
#include <ashlar/vulkan_handles.hpp>

#include <cstdint>

namespace ashlar {

namespace detail {
struct DeviceState;
struct QueueState;
ASHLAR_API void retain(DeviceState& state) noexcept;
ASHLAR_API void release(DeviceState& state) noexcept;
}  // namespace detail

/// VkQueue with the mutex that Vulkan asks its users for. A handle that keeps its device alive.
///
/// Threads: all members may be called by several threads at once; those that touch the queue take its mutex.
class ASHLAR_API Queue {
 public:
  /// Empty: tests false.
  Queue() noexcept = default;

  [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }
  [[nodiscard]] friend bool operator==(Queue const& a, Queue const& b) noexcept { return a.state_ == b.state_; }

  /// The bare handle, for what needs no synchronisation; anything else goes through `with_handle`.
  [[nodiscard]] VkQueue handle() const noexcept;
  [[nodiscard]] std::uint32_t family() const noexcept;
  [[nodiscard]] std::uint32_t index() const noexcept;
  [[nodiscard]] Flags<QueueFlag> flags() const noexcept;

  /// Calls `f(VkQueue)` under the queue's mutex (for an adopted queue: between the owner's lock and unlock) and
  /// returns what it returns: for vkQueuePresentKHR, or a submission of your own.
  ///
  /// The mutex is released if `f` throws. `f` must not call what takes a queue's mutex itself: `with_handle`,
  /// `Queue::wait_idle`, `Device::wait_idle`, `Device::drain`.
  template <class Function>
  decltype(auto) with_handle(Function&& f) const {
    Lock const lock{*this};
    return static_cast<Function&&>(f)(handle());
  }

  /// vkQueueWaitIdle, under the queue's mutex.
  /// \throws VulkanError
  void wait_idle() const;

 private:
  friend struct detail::Access;
  Queue(detail::Counted<detail::DeviceState> device, detail::QueueState& state) noexcept;

  class ASHLAR_API Lock {
   public:
    explicit Lock(Queue const& queue);
    Lock(Lock const&) = delete;
    Lock& operator=(Lock const&) = delete;
    ~Lock();

   private:
    detail::QueueState* state_;
  };

  detail::Counted<detail::DeviceState> device_;
  detail::QueueState* state_ = nullptr;
};

}  // namespace ashlar
