#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "simulated_driver/state.hpp"

// Threads: the caller has the driver's mutex.

namespace ashlar::simulated {

/// Hands submissions to the queue's thread, which carries them out one after the other. Device loss drops them.
void enqueue(QueueState& queue, std::vector<Submission> submissions);

/// Finds the submissions that have now got all that they wait for: from here on they may run at any moment.
void find_ready(DeviceState& device);

/// To be called where the host begins to wait for the device: where submissions begin only then, all that may begin do,
/// and are done when this returns. `lock` is released meanwhile.
void begin_awaited(DeviceState& device, std::unique_lock<std::mutex>& lock);

/// Whether the queue, or all queues, have done all that they were given.
[[nodiscard]] bool is_idle(QueueState const& queue);
[[nodiscard]] bool is_idle(DeviceState const& device);

/// All that the queue was given, and what that comes after.
[[nodiscard]] Clock clock_of(QueueState const& queue);

/// The host knows that what the clock covers is over: checks what it may see of it, and lets go of what it used.
void host_has_waited(DeviceState& device, Clock const& clock);

/// Whether an object of any kind is part of a submission that, as far as the host knows, is not over; of a lost device
/// nothing is.
[[nodiscard]] bool is_in_use(DeviceState const& device, std::uint64_t object);

/// Ends the threads of a device's queues; what has not begun is dropped. `lock` is released while the threads end.
void stop_queues(DeviceState& device, std::unique_lock<std::mutex>& lock);

}  // namespace ashlar::simulated
