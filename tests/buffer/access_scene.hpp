#pragma once

#include <ashlar/buffer/access.hpp>
#include <ashlar/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
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
constexpr std::size_t claim_count = std::tuple_size_v<decltype(AccessModel::claims)>;
constexpr Range all_bytes{0, TwoCopies::size};

/// The threads outlive the inputs: to start one takes longer than a run.
inline SteppedThread& thread(std::size_t index) {
  static std::array<SteppedThread, thread_count> threads;
  return threads[index];
}

/// Entries of a few buffers, on threads of their own or on this one, and the calls of their memory.
///
/// A thread is the number of an entry's owner. What cannot block is called by this thread in its name; what may wait,
/// or is to be interrupted within a flush, runs on a thread of its own, and this one goes on when that one waits in the
/// tracker, has stopped in a call of the memory, or is done. So an input always has the same course.
class AccessScene {
 public:
  explicit AccessScene(Input& input) {
    constexpr std::uint64_t atoms[] = {8, 1, 4, 16, 32, 0};
    for (auto& buffer : buffers) {
      buffer = std::make_unique<Buffer>(input.pick(atoms));
    }
  }

  Claim& claim(std::size_t index) { return model.claims[index]; }
  Buffer& buffer_of(std::size_t index) { return *buffers[claim(index).buffer]; }

  bool is_paused(std::size_t index) const { return is(index, SteppedThread::State::Paused); }

  bool is_done(std::size_t index) const {
    Job const* const job = slots[index].job.get();
    return job != nullptr && (job->thread == nullptr || is(index, SteppedThread::State::Idle));
  }

  /// Whether each running thread waits in a tracker, and as it is to: who is not to wait at all passes through the
  /// queue where only earlier waiters are in his way, and there, for a moment, may close a cycle. A thread that joins
  /// those who wait is not counted before it has looked for cycles: it holds the graph's mutex.
  bool all_wait() const {
    std::size_t waiters = 0;
    std::ptrdiff_t arrival_waiters = 0;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (is(i, SteppedThread::State::Running)) {
        bool const is_to_wait = slots[i].job->wait != Wait::not_at_all();
        waiters += is_to_wait ? 1 : 0;
        arrival_waiters += is_to_wait ? 0 : 1;
      }
    }
    std::lock_guard const lock{detail::wait_graph.mutex};
    for (auto const& buffer : buffers) {
      waiters -= buffer->tracker.waiter_count();
    }
    return waiters == 0 && arrival_waiters == arrival_waiter_count();
  }

  std::ptrdiff_t arrival_waiter_count() const {
    std::size_t count = 0;
    for (auto const& buffer : buffers) {
      count += buffer->tracker.arrival_waiter_count();
    }
    return static_cast<std::ptrdiff_t>(count);
  }

  void start(std::size_t index, std::unique_ptr<Job> job) {
    Slot& slot = slots[index];
    Claim const& wanted = claim(index);
    if (!job->releases) {
      slot.entry = detail::entry_of(wanted.kind, wanted.range, wanted.owner, wanted.where);
    }
    slot.job = std::move(job);
    auto const work = [this, index, &tracker = buffer_of(index).tracker] { do_job(index, tracker); };
    if (slot.job->thread != nullptr) {
      slot.job->thread->start(work);
    } else {
      work();
    }
  }

  /// What a call of the memory does, once.
  void perform_call(std::size_t index) {
    Job& job = *slots[index].job;
    if (std::exchange(job.has_acted, true)) {
      return;
    }
    Buffer& buffer = buffer_of(index);
    require(buffer.atom != 0, "coherent memory is neither flushed nor invalidated");
    require(job.range.size != 0 && job.range.offset % buffer.atom == 0 && job.range.size % buffer.atom == 0 &&
                all_bytes.contains(job.range),
            "the range consists of whole atoms");
    require(job.is_flush || !model.any([&](Claim const& other) {
      return &other != &claim(index) && other.is_active() && other.buffer == claim(index).buffer &&
             other.atoms.overlaps(job.range);
    }),
            "an atom that somebody holds is not invalidated");
    if (job.verdict != Verdict::FailsBefore) {
      job.is_flush ? buffer.memory.flush(job.range) : buffer.memory.invalidate(job.range);
    }
  }

  void flush(std::size_t index, unsigned failing_call) {
    slots[index].job = std::make_unique<Job>();
    slots[index].job->failing_call = failing_call;
    Memory memory{*this, index};
    try {
      detail::flush_for_host(buffer_of(index).tracker, memory, slots[index].entry);
      require(buffer_of(index).memory.device_is_right(claim(index).range), "what was flushed has reached the device");
    } catch (MemoryFailure const&) {
    }
    slots[index].job.reset();
  }

  AccessModel model;
  std::array<std::unique_ptr<Buffer>, buffer_count> buffers;
  std::array<Slot, claim_count> slots;

 private:
  /// What the memory of an entry calls.
  struct Memory {
    void flush(Range range) { scene.call_memory(index, true, range); }
    void invalidate(Range range) { scene.call_memory(index, false, range); }
    AccessScene& scene;
    std::size_t index;
  };

  bool is(std::size_t index, SteppedThread::State state) const {
    Job const* const job = slots[index].job.get();
    return job != nullptr && job->thread != nullptr && job->thread->state() == state;
  }

  /// On the thread of the job. Reads nothing of the model.
  void do_job(std::size_t index, detail::AccessTracker& tracker) {
    Slot& slot = slots[index];
    Job& job = *slot.job;
    Memory memory{*this, index};
    if (job.releases) {
      bool const flushes = !slot.on_device;
      job.was_last = flushes ? detail::release_for_host(tracker, memory, slot.entry) : tracker.release(slot.entry);
      job.result = Job::Result::Released;
      return;
    }
    try {
      bool const admitted = detail::acquire_bytes(tracker, memory, slot.entry, job.wait);
      job.result = admitted ? Job::Result::Admitted : Job::Result::Refused;
    } catch (AccessConflictError const& error) {
      job.who = error.who();
      job.result = Job::Result::Conflict;
    } catch (MemoryFailure const&) {
      job.result = Job::Result::Failed;
    }
  }

  void call_memory(std::size_t index, bool is_flush, Range range) {
    Job& job = *slots[index].job;
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
};

}  // namespace ashlar::test
