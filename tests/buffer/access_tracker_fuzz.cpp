#include <ashlar/buffer/access.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <utility>

#include "buffer/access_job.hpp"
#include "buffer/access_model.hpp"
#include "buffer/access_notes.hpp"
#include "buffer/access_scene.hpp"
#include "buffer/stepped_thread.hpp"
#include "buffer/two_copies.hpp"
#include "fuzzing/input.hpp"
#include "fuzzing/require.hpp"

// Threads and the device take bytes of a few buffers and give them back, in the order that the input says, and the
// model says who must get them, must wait, or must be told of a deadlock.

namespace ashlar::test {
namespace {

/// A place in the source for each claim, that an error may name.
std::source_location place(std::size_t index) {
  constexpr auto here = [](std::source_location where = std::source_location::current()) { return where; };
  static std::array const places{here(), here(), here(), here(), here(), here(), here(), here(), here(), here()};
  return places.at(index);
}

class Run {
 public:
  explicit Run(Input& input) : input_{input}, used_buffer_count_{1U + input.below(buffer_count)}, scene_{input} {}

  void run() {
    while (!input_.empty()) {
      step();
    }
    drain();
    for (std::size_t i = 0; i < buffer_count; ++i) {
      check_at_rest(i);
    }
  }

 private:
  void step() {
    switch (input_.below(10)) {
      case 0:
      case 1:
      case 2:
        acquire();
        break;
      case 3:
      case 4:
        release();
        break;
      case 5:
        go_on();
        break;
      case 6:
        move();
        break;
      case 7:
        touch();
        break;
      case 8:
        acquire_for_device();
        break;
      default:
        retire();
    }
    notes_.settle();
  }

  /// One of those that are there, if any are.
  std::size_t any_claim() {
    std::array<std::size_t, claim_count> present{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < claim_count; ++i) {
      if (scene_.claim(i).state != State::Absent || scene_.slots[i].job != nullptr) {
        present[count++] = i;
      }
    }
    return count == 0 ? 0 : present[input_.below(count)];
  }

  std::size_t free_claim() const {
    return static_cast<std::size_t>(std::find_if(scene_.model.claims.begin(), scene_.model.claims.end(),
                                                 [](Claim const& one) { return one.state == State::Absent; }) -
                                    scene_.model.claims.begin());
  }

  Range any_range() {
    std::uint64_t const offset = input_.below(TwoCopies::size);
    return {offset, input_.below(TwoCopies::size - offset + 1)};
  }

  Claim& make_claim(std::size_t index, AccessKind kind, Range range, std::uint64_t owner) {
    Claim& made = scene_.claim(index) = Claim{};
    made.buffer = input_.below(used_buffer_count_);
    made.range = range;
    made.atoms = scene_.buffer_of(index).atom == 0 ? Range{} : scene_.buffer_of(index).tracker.atoms(range);
    made.kind = kind;
    made.owner = owner;
    made.where = place(index);
    scene_.slots[index].on_device = false;
    return made;
  }

  bool has_arrival_waiter(std::size_t buffer) const {
    return scene_.model.any(
        [&](Claim const& other) { return other.buffer == buffer && other.state == State::WaitingForArrivals; });
  }

  void acquire() {
    std::size_t const number = input_.below(thread_count);
    std::size_t const index = free_claim();
    if (index == claim_count || thread(number).state() != SteppedThread::State::Idle) {
      return;
    }
    constexpr AccessKind kinds[] = {AccessKind::Read, AccessKind::Write, AccessKind::Overwrite};
    constexpr Wait waits[] = {Wait::forever(), Wait::not_at_all(), Wait{1}};
    AccessKind const kind = input_.pick(kinds);
    Claim& wanted = make_claim(index, kind, any_range(), number + 1);
    auto job = std::make_unique<Job>();
    job->wait = input_.pick(waits);
    bool const waits_for_arrivals = job->wait == Wait::not_at_all() && scene_.model.is_blocked_by_arrivals_only(wanted);
    if (scene_.buffer_of(index).retired || (waits_for_arrivals && has_arrival_waiter(wanted.buffer))) {
      return;
    }
    bool const blocked = scene_.model.is_blocked(wanted) || scene_.model.is_preceded(wanted);
    bool const may_wait = waits_for_arrivals || (blocked && job->wait == Wait::forever());
    bool const in_steps = input_.one_in(2);
    job->acts_early = input_.one_in(2);
    if (may_wait || (in_steps && !blocked)) {
      job->thread = &thread(number);
    } else {
      job->failing_call = input_.below(8);
    }
    notes_.expect(wanted, *job, waits_for_arrivals);
    scene_.start(index, std::move(job));
  }

  /// A submission takes whole atoms, and never waits as an owner.
  void acquire_for_device() {
    std::size_t const index = free_claim();
    if (index == claim_count) {
      return;
    }
    AccessKind const kind = input_.one_in(2) ? AccessKind::Read : AccessKind::Write;
    Claim& wanted = make_claim(index, kind, any_range(), 0);
    wanted.owner = ++last_submission_;
    wanted.range = wanted.atoms.size != 0 ? wanted.atoms : wanted.range;
    if (scene_.buffer_of(index).retired || scene_.model.is_blocked_by_arrivals_only(wanted)) {
      return;
    }
    scene_.slots[index].on_device = true;
    auto job = std::make_unique<Job>();
    job->failing_call = input_.below(8);
    notes_.expect(wanted, *job, false);
    scene_.start(index, std::move(job));
  }

  void release() {
    std::size_t const index = any_claim();
    if (scene_.claim(index).state == State::Held && scene_.slots[index].job == nullptr) {
      unsigned const failing_call = input_.below(4);
      release(index, failing_call, input_.one_in(3));
    }
  }

  void go_on() {
    std::size_t const index = any_claim();
    constexpr Verdict verdicts[] = {Verdict::Works, Verdict::Works, Verdict::FailsBefore, Verdict::FailsAfter};
    go_on(index, input_.pick(verdicts));
  }

  void move() {
    std::size_t const from = any_claim();
    std::size_t const to = free_claim();
    std::size_t const number = input_.below(thread_count);
    if (to == claim_count || scene_.claim(from).state != State::Held || scene_.slots[from].job != nullptr ||
        scene_.slots[from].on_device || thread(number).state() != SteppedThread::State::Idle) {
      return;
    }
    scene_.slots[to].entry.owner = number + 1;
    scene_.slots[to].on_device = false;
    scene_.buffer_of(from).tracker.move(scene_.slots[from].entry, scene_.slots[to].entry);
    scene_.claim(to) = std::exchange(scene_.claim(from), Claim{});
    scene_.claim(to).owner = number + 1;
  }

  /// The holder writes, or flushes, or a cache writes back.
  void touch() {
    std::size_t const index = any_claim();
    Claim const& held = scene_.claim(index);
    Buffer& buffer = scene_.buffer_of(index);
    if (input_.one_in(4)) {
      std::uint64_t const atom = std::max<std::uint64_t>(buffer.atom, 1);
      buffer.memory.write_back({align_down(input_.below(TwoCopies::size), atom), atom});
    } else if (held.state == State::Held && scene_.slots[index].job == nullptr && !scene_.slots[index].on_device &&
               held.kind != AccessKind::Read) {
      buffer.memory.host_write(held.range);
      if (input_.one_in(2)) {
        scene_.flush(index, input_.below(3));
      }
    }
  }

  void retire() {
    std::size_t const index = input_.below(used_buffer_count_);
    Buffer& buffer = *scene_.buffers[index];
    bool const asked = scene_.model.any([&](Claim const& other) {
      return other.buffer == index && other.state != State::Absent && other.state != State::Held;
    });
    if (buffer.retired || asked || !input_.one_in(4)) {
      return;
    }
    bool const active =
        scene_.model.any([&](Claim const& other) { return other.buffer == index && other.is_active(); });
    buffer.retired = true;
    require(buffer.tracker.retire() == !active, "who retires an idle tracker destroys it");
    if (!active) {
      scene_.buffers[index] = std::make_unique<Buffer>(buffer.atom);
    }
  }

  // With one entry.

  void go_on(std::size_t index, Verdict verdict) {
    if (scene_.is_paused(index)) {
      scene_.slots[index].job->verdict = verdict;
      scene_.perform_call(index);
      scene_.slots[index].job->thread->go_on();
      notes_.settle();
    }
  }

  void release(std::size_t index, unsigned failing_call, bool in_steps) {
    auto job = std::make_unique<Job>();
    job->releases = true;
    job->failing_call = failing_call;
    job->acts_early = in_steps && input_.one_in(2);
    std::uint64_t const owner = scene_.claim(index).owner;
    if (in_steps && owner <= thread_count && thread(owner - 1).state() == SteppedThread::State::Idle) {
      job->thread = &thread(owner - 1);
    }
    if (scene_.slots[index].on_device && scene_.claim(index).kind != AccessKind::Read) {
      scene_.buffer_of(index).memory.device_write(scene_.claim(index).range);
    }
    scene_.start(index, std::move(job));
    notes_.settle();
  }

  /// Lets everybody finish who does not wait; then nobody waits.
  void drain() {
    while (finish_one()) {
    }
    require(!scene_.model.any([](Claim const& one) { return one.state != State::Absent; }), "nobody waits for ever");
  }

  bool finish_one() {
    for (std::size_t i = 0; i < claim_count; ++i) {
      if (scene_.is_paused(i)) {
        go_on(i, Verdict::Works);
        return true;
      }
      bool const owner_waits = scene_.model.any([&](Claim const& other) {
        return other.owner == scene_.claim(i).owner &&
               (other.state == State::Waiting || other.state == State::WaitingForArrivals);
      });
      if (scene_.slots[i].job == nullptr && scene_.claim(i).state == State::Held && !owner_waits) {
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
    scene_.start(0, std::make_unique<Job>());
    notes_.settle();
    require(scene_.claim(0).state == State::Held, "all bytes of an idle buffer can be had");
    require(scene_.buffers[index]->memory.device_is_right(all_bytes), "all that was written has reached the device");
    require(scene_.buffers[index]->tracker.dirty().empty(), "nothing is left dirty");
    release(0, ~0U, false);
  }

  Input& input_;
  std::size_t const used_buffer_count_;
  AccessScene scene_;
  AccessNotes notes_{scene_};
  std::uint64_t last_submission_ = thread_count;
};

}  // namespace
}  // namespace ashlar::test

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  ashlar::fuzzing::Input input{data, size};
  ashlar::test::Run{input}.run();
  return 0;
}
