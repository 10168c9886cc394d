#pragma once

#include <ashlar/buffer/access.hpp>
#include <ashlar/layout.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <tuple>
#include <utility>

#include "buffer/access_tracker.hpp"

namespace ashlar::test {

/// An entry as the model sees it.
struct Claim {
  enum class State { Absent, Waiting, WaitingForArrivals, Arriving, Held };

  bool is_active() const { return state == State::Arriving || state == State::Held; }

  State state = State::Absent;
  std::size_t buffer = 0;
  ByteRange range;
  ByteRange atoms;  ///< None on coherent memory.
  detail::AccessKind kind = detail::AccessKind::Read;
  std::uint64_t owner = 0;
  std::uint64_t ticket = ~std::uint64_t{0};  ///< Who joined the queue first has the lowest.
  bool may_overtake = false;                 ///< Its turn in the queue has once been part of a cycle.
  std::source_location where;
};

/// Who may be active beside whom, and who waits for whom, by looking at all claims for every question.
class AccessModel {
 public:
  std::array<Claim, 10> claims;

  static bool conflict(Claim const& a, Claim const& b) {
    return a.buffer == b.buffer && a.range.overlaps(b.range) &&
           (a.kind != detail::AccessKind::Read || b.kind != detail::AccessKind::Read);
  }

  /// Whether an active claim stands in the way of another.
  static bool blocks(Claim const& active, Claim const& wanted) {
    bool const keeps_atoms =
        active.state == Claim::State::Arriving && active.buffer == wanted.buffer && active.atoms.overlaps(wanted.atoms);
    return &active != &wanted && active.is_active() && (conflict(active, wanted) || keeps_atoms);
  }

  static bool precedes(Claim const& earlier, Claim const& wanted) {
    return earlier.state == Claim::State::Waiting && earlier.ticket < wanted.ticket && conflict(earlier, wanted);
  }

  bool is_blocked(Claim const& wanted) const {
    return any([&](Claim const& active) { return blocks(active, wanted); });
  }

  bool is_preceded(Claim const& wanted) const {
    return any([&](Claim const& earlier) { return precedes(earlier, wanted); });
  }

  /// Whether it is blocked, but only until others have arrived.
  bool is_blocked_by_arrivals_only(Claim const& wanted) const {
    return is_blocked(wanted) && !any([&](Claim const& active) {
             return blocks(active, wanted) && (conflict(active, wanted) || active.owner == wanted.owner);
           });
  }

  /// Whether `wanted`, if it waited for that active claim, would wait for its own thread.
  bool closes_cycle(Claim const& active, Claim const& wanted) const {
    return blocks(active, wanted) && reaches(active.owner, wanted.owner, false);
  }

  bool closes_cycle(Claim const& wanted) const {
    return any([&](Claim const& active) { return closes_cycle(active, wanted); });
  }

  /// Marks those who wait for their turn on a cycle.
  void note_overtakers() {
    for (Claim& waiter : claims) {
      waiter.may_overtake =
          waiter.may_overtake || (waiter.state == Claim::State::Waiting && any([&](Claim const& other) {
                                    return precedes(other, waiter) && reaches(other.owner, waiter.owner, true);
                                  }));
    }
  }

  bool any(auto const& condition) const { return std::any_of(claims.begin(), claims.end(), condition); }

 private:
  /// Whether a thread waits for another, or is that one.
  bool reaches(std::uint64_t from, std::uint64_t to, bool with_queues) const {
    std::array<bool, std::tuple_size_v<decltype(claims)>> visited{};
    return reaches(from, to, with_queues, visited);
  }

  bool reaches(std::uint64_t from, std::uint64_t to, bool with_queues, auto& visited) const {
    if (from == to) {
      return true;
    }
    auto const waiter = std::find_if(claims.begin(), claims.end(), [&](Claim const& claim) {
      return claim.state == Claim::State::Waiting && claim.owner == from;
    });
    if (waiter == claims.end() || std::exchange(visited[static_cast<std::size_t>(waiter - claims.begin())], true)) {
      return false;
    }
    return any([&](Claim const& other) {
      bool const is_next = blocks(other, *waiter) || (with_queues && precedes(other, *waiter));
      return is_next && reaches(other.owner, to, with_queues, visited);
    });
  }
};

}  // namespace ashlar::test
