#pragma once

#include <ashlar/transfer/submit_info.hpp>

#include "buffer/buffer_state.hpp"
#include "buffer/device_entry.hpp"
#include "device/device_work.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ashlar::detail {

/// Bytes that work of the device uses.
struct DeviceUse {
  DeviceEntry entry;
  BufferState* buffer = nullptr;
};

/// The bytes that one work of the device uses: first held by a thread, then in flight.
///
/// Each is an entry of its buffer's tracker, which keeps the buffer alive while it is in flight; before, somebody else
/// does. Threads: one at a time.
class DeviceUses {
 public:
  DeviceUses() = default;

  /// Of those, overlapping ones are one.
  /// \throws std::bad_alloc
  explicit DeviceUses(ArrayView<BufferUse> uses);
  DeviceUses(DeviceUses const&) = delete;
  DeviceUses& operator=(DeviceUses const&) = delete;
  ~DeviceUses() { release(); }

  /// Waits until this thread holds all of them at once; false if they cannot be had now and it is not to wait.
  /// \throws AccessConflictError, VulkanError; then none is held.
  /// \param transfer on whose behalf, or null.
  [[nodiscard]] bool acquire(Wait wait, Awaited* transfer = nullptr);

  /// Lets go of what is held and not in flight.
  void release() noexcept;

  /// All are in flight from now on. \pre They are held, or queued.
  void begin(DeviceWork& work) noexcept;

  /// None is in flight any more. May destroy the buffers.
  void end() noexcept;

  /// Room for so many, whose places are stable then.
  void reserve(std::size_t count) { uses_.reserve(count); }

  /// One more, which takes the place of one that is held by others. \pre There is room, and all here are held.
  [[nodiscard]] DeviceUse& add(BufferState& buffer) noexcept;

  /// Those that were held are so by others now.
  void forget() noexcept { held_ = 0; }

  [[nodiscard]] std::vector<DeviceUse>& all() noexcept { return uses_; }
  [[nodiscard]] std::vector<DeviceUse> const& all() const noexcept { return uses_; }

  /// Whether the host can see what is written.
  [[nodiscard]] bool writes_host_visible() const noexcept;

 private:
  [[nodiscard]] bool acquire_one(std::size_t index, Wait wait, Awaited* transfer);

  std::vector<DeviceUse> uses_;
  std::size_t held_ = 0;  ///< The number of entries that `release` ends, all or none but while they are acquired.
};

}  // namespace ashlar::detail
