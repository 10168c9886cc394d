#include "buffer/access_tracker.hpp"

#include <ashlar/error.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "buffer/wait_graph.hpp"

namespace ashlar::detail {
namespace {

using Clock = std::chrono::steady_clock;

/// Nothing if the clock does not count as far.
std::optional<Clock::time_point> deadline_after(Wait wait) noexcept {
  auto const now = Clock::now();
  std::chrono::nanoseconds const length{wait.nanoseconds};
  if (length > Clock::time_point::max() - now) {
    return std::nullopt;
  }
  return now + length;
}

/// Nanoseconds, 0 if it has passed.
std::int64_t time_until(Clock::time_point deadline) noexcept {
  return std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(deadline - Clock::now()).count(),
                                0);
}

struct DropAwaited {
  void operator()(Awaited* awaited) const noexcept { awaited->drop(); }
};
using AwaitedReference = std::unique_ptr<Awaited, DropAwaited>;

/// The atoms of `range` that it covers wholly.
ByteRange whole_atoms(ByteRange range, std::uint64_t atom) noexcept {
  std::uint64_t const begin = align_up(range.offset, atom);
  std::uint64_t const end = align_down(range.end(), atom);
  return begin < end ? ByteRange{.offset = begin, .size = end - begin} : ByteRange{};
}

std::size_t length(IntrusiveList<Waiter> const& waiters) noexcept {
  std::size_t count = 0;
  for (Waiter const* waiter = waiters.front(); waiter != nullptr; waiter = waiter->next) {
    ++count;
  }
  return count;
}

}  // namespace

ByteRange AccessTracker::atoms(ByteRange range) const noexcept {
  return range.size == 0 ? ByteRange{} : range.widened(atom_);
}

bool AccessTracker::acquire_listed(AccessEntry& entry, Wait wait) {
  Waiter waiter{*this, entry};
  clear_way(waiter);
  {
    std::unique_lock lock{mutex_};
    while (wait == Wait::not_at_all() && only_arrivals_block(entry)) {
      arrival_waiters_.push_back(waiter);
      waiter.woken.wait(lock);
      arrival_waiters_.remove(waiter);
    }
    list();
    bool const blocked = is_blocked(waiter, Obstacle::Active);
    if (!blocked && !is_blocked(waiter, Obstacle::Earlier)) {
      admit(entry);
      return true;
    }
    if (blocked && wait == Wait::not_at_all()) {
      return false;
    }
  }
  return acquire_queued(waiter, wait);
}

bool AccessTracker::acquire_queued(Waiter& waiter, Wait wait) {
  std::unique_lock graph{wait_graph.mutex};
  wait_graph.insert(waiter);
  enqueue(waiter);
  auto const deadlock = wait_graph.find_cycle(waiter, false);
  std::exception_ptr failure;
  if (!deadlock) {
    while (auto const cycle = wait_graph.find_cycle(waiter, true)) {
      cycle->polite->tracker.let_overtake(*cycle->polite);
    }
    graph.unlock();
    try {
      sleep(waiter, wait);
    } catch (...) {
      failure = std::current_exception();
    }
    graph.lock();
  }
  bool const admitted = withdraw(waiter);
  wait_graph.erase(waiter);
  graph.unlock();
  if (failure == nullptr && waiter.given_up) {
    constexpr std::int32_t device_lost = -4;  // VK_ERROR_DEVICE_LOST.
    failure = std::make_exception_ptr(VulkanError{device_lost, "vkWaitSemaphores"});
  }
  if (failure != nullptr) {
    if (admitted) {  // By whoever gave up what was in the way: of a lost device nobody has waited for that.
      // Somebody keeps the buffer while it is being acquired: this is not its end.
      static_cast<void>(release(waiter.entry));
    }
    std::rethrow_exception(failure);
  }
  if (deadlock && !admitted && wait != Wait::not_at_all()) {
    throw AccessConflictError{deadlock->holder, waiter.entry.where};
  }
  return admitted;
}

void AccessTracker::enqueue(Waiter& waiter) noexcept {
  std::lock_guard const lock{mutex_};
  list();
  waiter.waiting = true;
  waiters_.push_back(waiter);
  admit_waiters();
}

void AccessTracker::let_overtake(Waiter& waiter) noexcept {
  std::lock_guard const lock{mutex_};
  waiter.overtakes = true;
  admit_waiters();
}

/// Asks what stands in the way, and ends by itself, whether it is not gone already; has transfers submitted.
void AccessTracker::clear_way(Waiter const& waiter) {
  AwaitedReference last;
  for (;;) {
    AwaitedReference awaited;
    {
      std::lock_guard const lock{mutex_};
      awaited.reset(retain_awaited(waiter));
    }
    if (awaited == nullptr || awaited == last) {
      return;
    }
    awaited->await(0);
    last = std::move(awaited);
  }
}

void AccessTracker::sleep(Waiter& waiter, Wait wait) {
  auto const deadline = deadline_after(wait);
  std::unique_lock lock{mutex_};
  for (bool in_time = true; waiter.waiting && in_time;) {
    if (AwaitedReference awaited{retain_awaited(waiter)}) {
      lock.unlock();
      awaited->await(deadline ? time_until(*deadline) : INT64_MAX);
      awaited.reset();
      lock.lock();
      admit_waiters();
      in_time = !deadline || time_until(*deadline) != 0;
    } else if (deadline) {
      in_time = waiter.woken.wait_until(lock, *deadline) == std::cv_status::no_timeout;
    } else {
      waiter.woken.wait(lock);
    }
  }
}

bool AccessTracker::withdraw(Waiter& waiter) noexcept {
  std::lock_guard const lock{mutex_};
  if (!waiter.waiting) {
    return true;
  }
  waiter.waiting = false;
  waiters_.remove(waiter);
  admit_waiters();
  return false;
}

Arrival AccessTracker::prepare(AccessEntry const& entry) {
  std::lock_guard const lock{mutex_};
  Arrival arrival{.flush = dirty_.intersection(atoms(entry.range)),
                  .invalidate = RangeSet{atoms(entry.range)},
                  .failures = failures_};
  if (entry.device) {
    arrival.invalidate = {};
  } else if (entry.kind == AccessKind::Overwrite) {
    arrival.invalidate.subtract(whole_atoms(entry.range, atom_));
  }
  std::size_t count = 0;
  for (AccessEntry const* active = active_.front(); active != nullptr; active = active->next) {
    ++count;
    if (active != &entry && !active->device) {  // The device's invalidated nothing.
      arrival.invalidate.subtract(atoms(active->range));
    }
  }
  dirty_.reserve(dirty_.size() + 2 * count);
  return arrival;
}

void AccessTracker::settle(AccessEntry& entry, Arrival const& arrival) noexcept {
  std::lock_guard const lock{mutex_};
  // A flush that failed meanwhile, of an entry that shares an atom, may have left dirty again what was flushed.
  if (!arrival.flush.empty() && arrival.failures == failures_) {
    dirty_.subtract(atoms(entry.range));
  }
  end_arrival(entry);
  admit_waiters();
}

void AccessTracker::move(AccessEntry& from, AccessEntry& to) noexcept {
  to.range = from.range;
  to.where = from.where;
  to.kind = from.kind;
  to.arriving = false;
  void* fast = &from;
  if (state_.compare_exchange_strong(fast, &to, std::memory_order_release, std::memory_order_relaxed)) {
    return;
  }
  std::lock_guard const lock{mutex_};
  active_.replace(from, to);
}

bool AccessTracker::release_listed(AccessEntry& entry) noexcept {
  std::lock_guard const lock{mutex_};
  active_.remove(entry);
  if (entry.arriving) {  // It failed to.
    end_arrival(entry);
  }
  admit_waiters();
  unlist_if_idle();
  return active_.empty() && retired_;
}

bool AccessTracker::queue(DeviceEntry const& held, DeviceEntry& queued) noexcept {
  std::lock_guard const lock{mutex_};
  list();
  queued.range = held.range;
  queued.where = held.where;
  queued.kind = held.kind;
  queued.transfer = held.transfer;
  queued.queued = true;
  active_.replace(held, queued);
  look_again();
  return is_waited_for(queued);
}

bool AccessTracker::merge(DeviceEntry& held, DeviceEntry& queued) noexcept {
  std::lock_guard const lock{mutex_};
  list();
  active_.remove(held);
  queued.range = queued.range.hull(held.range);
  look_again();
  return is_waited_for(queued);
}

void AccessTracker::begin_work(DeviceEntry& entry, DeviceWork& work) noexcept {
  std::lock_guard const lock{mutex_};
  list();
  active_.remove(entry);
  entry.owner = 0;
  entry.queued = false;
  entry.work = &work;
  in_flight_.push_back(entry);
  look_again();
}

bool AccessTracker::end_work(DeviceEntry& entry) noexcept {
  std::lock_guard const lock{mutex_};
  for (Waiter* waiter = waiters_.front(); waiter != nullptr; waiter = waiter->next) {
    waiter->given_up = waiter->given_up || blocks(entry, waiter->entry);  // If it is done, it blocks nobody.
  }
  in_flight_.remove(entry);
  admit_waiters();
  unlist_if_idle();
  return in_flight_.empty() && left_to_device_;
}

bool AccessTracker::in_flight_listed() const noexcept {
  std::lock_guard const lock{mutex_};
  return !in_flight_.empty();
}

bool AccessTracker::leave_to_device() noexcept {
  std::lock_guard const lock{mutex_};
  left_to_device_ = !in_flight_.empty();
  return left_to_device_;
}

void AccessTracker::add_dirty(AccessEntry const& entry) noexcept {
  std::lock_guard const lock{mutex_};
  ++failures_;
  dirty_.add(atoms(entry.range));
}

bool AccessTracker::retire_listed() noexcept {
  std::lock_guard const lock{mutex_};
  list();
  retired_ = !active_.empty();
  unlist_if_idle();
  return !retired_;
}

std::size_t AccessTracker::waiter_count() const noexcept {
  std::lock_guard const lock{mutex_};
  return length(waiters_);
}

std::size_t AccessTracker::arrival_waiter_count() const noexcept {
  std::lock_guard const lock{mutex_};
  return length(arrival_waiters_);
}

RangeSet AccessTracker::dirty() const {
  std::lock_guard const lock{mutex_};
  return dirty_;
}

/// From here on every acquisition and release takes the mutex.
void AccessTracker::list() noexcept {
  ever_listed_ = true;
  void* const was = state_.exchange(this, std::memory_order_acq_rel);
  if (was != nullptr && was != this) {
    active_.push_back(*static_cast<AccessEntry*>(was));
  }
}

/// Where nothing is active nobody waits: the first waiter waits for something active.
void AccessTracker::unlist_if_idle() noexcept {
  if (active_.empty() && in_flight_.empty()) {
    state_.store(nullptr, std::memory_order_release);
  }
}

void AccessTracker::admit(AccessEntry& entry) noexcept {
  entry.arriving = !coherent();
  active_.push_back(entry);
}

/// One pass is enough: who is admitted stands in nobody's way who came before.
void AccessTracker::admit_waiters() noexcept {
  for (Waiter* waiter = waiters_.front(); waiter != nullptr;) {
    Waiter* const next = waiter->next;
    if (!is_blocked(*waiter, Obstacle::Active) && !is_blocked(*waiter, Obstacle::Earlier)) {
      waiters_.remove(*waiter);
      admit(waiter->entry);
      waiter->waiting = false;
      waiter->woken.notify_one();
    }
    waiter = next;
  }
}

/// What stands in the way is now another, to be waited for otherwise; or does not stand in the way of some any more.
void AccessTracker::look_again() noexcept {
  admit_waiters();
  for (Waiter* waiter = waiters_.front(); waiter != nullptr; waiter = waiter->next) {
    waiter->woken.notify_one();
  }
}

void AccessTracker::end_arrival(AccessEntry& entry) noexcept {
  entry.arriving = false;
  for (Waiter* waiter = arrival_waiters_.front(); waiter != nullptr; waiter = waiter->next) {
    waiter->woken.notify_one();
  }
}

/// Whether one in the queue would be admitted earlier without it.
bool AccessTracker::is_waited_for(AccessEntry const& active) const noexcept {
  for (Waiter const* waiter = waiters_.front(); waiter != nullptr; waiter = waiter->next) {
    if (blocks(active, waiter->entry)) {
      return true;
    }
  }
  return false;
}

/// What stands in the way and ends by itself, with a reference; or null.
Awaited* AccessTracker::retain_awaited(Waiter const& waiter) const noexcept {
  Awaited* found = nullptr;
  for_each(Obstacle::Active, waiter, [&](AccessEntry const& entry) {
    if (found == nullptr && entry.device) {
      auto const& used = static_cast<DeviceEntry const&>(entry);
      Awaited* const awaited = used.queued ? used.transfer : used.work;
      found = awaited != nullptr && awaited->try_retain() ? awaited : nullptr;
    }
  });
  return found;
}

/// \pre `active` is active or in flight.
bool AccessTracker::blocks(AccessEntry const& active, AccessEntry const& wanted) const noexcept {
  if (active.device) {
    auto const& used = static_cast<DeviceEntry const&>(active);
    if (used.work != nullptr && (wanted.device || used.work->is_done())) {
      return false;
    }
    if (used.queued && wanted.device && static_cast<DeviceEntry const&>(wanted).transfer == used.transfer) {
      return false;
    }
  }
  return conflict(active, wanted) || (active.arriving && atoms(active.range).overlaps(atoms(wanted.range)));
}

bool AccessTracker::only_arrivals_block(AccessEntry const& wanted) const noexcept {
  bool arrivals = false;
  for (AccessEntry const* active = active_.front(); active != nullptr; active = active->next) {
    bool const in_the_way = blocks(*active, wanted);
    if (in_the_way && (conflict(*active, wanted) || active->owner == wanted.owner)) {
      return false;  // Whose own arrival it is would wait for himself.
    }
    arrivals = arrivals || in_the_way;
  }
  return arrivals;
}

bool AccessTracker::is_blocked(Waiter const& waiter, Obstacle obstacle) const noexcept {
  bool blocked = false;
  for_each(obstacle, waiter, [&](AccessEntry const&) { blocked = true; });
  return blocked;
}

}  // namespace ashlar::detail
