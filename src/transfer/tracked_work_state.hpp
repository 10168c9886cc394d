#pragma once

#include <ashlar/transfer/tracked_work.hpp>

#include "transfer/submitted_work.hpp"

#include <atomic>
#include <cstdint>

namespace ashlar::detail {

/// Work that somebody else submits.
struct TrackedWorkState final : DeviceWork {
  TrackedWorkState(DeviceState& device, VkSemaphore semaphore, ArrayView<BufferUse> uses_of_it)
      : DeviceWork{device, semaphore, reached}, uses{uses_of_it} {}

  std::atomic<std::uint64_t> reached{0};  ///< The largest value, if it was cancelled.
  DeviceUses uses;
  Dependencies dependencies;

 private:
  void finish() noexcept override { uses.end(); }
};

}  // namespace ashlar::detail
