#pragma once

#include <ashlar/buffer/access.hpp>
#include <ashlar/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <source_location>
#include <thread>
#include <tuple>
#include <utility>

#include "buffer/access_job.hpp"
#include "buffer/access_model.hpp"
#include "buffer/access_threads.hpp"
#include "buffer/access_tracker.hpp"
#include "buffer/host_access.hpp"
#include "buffer/stepped_thread.hpp"
#include "buffer/two_copies.hpp"
#include "buffer/wait_graph.hpp"
#include "fuzzing/input.hpp"
#include "fuzzing/require.hpp"

namespace ashlar::test {

using detail::AccessEntry;
using detail::AccessKind;
using detail::Wait;
using fuzzing::Input;
using fuzzing::require;
using State = Claim::State;
using Range = ByteRange;

constexpr std::size_t thread_count = 4;
constexpr std::size_t buffer_count = 3;
constexpr Range all_bytes{0, TwoCopies::size};

/// A place in the source for each claim, that an error may name.
inline std::source_location place(std::size_t index) {
  constexpr auto here = [](std::source_location where = std::source_location::current()) { return where; };
  static std::array const places{here(), here(), here(), here(), here(), here(), here(), here(), here(), here()};
  return places.at(index);
}

inline bool same_place(std::source_location const& a, std::source_location const& b) {
  return a.line() == b.line() && a.column() == b.column();
}

/// The threads outlive the inputs: to start one takes longer than a run.
inline SteppedThread& thread(std::size_t index) {
  static std::array<SteppedThread, thread_count> threads;
  return threads[index];
}

/// Waits for what another thread is about to do. It lies down between looks: on busy processors a yield costs a turn of
/// everybody else.
template <class Condition>
void wait_until(Condition condition) {
  constexpr int eager_looks = 50;
  constexpr int most_looks = 1'000'000;
  for (int looks = 0; !condition(); ++looks) {
    require(looks < most_looks, "what is to happen happens");
    if (looks >= eager_looks) {
      std::this_thread::sleep_for(std::chrono::microseconds{20});
    }
  }
}

/// Entries of a few buffers, each on its way, and all that the model says of them.
///
/// A thread is the number of an entry's owner. What cannot block is called by this thread in its name; what may wait,
/// or is to be interrupted within a flush, runs on a thread of its own, and this one goes on when that one waits in the
/// tracker, has stopped in a call of the memory, or is done. So an input always has the same course.
class AccessCourse {
 public:
  explicit AccessCourse(Input& input) : input_{input}, used_buffer_count_{1U + input.below(buffer_count)} {
    constexpr std::uint64_t atoms[] = {8, 1, 4, 16, 32, 0};
    for (std::size_t i = 0; i < buffer_count; ++i) {
      buffers_[i] = std::make_unique<Buffer>(input_.pick(atoms));
    }
  }

  /// What the memory of an entry calls.
  struct Memory {
    void flush(Range range) { course.call_memory(index, true, range); }
    void invalidate(Range range) { course.call_memory(index, false, range); }
    AccessCourse& course;
    std::size_t index;
  };

 protected:
  Claim& claim(std::size_t index) { return model_.claims[index]; }
  Buffer& buffer_of(std::size_t index) { return *buffers_[claim(index).buffer]; }

  /// One of those that are there, if any are.
  std::size_t any_claim() {
    std::array<std::size_t, std::tuple_size_v<decltype(model_.claims)>> present{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < model_.claims.size(); ++i) {
      if (claim(i).state != State::Absent || slots_[i].job != nullptr) {
        present[count++] = i;
      }
    }
    return count == 0 ? 0 : present[input_.below(count)];
  }

  std::size_t free_claim() const {
    return static_cast<std::size_t>(std::find_if(model_.claims.begin(), model_.claims.end(),
                                                 [](Claim const& one) { return one.state == State::Absent; }) -
                                    model_.claims.begin());
  }

  Range any_range() {
    std::uint64_t const offset = input_.below(TwoCopies::size);
    return {offset, input_.below(TwoCopies::size - offset + 1)};
  }

  Claim& make_claim(std::size_t index, AccessKind kind, Range range, std::uint64_t owner) {
    Claim& made = claim(index) = Claim{};
    made.buffer = input_.below(used_buffer_count_);
    made.range = range;
    made.atoms = buffer_of(index).atom == 0 ? Range{} : buffer_of(index).tracker.atoms(range);
    made.kind = kind;
    made.owner = owner;
    made.where = place(index);
    slots_[index].on_device = false;
    return made;
  }

  bool has_arrival_waiter(std::size_t buffer) const {
    return model_.any(
        [&](Claim const& other) { return other.buffer == buffer && other.state == State::WaitingForArrivals; });
  }

  /// What the model says before the tracker is asked.
  void expect(Claim& wanted, Job& job, bool waits_for_arrivals) {
    bool const blocked = model_.is_blocked(wanted);
    job.must_throw = job.wait != Wait::not_at_all() && model_.closes_cycle(wanted);
    if (waits_for_arrivals) {
      wanted.state = State::WaitingForArrivals;
    } else if (!job.must_throw && !(job.wait == Wait::not_at_all() && blocked)) {
      join_queue(wanted);
    }
  }

  void join_queue(Claim& waiter) {
    waiter.state = State::Waiting;
    waiter.ticket = ++last_ticket_;
    model_.note_overtakers();
  }

  void start(std::size_t index, std::unique_ptr<Job> job) {
    Slot& slot = slots_[index];
    Claim const& wanted = claim(index);
    if (!job->releases) {
      slot.entry = detail::entry_of(wanted.kind, wanted.range, wanted.owner, wanted.where);
    }
    slot.job = std::move(job);
    auto const work = [this, index] { do_job(index, buffer_of(index).tracker); };
    if (slot.job->thread != nullptr) {
      slot.job->thread->start(work);
    } else {
      work();
    }
  }

  /// On the thread of the job. Reads nothing of the model.
  void do_job(std::size_t index, detail::AccessTracker& tracker) {
    Slot& slot = slots_[index];
    Job& job = *slot.job;
    Memory memory{*this, index};
    if (job.releases) {
      bool const flushes = !slot.on_device;
      job.was_last = flushes ? detail::release_for_host(tracker, memory, slot.entry) : tracker.release(slot.entry);
      job.result = Job::Result::Released;
      return;
    }
    try {
      bool const admitted = detail::acquire_for_host(tracker, memory, slot.entry, job.wait);
      job.result = admitted ? Job::Result::Admitted : Job::Result::Refused;
    } catch (AccessConflictError const& error) {
      job.who = error.who();
      job.result = Job::Result::Conflict;
    } catch (MemoryFailure const&) {
      job.result = Job::Result::Failed;
    }
  }

  void call_memory(std::size_t index, bool is_flush, Range range) {
    Job& job = *slots_[index].job;
    job.is_flush = is_flush;
    job.range = range;
    job.has_acted = false;
    if (SteppedThread* const current = SteppedThread::current()) {
      current->pause();  // The call takes place when the input lets it go on.
    } else {
      job.verdict = job.failing_call-- == 0 ? Verdict::FailsBefore : Verdict::Works;
      perform_call(index);
    }
    if (job.verdict != Verdict::Works) {
      job.failed_to_flush = job.releases;
      throw MemoryFailure{};
    }
  }

  void perform_call(std::size_t index) {
    Job& job = *slots_[index].job;
    if (std::exchange(job.has_acted, true)) {
      return;
    }
    Buffer& buffer = buffer_of(index);
    require(buffer.atom != 0, "coherent memory is neither flushed nor invalidated");
    require(job.range.size != 0 && job.range.offset % buffer.atom == 0 && job.range.size % buffer.atom == 0 &&
                all_bytes.contains(job.range),
            "the range consists of whole atoms");
    require(job.is_flush || !model_.any([&](Claim const& other) {
      return &other != &claim(index) && other.is_active() && other.buffer == claim(index).buffer &&
             other.atoms.overlaps(job.range);
    }),
            "an atom that somebody holds is not invalidated");
    if (job.verdict != Verdict::FailsBefore) {
      job.is_flush ? buffer.memory.flush(job.range) : buffer.memory.invalidate(job.range);
    }
  }

  void go_on(std::size_t index, Verdict verdict) {
    if (is_paused(index)) {
      slots_[index].job->verdict = verdict;
      perform_call(index);
      slots_[index].job->thread->go_on();
      settle();
    }
  }

  void release(std::size_t index, unsigned failing_call, bool in_steps) {
    auto job = std::make_unique<Job>();
    job->releases = true;
    job->failing_call = failing_call;
    job->acts_early = in_steps && input_.one_in(2);
    std::uint64_t const owner = claim(index).owner;
    if (in_steps && owner <= thread_count && thread(owner - 1).state() == SteppedThread::State::Idle) {
      job->thread = &thread(owner - 1);
    }
    if (slots_[index].on_device && claim(index).kind != AccessKind::Read) {
      buffer_of(index).memory.device_write(claim(index).range);
    }
    start(index, std::move(job));
    settle();
  }

  void flush(std::size_t index) {
    slots_[index].job = std::make_unique<Job>();
    slots_[index].job->failing_call = input_.below(3);
    Memory memory{*this, index};
    try {
      detail::flush_for_host(buffer_of(index).tracker, memory, slots_[index].entry);
      require(buffer_of(index).memory.device_is_right(claim(index).range), "what was flushed has reached the device");
    } catch (MemoryFailure const&) {
    }
    slots_[index].job.reset();
  }

  // What has come of it.

  /// Until each thread is done, has stopped in a call of the memory, or waits in a tracker; and the model knows.
  void settle() {
    do {
      do {
        wait_until([&] { return all_wait(); });
        note_turns();
      } while (wait_for_arrival_waiters());
    } while (note_overtakers());
    arrival_over_ = {};
    perform_early_calls();
    check();
  }

  /// Whether each running thread waits in a tracker, and as it is to: who is not to wait at all passes through the
  /// queue where only earlier waiters are in his way, and there, for a moment, may close a cycle. A thread that joins
  /// those who wait is not counted before it has looked for cycles: it holds the graph's mutex.
  bool all_wait() const {
    std::size_t waiters = 0;
    std::size_t arrival_waiters = 0;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (is(i, SteppedThread::State::Running)) {
        ++(slots_[i].job->wait == Wait::not_at_all() ? arrival_waiters : waiters);
      }
    }
    std::lock_guard const lock{detail::wait_graph.mutex};
    for (auto const& buffer : buffers_) {
      waiters -= buffer->tracker.waiter_count();
      arrival_waiters -= buffer->tracker.arrival_waiter_count();
    }
    return waiters == 0 && arrival_waiters == 0;
  }

  /// Who waited for arrivals may have been told of one, and not yet have looked. Whether there was such a one.
  bool wait_for_arrival_waiters() {
    bool any = false;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      auto const has_gone_on = [&] { return is_done(i) || is_paused(i); };
      if (claim(i).state == State::WaitingForArrivals && arrival_over_[claim(i).buffer] &&
          !model_.is_blocked_by_arrivals_only(claim(i)) && !has_gone_on()) {
        wait_until(has_gone_on);
        any = true;
      }
    }
    return any;
  }

  void perform_early_calls() {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (is_paused(i) && slots_[i].job->acts_early) {
        slots_[i].job->verdict = Verdict::Works;
        perform_call(i);
      }
    }
  }

  /// First what has become free, or has arrived; then who got in when it was his turn.
  void note_turns() {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      arriving_before_[i] = claim(i).state == State::Arriving;
    }
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (claim(i).is_active() && is_done(i)) {
        note_end(i);
      }
    }
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (claim(i).state == State::Waiting && !model_.is_preceded(claim(i))) {
        note_change(i);
      }
    }
  }

  /// Only when arrivals are over has he who waited for them joined the queue, be it for a moment; then some may have
  /// overtaken others. Whether anything has changed.
  bool note_overtakers() {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (claim(i).state == State::WaitingForArrivals && (is_done(i) || is_paused(i))) {
        join_queue(claim(i));
      }
    }
    bool any = false;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      any = note_change(i) || any;
    }
    return any;
  }

  bool note_change(std::size_t index) {
    if (is_done(index)) {
      note_end(index);
      return true;
    }
    if (is_paused(index) && !claim(index).is_active()) {
      note_admission(index, State::Arriving);
      return true;
    }
    return false;
  }

  bool is_paused(std::size_t index) const { return is(index, SteppedThread::State::Paused); }

  bool is_done(std::size_t index) const {
    Job const* const job = slots_[index].job.get();
    return job != nullptr && (job->thread == nullptr || is(index, SteppedThread::State::Idle));
  }

  bool is(std::size_t index, SteppedThread::State state) const {
    Job const* const job = slots_[index].job.get();
    return job != nullptr && job->thread != nullptr && job->thread->state() == state;
  }

  void note_admission(std::size_t index, State state) {
    Claim& admitted = claim(index);
    bool const preceded = model_.is_preceded(admitted);
    admitted.state = state;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      Claim const& other = claim(i);
      if (i != index && other.is_active()) {
        require(!AccessModel::conflict(admitted, other), "no two active entries conflict");
        require(!(arriving_before_[i] && other.state == State::Arriving && other.buffer == admitted.buffer &&
                  other.atoms.overlaps(admitted.atoms)),
                "an arriving entry has its atoms for itself");
      }
    }
    require(!preceded || admitted.may_overtake, "who overtakes was part of a cycle");
  }

  void note_end(std::size_t index) {
    std::unique_ptr<Job> const job = std::move(slots_[index].job);
    using enum Job::Result;
    require(job->result == Conflict || !job->must_throw, "a wait that would close a cycle throws");
    arrival_over_[claim(index).buffer] |= job->result == Admitted || job->result == Failed;
    switch (job->result) {
      case Admitted:
        if (claim(index).state != State::Arriving) {
          note_admission(index, State::Held);
        }
        claim(index).state = State::Held;
        note_arrival(index);
        return;
      case Refused:
        require(job->wait != Wait::forever(), "who waits for ever is not refused");
        require(model_.is_blocked(claim(index)) || model_.is_preceded(claim(index)), "who is refused is in the way");
        break;
      case Conflict:
        require(job->must_throw, "who is told of a cycle would close one");
        require(model_.any([&](Claim const& other) {
          return model_.closes_cycle(other, claim(index)) && same_place(other.where, job->who);
        }),
                "the error names an entry on the cycle");
        break;
      case Released:
        note_release(index, *job);
        return;
      default:
        require(job->result == Failed, "the job is done");
    }
    claim(index) = Claim{};
  }

  void note_arrival(std::size_t index) {
    Claim const& held = claim(index);
    TwoCopies& memory = buffer_of(index).memory;
    if (held.kind == AccessKind::Overwrite) {
      memory.host_write(held.range);
    }
    require(memory.host_is_right(held.range), "the host sees what was written last");
    require(!slots_[index].on_device || memory.device_is_right(held.range), "the device sees what was written last");
  }

  void note_release(std::size_t index, Job const& job) {
    Claim const released = std::exchange(claim(index), Claim{});
    Buffer& buffer = *buffers_[released.buffer];
    require(released.kind == AccessKind::Read || job.failed_to_flush || buffer.memory.device_is_right(released.range),
            "what was written has reached the device");
    bool const last = buffer.retired && !model_.any([&](Claim const& other) {
      return other.buffer == released.buffer && other.is_active();
    });
    require(job.was_last == last, "who releases a retired tracker's last entry destroys it");
    if (last) {
      buffers_[released.buffer] = std::make_unique<Buffer>(buffer.atom);
    }
  }

  void check() {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      Claim const& one = claim(i);
      require(slots_[i].job == nullptr || !slots_[i].job->must_throw, "a wait that would close a cycle throws");
      if (one.state == State::Waiting) {
        require(model_.is_blocked(one) || model_.is_preceded(one), "nobody waits for nothing");
      } else if (one.state == State::Held && !slots_[i].on_device) {
        require(buffer_of(i).memory.host_is_right(one.range), "the host has what was written last");
      }
    }
    for (std::size_t i = 0; i < buffer_count; ++i) {
      bool const active = model_.any([&](Claim const& one) { return one.buffer == i && one.is_active(); });
      require(buffers_[i]->tracker.idle() == !active, "a tracker is idle if nothing is active");
    }
  }

  /// Lets everybody finish who does not wait; then nobody waits.
  void drain() {
    while (finish_one()) {
    }
    require(!model_.any([](Claim const& one) { return one.state != State::Absent; }), "nobody waits for ever");
  }

  bool finish_one() {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (is_paused(i)) {
        go_on(i, Verdict::Works);
        return true;
      }
      bool const owner_waits = model_.any([&](Claim const& other) {
        return other.owner == claim(i).owner &&
               (other.state == State::Waiting || other.state == State::WaitingForArrivals);
      });
      if (slots_[i].job == nullptr && claim(i).state == State::Held && !owner_waits) {
        release(i, ~0U, false);
        return true;
      }
    }
    return false;
  }

  void check_at_rest(std::size_t index) {
    Claim& wanted = make_claim(0, AccessKind::Read, all_bytes, 1);
    wanted.buffer = index;
    wanted.atoms = {};
    wanted.state = State::Waiting;
    start(0, std::make_unique<Job>());
    settle();
    require(claim(0).state == State::Held, "all bytes of an idle buffer can be had");
    require(buffers_[index]->memory.device_is_right(all_bytes), "all that was written has reached the device");
    require(buffers_[index]->tracker.dirty().empty(), "nothing is left dirty");
    release(0, ~0U, false);
  }

  Input& input_;
  std::size_t const used_buffer_count_;
  std::array<std::unique_ptr<Buffer>, buffer_count> buffers_;
  AccessModel model_;
  std::array<Slot, std::tuple_size_v<decltype(model_.claims)>> slots_;
  std::array<bool, buffer_count> arrival_over_{};                                   ///< Since the last step.
  std::array<bool, std::tuple_size_v<decltype(model_.claims)>> arriving_before_{};  ///< When it was last looked.
  std::uint64_t last_ticket_ = 0;
  std::uint64_t last_submission_ = thread_count;
};

}  // namespace ashlar::test
