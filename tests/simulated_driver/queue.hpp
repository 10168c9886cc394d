#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "simulated_driver/state.hpp"

namespace ashlar::simulated {

/// Hands submissions to the queue's thread, which carries them out one after the other. Device loss drops them.
/// \pre The caller has the driver's mutex.
void enqueue(QueueState& queue, std::vector<Submission> submissions);

/// Whether the queue, or all queues, have done all that they were given.
/// \pre The caller has the driver's mutex.
[[nodiscard]] bool is_idle(QueueState const& queue);
[[nodiscard]] bool is_idle(DeviceState const& device);

/// Whether a command buffer is part of what has yet to be done; of a lost device nothing has.
/// \pre The caller has the driver's mutex.
[[nodiscard]] bool is_pending(DeviceState const& device, std::uint64_t command_buffer);

/// Ends the threads of a device's queues; what has not begun is dropped.
/// \pre `lock` has the driver's mutex. It is released while the threads end.
void stop_queues(DeviceState& device, std::unique_lock<std::mutex>& lock);

}  // namespace ashlar::simulated
