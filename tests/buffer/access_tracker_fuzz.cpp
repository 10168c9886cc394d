#include <ashlar/buffer/access.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "buffer/access_course.hpp"
#include "buffer/access_model.hpp"
#include "buffer/stepped_thread.hpp"
#include "buffer/two_copies.hpp"
#include "fuzzing/input.hpp"
#include "fuzzing/require.hpp"

// Threads and the device take bytes of a few buffers and give them back, in the order that the input says, and the
// model says who must get them, must wait, or must be told of a deadlock.

namespace ashlar::test {
namespace {

class Run : private AccessCourse {
 public:
  explicit Run(Input& input) : AccessCourse{input} {}

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
  using AccessCourse::go_on;
  using AccessCourse::release;

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
    settle();
  }

  void acquire() {
    std::size_t const number = input_.below(thread_count);
    std::size_t const index = free_claim();
    if (index == model_.claims.size() || thread(number).state() != SteppedThread::State::Idle) {
      return;
    }
    constexpr AccessKind kinds[] = {AccessKind::Read, AccessKind::Write, AccessKind::Overwrite};
    constexpr Wait waits[] = {Wait::forever(), Wait::not_at_all(), Wait{1}};
    AccessKind const kind = input_.pick(kinds);
    Claim& wanted = make_claim(index, kind, any_range(), number + 1);
    auto job = std::make_unique<Job>();
    job->wait = input_.pick(waits);
    bool const waits_for_arrivals = job->wait == Wait::not_at_all() && model_.is_blocked_by_arrivals_only(wanted);
    if (buffer_of(index).retired || (waits_for_arrivals && has_arrival_waiter(wanted.buffer))) {
      return;
    }
    bool const blocked = model_.is_blocked(wanted) || model_.is_preceded(wanted);
    bool const may_wait = waits_for_arrivals || (blocked && job->wait == Wait::forever());
    bool const in_steps = input_.one_in(2);
    job->acts_early = input_.one_in(2);
    if (may_wait || (in_steps && !blocked)) {
      job->thread = &thread(number);
    } else {
      job->failing_call = input_.below(8);
    }
    expect(wanted, *job, waits_for_arrivals);
    start(index, std::move(job));
  }

  /// A submission takes whole atoms, and never waits as an owner.
  void acquire_for_device() {
    std::size_t const index = free_claim();
    if (index == model_.claims.size()) {
      return;
    }
    AccessKind const kind = input_.one_in(2) ? AccessKind::Read : AccessKind::Write;
    Claim& wanted = make_claim(index, kind, any_range(), 0);
    wanted.owner = ++last_submission_;
    wanted.range = wanted.atoms.size != 0 ? wanted.atoms : wanted.range;
    if (buffer_of(index).retired || model_.is_blocked_by_arrivals_only(wanted)) {
      return;
    }
    slots_[index].on_device = true;
    auto job = std::make_unique<Job>();
    job->failing_call = input_.below(8);
    expect(wanted, *job, false);
    start(index, std::move(job));
  }

  void release() {
    std::size_t const index = any_claim();
    if (claim(index).state == State::Held && slots_[index].job == nullptr) {
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
    if (to == model_.claims.size() || claim(from).state != State::Held || slots_[from].job != nullptr ||
        slots_[from].on_device || thread(number).state() != SteppedThread::State::Idle) {
      return;
    }
    slots_[to].entry.owner = number + 1;
    slots_[to].on_device = false;
    buffer_of(from).tracker.move(slots_[from].entry, slots_[to].entry);
    claim(to) = std::exchange(claim(from), Claim{});
    claim(to).owner = number + 1;
  }

  /// The holder writes, or flushes, or a cache writes back.
  void touch() {
    std::size_t const index = any_claim();
    Claim const& held = claim(index);
    Buffer& buffer = buffer_of(index);
    if (input_.one_in(4)) {
      std::uint64_t const atom = std::max<std::uint64_t>(buffer.atom, 1);
      buffer.memory.write_back({align_down(input_.below(TwoCopies::size), atom), atom});
    } else if (held.state == State::Held && slots_[index].job == nullptr && !slots_[index].on_device &&
               held.kind != AccessKind::Read) {
      buffer.memory.host_write(held.range);
      if (input_.one_in(2)) {
        flush(index);
      }
    }
  }

  void retire() {
    std::size_t const index = input_.below(used_buffer_count_);
    Buffer& buffer = *buffers_[index];
    bool const asked = model_.any([&](Claim const& other) {
      return other.buffer == index && other.state != State::Absent && other.state != State::Held;
    });
    if (buffer.retired || asked || !input_.one_in(4)) {
      return;
    }
    bool const active = model_.any([&](Claim const& other) { return other.buffer == index && other.is_active(); });
    buffer.retired = true;
    require(buffer.tracker.retire() == !active, "who retires an idle tracker destroys it");
    if (!active) {
      buffers_[index] = std::make_unique<Buffer>(buffer.atom);
    }
  }
};

}  // namespace
}  // namespace ashlar::test

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  ashlar::fuzzing::Input input{data, size};
  ashlar::test::Run{input}.run();
  return 0;
}
