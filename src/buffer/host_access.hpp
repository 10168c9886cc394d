#pragma once

#include "buffer/access_tracker.hpp"

namespace ashlar::detail {

/// Flushes and invalidates what an arriving entry needs, then settles it.
///
/// `Memory` has `flush(ByteRange)` and `invalidate(ByteRange)`, which may throw.
template <class Memory>
void arrive(AccessTracker& tracker, Memory& memory, AccessEntry& entry) {
  Arrival const arrival = tracker.prepare(entry);
  for (ByteRange const range : arrival.flush.ranges()) {
    memory.flush(range);
  }
  for (ByteRange const range : arrival.invalidate.ranges()) {
    memory.invalidate(range);
  }
  tracker.settle(entry, arrival);
}

/// Waits until the host may touch the bytes of `entry` in `memory`; false if `wait` has passed before.
/// \pre As for AccessTracker::acquire.
/// \throws AccessConflictError, and what the memory throws; then nothing is held.
template <class Memory>
[[nodiscard]] bool acquire_bytes(AccessTracker& tracker, Memory& memory, AccessEntry& entry, Wait wait) {
  if (!tracker.acquire(entry, wait)) {
    return false;
  }
  if (!tracker.coherent()) {
    try {
      arrive(tracker, memory, entry);
    } catch (...) {
      // Somebody keeps the buffer while it is being acquired: this is not its end.
      static_cast<void>(tracker.release(entry));
      throw;
    }
  }
  return true;
}

/// Makes what was written through `entry` available to the device.
template <class Memory>
void flush_for_host(AccessTracker const& tracker, Memory& memory, AccessEntry const& entry) {
  if (!tracker.coherent() && entry.kind != AccessKind::Read && entry.range.size != 0) {
    memory.flush(tracker.atoms(entry.range));
  }
}

/// Flushes what was written, or notes it as dirty where that fails, and ends the entry. Whether the caller is to
/// destroy the tracker.
template <class Memory>
[[nodiscard]] bool release_for_host(AccessTracker& tracker, Memory& memory, AccessEntry& entry) noexcept {
  try {
    flush_for_host(tracker, memory, entry);
  } catch (...) {
    tracker.add_dirty(entry);
  }
  return tracker.release(entry);
}

}  // namespace ashlar::detail
