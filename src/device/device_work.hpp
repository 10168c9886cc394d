#pragma once

#include "counted_state.hpp"
#include "device/vulkan.hpp"

#include <atomic>
#include <cstdint>

namespace ashlar::detail {

struct DeviceState;

/// Something that ends a while after it is asked to, by the device's work alone: what the host waits for.
///
/// Threads: any number.
class Awaited {
 public:
  Awaited() = default;
  Awaited(Awaited const&) = delete;
  Awaited& operator=(Awaited const&) = delete;
  virtual ~Awaited();

  /// A reference; false if the last one is gone already.
  [[nodiscard]] virtual bool try_retain() noexcept = 0;
  virtual void drop() noexcept = 0;

  /// Does what the host has to do for its end, then waits for that at most so many nanoseconds. No lock is held.
  /// \throws VulkanError
  virtual void await(std::int64_t nanoseconds) = 0;
};

/// Work of the device that may not be done: a submission, or one that somebody else makes.
class DeviceWork : public CountedState, public Awaited {
 public:
  ~DeviceWork() override;

  [[nodiscard]] VkSemaphore semaphore() const noexcept { return semaphore_; }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

  /// The value that says that it is done; before anybody else sees it.
  void set_value(std::uint64_t value) noexcept { value_ = value; }

  /// Whether it is known to be done.
  [[nodiscard]] bool is_done() const noexcept { return reached_.load(std::memory_order_acquire) >= value_; }

  [[nodiscard]] bool try_retain() noexcept final;
  void drop() noexcept final;
  void await(std::int64_t nanoseconds) final;

  DeviceWork* previous = nullptr;  ///< In a list of those in flight.
  DeviceWork* next = nullptr;

 protected:
  /// \param reached how far the semaphore is known to have come.
  DeviceWork(DeviceState& device, VkSemaphore semaphore, std::atomic<std::uint64_t>& reached) noexcept
      : device_{device}, semaphore_{semaphore}, reached_{reached} {}

  /// Lets go of what it used: it is done, or never will be. Called once, without a lock. Drops no handle of the user's,
  /// since that might wait for this.
  virtual void finish() noexcept = 0;

  DeviceState& device_;

 private:
  friend class InFlight;

  VkSemaphore const semaphore_;
  std::atomic<std::uint64_t>& reached_;
  std::uint64_t value_ = UINT64_MAX;
};

inline void retain(DeviceWork& work) noexcept { work.add_reference(); }
inline void release(DeviceWork& work) noexcept { work.drop(); }

}  // namespace ashlar::detail
