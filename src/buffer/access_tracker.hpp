#pragma once

#include <ashlar/buffer/access.hpp>
#include <ashlar/layout.hpp>

#include "buffer/device_entry.hpp"
#include "buffer/range_set.hpp"
#include "intrusive_list.hpp"
#include "this_thread.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace ashlar::detail {

class AccessTracker;

struct Waiter;

/// How one waiting thread waits for another.
struct WaitPath {
  std::source_location holder;  ///< Where the first entry on the way was acquired.
  Waiter* polite = nullptr;     ///< The last on the way that waits for the next only because of the queue's order.
};

/// A thread that asks for an entry, and perhaps waits for it; lies on that thread's stack.
struct Waiter {
  Waiter(AccessTracker& its_tracker, AccessEntry& its_entry) noexcept : tracker{its_tracker}, entry{its_entry} {}

  AccessTracker& tracker;
  AccessEntry& entry;

  // Under the tracker's mutex.
  bool waiting = false;    ///< Queued: neither admitted nor given up.
  bool overtakes = false;  ///< Does not wait for earlier waiters: that would close a cycle.
  bool given_up = false;   ///< Waited for work that will never be done.
  Waiter* previous = nullptr;
  Waiter* next = nullptr;
  std::condition_variable woken;  ///< Notified when it is admitted, or an arrival that it waits for is over.

  // Under the wait graph's mutex.
  Waiter* next_in_bucket = nullptr;
  Waiter* next_to_visit = nullptr;
  std::uint64_t visited = 0;  ///< The last search that came here,
  WaitPath path;              ///< and how.
};

/// What stands in a waiter's way.
enum class Obstacle : std::uint8_t {
  Active,   ///< Entries that hold what it wants.
  Earlier,  ///< Entries that came before it and wait for what it wants.
};

/// What mapped memory that is not coherent needs before an admitted entry may touch it; in whole atoms.
struct Arrival {
  RangeSet flush;              ///< First: what a failed flush left dirty.
  RangeSet invalidate;         ///< Then: what no other entry has invalidated already.
  std::uint64_t failures = 0;  ///< Failed flushes up to now.
};

/// Who may touch which bytes of one buffer, when. Knows threads, byte ranges, and work that ends by itself; no memory,
/// no Vulkan.
///
/// Two entries conflict if they share a byte and one of them writes; on memory that is not coherent the host's and the
/// device's, if they share an atom. An entry is active from its admission until its release; an active entry conflicts
/// with no other, but for those that one transfer has queued. Its holder is a thread. Who must wait is queued, first
/// come, first served: it is admitted when it conflicts with no active entry and no earlier waiter.
///
/// A submission's entry is a thread's until it is submitted. Then it is in flight, which conflicts only with the
/// host's: submissions order themselves among one another, by `visit_in_flight`. Until then it may be queued in a
/// transfer. Who waits for a queued entry has that transfer submitted, and who waits for one in flight waits for the
/// device.
///
/// A wait that would close a cycle of threads that wait for one another's active entries throws; see WaitGraph. The
/// order of the queue never closes one: on such a cycle, somebody who only waits for his turn overtakes.
/// So a waiting writer holds off new readers, except a thread that it waits for itself.
/// Who is not to wait at all joins the queue for a moment, where only earlier waiters are in his way: then, too,
/// somebody may overtake.
///
/// On memory that is not coherent an admitted entry is arriving until its memory is flushed and
/// invalidated, outside the mutex. While it does, it has its atoms for itself: who asks for any of them waits, even who
/// is not to wait for other entries. For an arrival waits for nobody, and is over after two calls of the driver.
///
/// Cost: one atomic operation to acquire and one to release where the buffer is idle and coherent; otherwise a
/// mutex and a walk over the active entries and the waiters. A released entry leaves nothing behind.
///
/// Threads: all members may be called by several threads at once; what concerns one entry, by one at a time.
/// Lock order: the wait graph's mutex, then a tracker's. Neither is held over a call out of here.
class AccessTracker {
 public:
  /// \param atom nonCoherentAtomSize, which may be 1; 0 on coherent memory.
  explicit AccessTracker(std::uint64_t atom) noexcept : atom_{atom} {}
  AccessTracker(AccessTracker const&) = delete;
  AccessTracker& operator=(AccessTracker const&) = delete;
  ~AccessTracker() = default;

  [[nodiscard]] bool coherent() const noexcept { return atom_ == 0; }

  /// The whole atoms that `range` touches; none if it is empty.
  [[nodiscard]] ByteRange atoms(ByteRange range) const noexcept;

  /// Waits until `entry` is active; false if `wait` has passed before. Who is not to wait at all still waits for
  /// arrivals.
  ///
  /// On memory that is not coherent `prepare` and `settle` follow, or `release`.
  /// \pre The entry's range, kind, place and owner are set; the owner is the calling thread.
  /// \throws AccessConflictError if the wait would close a cycle, unless it is not to wait at all.
  [[nodiscard]] bool acquire(AccessEntry& entry, Wait wait) {
    return acquire_idle(entry) || acquire_listed(entry, wait);
  }

  /// The first thing that `acquire` tries: whether the tracker was idle, and its memory is coherent, so that nothing
  /// more is to be done.
  [[nodiscard]] bool acquire_idle(AccessEntry& entry) noexcept {
    void* idle = nullptr;
    return coherent() &&
           state_.compare_exchange_strong(idle, &entry, std::memory_order_acq_rel, std::memory_order_relaxed);
  }

  /// What the memory of an arriving entry needs. \throws std::bad_alloc
  [[nodiscard]] Arrival prepare(AccessEntry const& entry);

  /// Ends an entry's arrival: its memory has got what it needed.
  void settle(AccessEntry& entry, Arrival const& arrival) noexcept;

  /// Puts `to` in the place of `from`. \pre `from` has settled; the owner of `to` is set.
  void move(AccessEntry& from, AccessEntry& to) noexcept;

  /// Ends an entry. Whether that was the last one of a retired tracker: then the caller destroys it.
  [[nodiscard]] bool release(AccessEntry& entry) noexcept { return !release_alone(entry) && release_listed(entry); }

  /// The first thing that `release` tries: whether `entry` was acquired by `acquire_idle` and has been alone since, so
  /// that nothing more is to be done. Never on memory that is not coherent.
  [[nodiscard]] bool release_alone(AccessEntry& entry) noexcept {
    void* alone = &entry;
    return state_.compare_exchange_strong(alone, nullptr, std::memory_order_release, std::memory_order_relaxed);
  }

  /// Notes that the flush of an active entry failed: who arrives at its atoms next flushes them first.
  ///
  /// Does not allocate: `prepare` made room.
  void add_dirty(AccessEntry const& entry) noexcept;

  /// Puts `queued`, which waits in its transfer, in the place of what a thread holds. Whether somebody waits for it, so
  /// that it is to be submitted at once.
  [[nodiscard]] bool queue(DeviceEntry const& held, DeviceEntry& queued) noexcept;

  /// The same, where `queued` waits already, is of the same kind, and overlaps or touches what is held: it grows.
  [[nodiscard]] bool merge(DeviceEntry& held, DeviceEntry& queued) noexcept;

  /// What a thread holds, or a transfer has queued, is in flight from now on, as a part of `work`.
  void begin_work(DeviceEntry& entry, DeviceWork& work) noexcept;

  /// Ends an entry that was in flight. Whether the tracker was left to the device, and that was the last: then the
  /// caller destroys it.
  [[nodiscard]] bool end_work(DeviceEntry& entry) noexcept;

  /// Calls `f(DeviceWork const&)`, under the mutex, for what is in flight and conflicts with an entry of the device's
  /// that somebody holds.
  template <class F>
  void visit_in_flight(DeviceEntry const& entry, F const& f) const;

  /// Whether something is in flight; if not, he who ended the last is through. For who was told to destroy it.
  [[nodiscard]] bool in_flight() const noexcept { return ever_listed_ && in_flight_listed(); }

  /// Whether something is in flight: then `end_work` says when the tracker is to be destroyed. For who was told to
  /// destroy it.
  [[nodiscard]] bool leave_to_device() noexcept;

  /// Nobody will call `acquire` again. Whether nothing is active: then the caller destroys the tracker; otherwise
  /// he who releases the last entry does. One atomic read where no two entries have met, on coherent memory.
  [[nodiscard]] bool retire() noexcept { return retire_unlisted() || retire_listed(); }

  /// The first thing that `retire` tries: whether no two entries have met, and none is active, so that nothing is in
  /// flight either.
  [[nodiscard]] bool retire_unlisted() const noexcept {
    // Who makes a listed tracker idle holds its mutex while he does; who ends an entry that was alone is through.
    return !ever_listed_ && idle();
  }

  /// Lets a waiter no longer wait for earlier ones.
  void let_overtake(Waiter& waiter) noexcept;

  /// Calls `f(AccessEntry const&)`, under the mutex, for what stands in a waiter's way while it waits.
  template <class F>
  void visit(Obstacle obstacle, Waiter const& waiter, F const& f) const;

  /// Whether neither entries nor waiters are left.
  [[nodiscard]] bool idle() const noexcept { return state_.load(std::memory_order_acquire) == nullptr; }
  /// Whether every acquisition and release takes the mutex now.
  [[nodiscard]] bool listed() const noexcept { return state_.load(std::memory_order_acquire) == this; }
  [[nodiscard]] std::size_t waiter_count() const noexcept;
  /// Those who are not to wait, but for arrivals, and do.
  [[nodiscard]] std::size_t arrival_waiter_count() const noexcept;
  [[nodiscard]] RangeSet dirty() const;

 private:
  [[nodiscard]] bool acquire_listed(AccessEntry& entry, Wait wait);
  [[nodiscard]] bool acquire_queued(Waiter& waiter, Wait wait);
  [[nodiscard]] bool release_listed(AccessEntry& entry) noexcept;
  [[nodiscard]] bool retire_listed() noexcept;
  [[nodiscard]] bool in_flight_listed() const noexcept;

  void clear_way(Waiter const& waiter);
  void enqueue(Waiter& waiter) noexcept;
  void sleep(Waiter& waiter, Wait wait);

  /// Gives up, unless it was admitted meanwhile: whether it was.
  [[nodiscard]] bool withdraw(Waiter& waiter) noexcept;

  // Under the mutex.
  void list() noexcept;
  void unlist_if_idle() noexcept;
  void admit(AccessEntry& entry) noexcept;
  void admit_waiters() noexcept;
  void look_again() noexcept;
  void end_arrival(AccessEntry& entry) noexcept;
  [[nodiscard]] bool is_waited_for(AccessEntry const& active) const noexcept;
  [[nodiscard]] Awaited* retain_awaited(Waiter const& waiter) const noexcept;
  [[nodiscard]] bool conflict(AccessEntry const& a, AccessEntry const& b) const noexcept;
  [[nodiscard]] bool blocks(AccessEntry const& active, AccessEntry const& wanted) const noexcept;
  /// Whether entries of other threads stand in the way, but only until they have arrived.
  [[nodiscard]] bool only_arrivals_block(AccessEntry const& wanted) const noexcept;
  [[nodiscard]] bool is_blocked(Waiter const& waiter, Obstacle obstacle) const noexcept;
  template <class F>
  void for_each(Obstacle obstacle, Waiter const& waiter, F const& f) const;

  /// nullptr: idle. An entry: that one is active, and nothing else. This tracker: see the lists.
  std::atomic<void*> state_{nullptr};
  std::uint64_t const atom_;

  mutable std::mutex mutex_;
  IntrusiveList<AccessEntry> active_;
  IntrusiveList<AccessEntry> in_flight_;  ///< Of DeviceEntry.
  IntrusiveList<Waiter> waiters_;
  IntrusiveList<Waiter> arrival_waiters_;  ///< Those who are not to wait, but for arrivals, and do.
  RangeSet dirty_;                         ///< Has room for two more ranges per active entry that was prepared.
  std::uint64_t failures_ = 0;
  bool ever_listed_ = false;  ///< Settled once nobody will call `acquire` again.
  bool retired_ = false;
  bool left_to_device_ = false;
};

/// Whether one of two entries writes.
[[nodiscard]] inline bool one_writes(AccessEntry const& a, AccessEntry const& b) noexcept {
  return a.kind != AccessKind::Read || b.kind != AccessKind::Read;
}

/// Whether two entries may not be active at once.
inline bool AccessTracker::conflict(AccessEntry const& a, AccessEntry const& b) const noexcept {
  bool const in_atoms = a.device != b.device && !coherent();
  return one_writes(a, b) && (in_atoms ? atoms(a.range).overlaps(atoms(b.range)) : a.range.overlaps(b.range));
}

template <class F>
void AccessTracker::for_each(Obstacle obstacle, Waiter const& waiter, F const& f) const {
  if (obstacle == Obstacle::Active) {
    for (AccessEntry const* active = active_.front(); active != nullptr; active = active->next) {
      if (blocks(*active, waiter.entry)) {
        f(*active);
      }
    }
    // Submissions order themselves.
    for (AccessEntry const* used = waiter.entry.device ? nullptr : in_flight_.front(); used != nullptr;
         used = used->next) {
      if (blocks(*used, waiter.entry)) {
        f(*used);
      }
    }
  } else if (!waiter.overtakes) {
    for (Waiter const* earlier = waiters_.front(); earlier != nullptr && earlier != &waiter; earlier = earlier->next) {
      if (conflict(earlier->entry, waiter.entry)) {
        f(earlier->entry);
      }
    }
  }
}

template <class F>
void AccessTracker::visit(Obstacle obstacle, Waiter const& waiter, F const& f) const {
  std::lock_guard const lock{mutex_};
  if (waiter.waiting) {
    for_each(obstacle, waiter, f);
  }
}

template <class F>
void AccessTracker::visit_in_flight(DeviceEntry const& entry, F const& f) const {
  std::lock_guard const lock{mutex_};
  for (AccessEntry const* used = in_flight_.front(); used != nullptr; used = used->next) {
    DeviceWork const& work = *static_cast<DeviceEntry const*>(used)->work;
    if (used->range.overlaps(entry.range) && one_writes(*used, entry) && !work.is_done()) {
      f(work);
    }
  }
}

}  // namespace ashlar::detail
