#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <thread>
#include <utility>

#include "buffer/access_job.hpp"
#include "buffer/access_model.hpp"
#include "buffer/access_scene.hpp"
#include "buffer/stepped_thread.hpp"
#include "buffer/two_copies.hpp"
#include "fuzzing/require.hpp"

namespace ashlar::test {

inline bool same_place(std::source_location const& a, std::source_location const& b) {
  return a.line() == b.line() && a.column() == b.column();
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

/// What the model notes of a scene, and holds against it.
class AccessNotes {
 public:
  explicit AccessNotes(AccessScene& scene) : scene_{scene} {}

  /// What the model says before the tracker is asked.
  void expect(Claim& wanted, Job& job, bool waits_for_arrivals) {
    bool const blocked = scene_.model.is_blocked(wanted);
    job.must_throw = job.wait != Wait::not_at_all() && scene_.model.closes_cycle(wanted);
    if (waits_for_arrivals) {
      wanted.state = State::WaitingForArrivals;
    } else if (!job.must_throw && !(job.wait == Wait::not_at_all() && blocked)) {
      join_queue(wanted);
    }
  }

  /// Until each thread is done, has stopped in a call of the memory, or waits in a tracker; and the model knows.
  void settle() {
    do {
      do {
        wait_until([&] { return scene_.all_wait(); });
        note_turns();
      } while (wait_for_arrival_waiters());
    } while (note_overtakers());
    arrival_over_ = {};
    perform_early_calls();
    check();
  }

 private:
  void join_queue(Claim& waiter) {
    waiter.state = State::Waiting;
    waiter.ticket = ++last_ticket_;
    scene_.model.note_overtakers();
  }

  /// Who waited for arrivals may have been told of one, and not yet have looked. Whether there was such a one.
  bool wait_for_arrival_waiters() {
    bool any = false;
    for (std::size_t i = 0; i < claim_count; ++i) {
      if (scene_.claim(i).state == State::WaitingForArrivals && arrival_over_[scene_.claim(i).buffer] &&
          !scene_.model.is_blocked_by_arrivals_only(scene_.claim(i)) && !has_gone_on(i)) {
        wait_until([&] { return has_gone_on(i); });
        any = true;
      }
    }
    return any;
  }

  void perform_early_calls() {
    for (std::size_t i = 0; i < claim_count; ++i) {
      if (scene_.is_paused(i) && scene_.slots[i].job->acts_early) {
        scene_.slots[i].job->verdict = Verdict::Works;
        scene_.perform_call(i);
      }
    }
  }

  /// First what has become free, or has arrived; then who got in before anybody who waited for arrivals has joined the
  /// queue, or did not need that.
  void note_turns() {
    for (std::size_t i = 0; i < claim_count; ++i) {
      arriving_before_[i] = scene_.claim(i).state == State::Arriving;
    }
    for (std::size_t i = 0; i < claim_count; ++i) {
      if (scene_.claim(i).is_active() && scene_.is_done(i)) {
        note_end(i);
      }
    }
    for (std::size_t i = 0; i < claim_count; ++i) {
      if (scene_.claim(i).state == State::Waiting && has_gone_on(i) &&
          (!scene_.model.is_preceded(scene_.claim(i)) || all_wait_for_arrivals())) {
        note_change(i);
      }
    }
  }

  /// When arrivals are over, he who waited for them joins the queue, be it for a moment; then some may overtake others.
  /// Whether anything has changed.
  bool note_overtakers() {
    for (std::size_t i = 0; i < claim_count; ++i) {
      if (scene_.claim(i).state == State::WaitingForArrivals && has_gone_on(i)) {
        join_queue(scene_.claim(i));
      }
    }
    bool any = false;
    for (std::size_t i = 0; i < claim_count; ++i) {
      any = note_change(i) || any;
    }
    return any;
  }

  bool has_gone_on(std::size_t index) const { return scene_.is_done(index) || scene_.is_paused(index); }

  /// Whether those of whom the model says so still do.
  bool all_wait_for_arrivals() const {
    return scene_.arrival_waiter_count() ==
           std::ranges::count(scene_.model.claims, State::WaitingForArrivals, &Claim::state);
  }

  bool note_change(std::size_t index) {
    if (scene_.is_done(index)) {
      note_end(index);
      return true;
    }
    if (scene_.is_paused(index) && !scene_.claim(index).is_active()) {
      note_admission(index, State::Arriving);
      return true;
    }
    return false;
  }

  void note_admission(std::size_t index, State state) {
    Claim& admitted = scene_.claim(index);
    bool const preceded = scene_.model.is_preceded(admitted);
    admitted.state = state;
    for (std::size_t i = 0; i < claim_count; ++i) {
      Claim const& other = scene_.claim(i);
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
    std::unique_ptr<Job> const job = std::move(scene_.slots[index].job);
    using enum Job::Result;
    require(job->result == Conflict || !job->must_throw, "a wait that would close a cycle throws");
    arrival_over_[scene_.claim(index).buffer] |= job->result == Admitted || job->result == Failed;
    switch (job->result) {
      case Admitted:
        if (scene_.claim(index).state != State::Arriving) {
          note_admission(index, State::Held);
        }
        scene_.claim(index).state = State::Held;
        note_arrival(index);
        return;
      case Refused:
        require(job->wait != Wait::forever(), "who waits for ever is not refused");
        require(scene_.model.is_blocked(scene_.claim(index)) || scene_.model.is_preceded(scene_.claim(index)),
                "who is refused is in the way");
        break;
      case Conflict:
        require(job->must_throw, "who is told of a cycle would close one");
        require(scene_.model.any([&](Claim const& other) {
          return scene_.model.closes_cycle(other, scene_.claim(index)) && same_place(other.where, job->who);
        }),
                "the error names an entry on the cycle");
        break;
      case Released:
        note_release(index, *job);
        return;
      default:
        require(job->result == Failed, "the job is done");
    }
    scene_.claim(index) = Claim{};
  }

  void note_arrival(std::size_t index) {
    Claim const& held = scene_.claim(index);
    TwoCopies& memory = scene_.buffer_of(index).memory;
    if (held.kind == AccessKind::Overwrite) {
      memory.host_write(held.range);
    }
    require(memory.host_is_right(held.range), "the host sees what was written last");
    require(!scene_.slots[index].on_device || memory.device_is_right(held.range),
            "the device sees what was written last");
  }

  void note_release(std::size_t index, Job const& job) {
    Claim const released = std::exchange(scene_.claim(index), Claim{});
    Buffer& buffer = *scene_.buffers[released.buffer];
    require(released.kind == AccessKind::Read || job.failed_to_flush || buffer.memory.device_is_right(released.range),
            "what was written has reached the device");
    bool const last = buffer.retired && !scene_.model.any([&](Claim const& other) {
      return other.buffer == released.buffer && other.is_active();
    });
    require(job.was_last == last, "who releases a retired tracker's last entry destroys it");
    if (last) {
      scene_.buffers[released.buffer] = std::make_unique<Buffer>(buffer.atom);
    }
  }

  void check() {
    for (std::size_t i = 0; i < claim_count; ++i) {
      Claim const& one = scene_.claim(i);
      require(scene_.slots[i].job == nullptr || !scene_.slots[i].job->must_throw,
              "a wait that would close a cycle throws");
      if (one.state == State::Waiting) {
        require(scene_.model.is_blocked(one) || scene_.model.is_preceded(one), "nobody waits for nothing");
      } else if (one.state == State::Held && !scene_.slots[i].on_device) {
        require(scene_.buffer_of(i).memory.host_is_right(one.range), "the host has what was written last");
      }
    }
    for (std::size_t i = 0; i < buffer_count; ++i) {
      bool const active = scene_.model.any([&](Claim const& one) { return one.buffer == i && one.is_active(); });
      require(scene_.buffers[i]->tracker.idle() == !active, "a tracker is idle if nothing is active");
    }
  }

  AccessScene& scene_;
  std::array<bool, buffer_count> arrival_over_{};    ///< Since the last step.
  std::array<bool, claim_count> arriving_before_{};  ///< When it was last looked.
  std::uint64_t last_ticket_ = 0;
};

}  // namespace ashlar::test
