#pragma once

#include <barrier>
#include <cstdint>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "benchmarks/mailbox.hpp"
#include "benchmarks/options.hpp"
#include "benchmarks/threads.hpp"
#include "benchmarks/timings.hpp"
#include "benchmarks/workload.hpp"

namespace ashlar::bench {

/// What a steady state is made of, as a `Pieces` says how:
/// - `Pieces::Piece`: what a slot holds; a default-constructed one is empty;
/// - `renew(piece, operation)`: frees it, if it is not empty, and allocates it anew;
/// - `release(piece)`: frees it, if it is not empty, and leaves it empty.
/// Each thread has one.
template <class Pieces>
class SteadyThread {
 public:
  using Piece = typename Pieces::Piece;

  SteadyThread(Pieces const& pieces, SteadyState state)
      : pieces_{pieces}, state_{std::move(state)}, slots_(state_.fill.size()) {}

  void fill() {
    for (Operation const& operation : state_.fill) {
      pieces_.renew(slots_[operation.slot], operation);
    }
  }

  /// Does all operations once: what is timed.
  void run() {
    Piece* const slots = slots_.data();
    for (Operation const& operation : state_.operations) {
      pieces_.renew(slots[operation.slot], operation);
    }
  }

  /// The same, but one in `remote` frees is done by the thread that reads `out`, and this thread does those in `in`.
  void run_with_neighbours(std::uint32_t pass, std::uint32_t remote, Mailbox<Piece>& out, Mailbox<Piece>& in) {
    auto const receive = [&] { in.receive([&](Piece& piece) { pieces_.release(piece); }); };
    std::uint32_t own = remote;
    for (Operation const& operation : state_.operations) {
      if (--own == 0) {
        own = remote;
        receive();
        while (!out.send(slots_[operation.slot])) {
          std::this_thread::yield();
          receive();
        }
      }
      pieces_.renew(slots_[operation.slot], operation);
    }
    out.close(pass);
    while (!in.closed(pass)) {
      receive();
      std::this_thread::yield();
    }
    receive();
  }

  void release_all() {
    for (Piece& piece : slots_) {
      pieces_.release(piece);
    }
  }

 private:
  Pieces pieces_;
  SteadyState state_;
  std::vector<Piece> slots_;
};

/// Lets as many threads as there are `pieces` run a steady state each, and adds what one pair of all of them took.
template <class Pieces>
void run_steady_state(Options const& options, std::vector<Pieces> const& pieces, SlotOrder order, Figures& figures) {
  std::deque<SteadyThread<Pieces>> threads;
  std::deque<Mailbox<typename Pieces::Piece>> mailboxes(options.threads);
  for (std::uint32_t i = 0; i < options.threads; ++i) {
    threads.emplace_back(pieces[i], draw_steady_state(options.seed.value_or(0x5EED) + i, options.live, options.ops,
                                                      options.sizes, options.mixes_tilings(), order));
  }
  PassTimes times{options.passes};
  std::barrier all{static_cast<std::ptrdiff_t>(options.threads), [&]() noexcept { times.mark(); }};
  run_threads(options.threads, [&](std::uint32_t i) {
    threads[i].fill();
    all.arrive_and_wait();
    for (std::uint32_t pass = 1; pass <= options.passes; ++pass) {
      if (options.remote != 0) {
        threads[i].run_with_neighbours(pass, options.remote, mailboxes[(i + 1) % options.threads], mailboxes[i]);
      } else {
        threads[i].run();
      }
      all.arrive_and_wait();
    }
    threads[i].release_all();
  });
  add_nanoseconds(figures, "ns_per_pair", times.nanoseconds_each(static_cast<double>(options.ops) * options.threads));
}

}  // namespace ashlar::bench
