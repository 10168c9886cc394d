#pragma once

#include "simulated_driver/state.hpp"

namespace ashlar::simulated {

/// Notes what a command breaks that a queue is about to carry out: its order with other commands, and whose family the
/// resources are.
/// \pre The caller has the driver's mutex.
void check(QueueState const& queue, Moment const& moment, Command const& command);

}  // namespace ashlar::simulated
