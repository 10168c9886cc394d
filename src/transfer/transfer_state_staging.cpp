#include "device/device_state.hpp"
#include "transfer/transfer_state.hpp"

#include <algorithm>
#include <utility>

/// \file
/// How a TransferState gets staging memory, and gives it back.

namespace ashlar::detail {

StagingPiece TransferState::try_reserve(StagingRing& ring, std::uint64_t size) {
  std::lock_guard const lock{mutex_};
  return ring.try_reserve(size);
}

StagingPiece TransferState::reserve(StagingRing& ring, std::uint64_t size) {
  StagingPiece piece = try_reserve(ring, size);
  while (!piece) {
    device().in_flight.retire();  // Downloads, too, this thread's or others'.
    piece = try_reserve(ring, size);
    if (!piece && grow(ring, 0, size)) {
      piece = try_reserve(ring, size);
    }
    if (!piece) {
      static_cast<void>(submit());
      piece = wait_for_space(ring, size);
    }
  }
  return piece;
}

/// Lets a ring that is smaller grow to `wanted` bytes, or with 0 any ring by itself, if it may; where there is no
/// memory for that, to what is needed. Whether it is larger now.
/// \throws OutOfMemoryError, VulkanError if there is not even that.
bool TransferState::grow(StagingRing& ring, std::uint64_t wanted, std::uint64_t needed) {
  std::uint64_t larger = 0;
  bool is_needed = false;
  {
    std::lock_guard const lock{mutex_};
    bool const is_large_enough = wanted != 0 && ring.in_use_size() >= wanted;
    larger = is_large_enough ? 0 : ring.larger_size(std::max(wanted, needed));
    is_needed = ring.in_use_size() < needed;
  }
  if (larger == 0) {
    return false;
  }
  std::list<StagingBlock> block;
  try {
    block = ring.make_block(larger);
  } catch (OutOfMemoryError const&) {
    if (!is_needed) {
      return false;
    }
    block = ring.make_block(needed);
  }
  std::list<StagingBlock> unneeded;
  std::lock_guard const lock{mutex_};
  unneeded = ring.use_block(std::move(block));
  return true;
}

/// Waits until some of what was submitted is done, or another thread has changed something; a piece if there is one.
StagingPiece TransferState::wait_for_space(StagingRing& ring, std::uint64_t size) {
  QueueTimeline& timeline = queue_state().timeline;
  std::unique_lock lock{mutex_};
  if (StagingPiece const piece = ring.try_reserve(size)) {
    return piece;
  }
  std::uint64_t reached = timeline.reached.load(std::memory_order_acquire);
  if (reached >= last_value_) {
    lock.unlock();
    device().in_flight.retire();  // Who learned that all is done need not have done so.
    lock.lock();
    if (StagingPiece const piece = ring.try_reserve(size)) {
      return piece;
    }
    reached = timeline.reached.load(std::memory_order_acquire);
    if (reached >= last_value_ && !open_ && closed_.empty()) {
      changed_.wait(lock);  // Others fill pieces, or are about to release them.
    }
    return {};
  }
  lock.unlock();
  static_cast<void>(device().in_flight.wait(timeline.semaphore, timeline.reached, reached + 1, INT64_MAX));
  return {};
}

void TransferState::release(StagingPiece const* pieces, std::size_t count) noexcept {
  std::list<StagingBlock> unneeded;  // Destroyed without the lock.
  std::lock_guard const lock{mutex_};
  for (std::size_t i = 0; i != count; ++i) {
    unneeded.splice(unneeded.end(), pieces[i].block->ring->release(pieces[i]));
  }
  changed_.notify_all();
}

void TransferState::trim() {
  device().in_flight.retire();
  std::list<StagingBlock> idle;
  std::lock_guard const lock{mutex_};
  idle = to_device_.take_idle();
  idle.splice(idle.end(), from_device_.take_idle());
}

std::uint64_t TransferState::staging_size() {
  std::lock_guard const lock{mutex_};
  return to_device_.size() + from_device_.size();
}

}  // namespace ashlar::detail
