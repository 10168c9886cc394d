#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ashlar::simulated {

/// A submission: its queue, by its place in the device, and its number in that queue, from 1.
struct Moment {
  std::size_t queue = 0;
  std::uint64_t number = 0;

  [[nodiscard]] friend bool operator==(Moment const&, Moment const&) = default;
};

/// How many submissions of each queue are known to be over: a vector clock. Who waits for a semaphore or a fence knows
/// what its signaler knew.
class Clock {
 public:
  [[nodiscard]] bool covers(Moment const& moment) const {
    return moment.queue < over_.size() && moment.number <= over_[moment.queue];
  }
  void add(Moment const& moment) {
    over_.resize(std::max(over_.size(), moment.queue + 1));
    over_[moment.queue] = std::max(over_[moment.queue], moment.number);
  }
  void join(Clock const& other) {
    for (std::size_t queue = 0; queue < other.over_.size(); ++queue) {
      add({queue, other.over_[queue]});
    }
  }
  /// Leaves what both cover.
  void meet(Clock const& other) {
    over_.resize(std::min(over_.size(), other.over_.size()));
    for (std::size_t queue = 0; queue < over_.size(); ++queue) {
      over_[queue] = std::min(over_[queue], other.over_[queue]);
    }
  }

 private:
  std::vector<std::uint64_t> over_;  ///< By queue.
};

}  // namespace ashlar::simulated
