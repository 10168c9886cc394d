#pragma once

#include <ashlar/counted.hpp>
#include <ashlar/device/physical_device.hpp>
#include <ashlar/export.hpp>
#include <ashlar/vulkan_handles.hpp>

#include <cstdint>

namespace ashlar {

class BufferUse;
class CommandBuffers;
class Submission;
struct SubmitInfo;
template <class T>
class ArrayView;

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

  /// Submits command buffers, told which buffers they use and how:
  ///
  ///     queue.submit(commands, {ashlar::reads(a), ashlar::writes(b.slice(0, n))});
  ///
  /// First waits for other threads' guards that conflict with the uses. Then the submission waits, on the device, for
  /// earlier work that conflicts: through a barrier on the same queue, a timeline semaphore on another. What it writes
  /// to host-visible memory is made visible to the host. Until it is done, conflicting guards wait for it. You record
  /// no barrier between submissions, nor one to the host.
  ///
  /// The command buffers have to live until the submission is done; the buffers do by themselves. Needs timeline
  /// semaphores (Vulkan 1.2, or VK_KHR_timeline_semaphore).
  ///
  /// Cost: vkQueueSubmit, a query of each busy queue's semaphore, a few small allocations of host memory.
  /// \throws AccessConflictError if this thread itself holds a guard in the way, or the wait would close a cycle.
  /// \throws ValidationError for a use that is empty or of another device, or of a buffer that another queue family
  ///   owns; or without timeline semaphores.
  /// \throws VulkanError
  /// Nothing is submitted then. (transfer/submission.hpp, transfer/submit_info.hpp)
  Submission submit(CommandBuffers const& command_buffers, ArrayView<BufferUse> uses) const;

  /// The same, with semaphores, a fence, and more.
  Submission submit(SubmitInfo const& info) const;

  /// The same, but empty where `submit` would wait for a guard.
  [[nodiscard]] Submission try_submit(CommandBuffers const& command_buffers, ArrayView<BufferUse> uses) const;
  [[nodiscard]] Submission try_submit(SubmitInfo const& info) const;

  /// The timeline semaphore of what is submitted by `submit`; null before the first time.
  [[nodiscard]] VkSemaphore timeline_semaphore() const noexcept;

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
