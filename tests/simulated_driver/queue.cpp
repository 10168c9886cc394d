#include "simulated_driver/queue.hpp"

#include <algorithm>
#include <utility>

#include "simulated_driver/memory_access.hpp"

namespace ashlar::simulated {

namespace {

/// Whether the first submission may begin.
bool may_begin(QueueState const& queue) {
  if (queue.pending.empty() || (queue.hold && queue.begun >= *queue.hold)) {
    return false;
  }
  auto const& waits = queue.pending.front().waits;
  return std::all_of(waits.begin(), waits.end(), [&](SemaphoreOperation const& wait) {
    auto const found = queue.device.semaphores.find(wait.semaphore);
    return found == queue.device.semaphores.end() || found->second.value >= wait.value;
  });
}

/// A binary semaphore that was waited for is unsignaled again.
void reset_if_binary(DeviceState& device, SemaphoreOperation const& wait) {
  auto const found = device.semaphores.find(wait.semaphore);
  if (found != device.semaphores.end() && !found->second.timeline) {
    found->second.value = 0;
  }
}

void signal(DeviceState& device, Submission const& submission) {
  for (SemaphoreOperation const& operation : submission.signals) {
    auto const found = device.semaphores.find(operation.semaphore);
    if (found == device.semaphores.end()) {
      driver().violation(
          "a semaphore was destroyed while a submission used it (VUID-vkDestroySemaphore-semaphore-01137)");
    } else if (found->second.timeline && operation.value <= found->second.value) {
      driver().violation(
          "a timeline semaphore was signaled with a value that is no greater "
          "(VUID-VkSubmitInfo-pSignalSemaphores-03242)");
    } else {
      found->second.value = operation.value;
    }
  }
  if (submission.fence != 0) {
    auto const fence = device.fences.find(submission.fence);
    if (fence == device.fences.end()) {
      driver().violation("a fence was destroyed while a submission used it (VUID-vkDestroyFence-fence-01120)");
    } else {
      fence->second.signaled = true;
    }
  }
}

/// Carries out the first submission.
void carry_out(QueueState& queue, std::unique_lock<std::mutex>& lock) {
  DeviceState& device = queue.device;
  ++queue.begun;
  queue.busy = true;
  Submission const& submission = queue.pending.front();  // Stays there until it is done.
  for (SemaphoreOperation const& wait : submission.waits) {
    reset_if_binary(device, wait);
  }
  write_back_some(device);
  lock.unlock();
  for (auto const& commands : submission.commands) {
    for (Command const& command : *commands) {
      command(device);
    }
  }
  lock.lock();
  driver().deliver(lock);
  if (!lock.owns_lock()) {
    lock.lock();
  }
  if (submission.loses_device) {
    device.lost = true;
  }
  if (!device.lost) {
    signal(device, submission);
  }
  queue.pending.pop_front();
  queue.busy = false;
}

void run(QueueState& queue) {
  DriverState& state = driver();
  std::unique_lock lock{state.mutex};
  while (true) {
    state.changed.wait(lock, [&] {
      return queue.device.stopping || (queue.device.lost && !queue.pending.empty()) || may_begin(queue);
    });
    if (queue.device.stopping) {
      return;
    }
    if (queue.device.lost) {
      queue.pending.clear();
    } else {
      carry_out(queue, lock);
    }
    state.changed.notify_all();
  }
}

}  // namespace

void enqueue(QueueState& queue, std::vector<Submission> submissions) {
  queue.submitted += submissions.size();
  std::move(submissions.begin(), submissions.end(), std::back_inserter(queue.pending));
  if (!queue.worker.joinable()) {
    queue.worker = std::thread{run, std::ref(queue)};
  }
  driver().changed.notify_all();
}

bool is_idle(QueueState const& queue) { return queue.pending.empty(); }

bool is_idle(DeviceState const& device) {
  return std::all_of(device.queues.begin(), device.queues.end(), [](auto const& queue) { return is_idle(*queue); });
}

bool is_pending(DeviceState const& device, std::uint64_t command_buffer) {
  return !device.lost && std::any_of(device.queues.begin(), device.queues.end(), [&](auto const& queue) {
    return std::any_of(queue->pending.begin(), queue->pending.end(), [&](Submission const& submission) {
      auto const& all = submission.command_buffers;
      return std::find(all.begin(), all.end(), command_buffer) != all.end();
    });
  });
}

void stop_queues(DeviceState& device, std::unique_lock<std::mutex>& lock) {
  device.stopping = true;
  driver().changed.notify_all();
  for (auto const& queue : device.queues) {
    std::thread worker = std::exchange(queue->worker, {});
    if (worker.joinable()) {
      lock.unlock();
      worker.join();
      lock.lock();
    }
  }
}

}  // namespace ashlar::simulated
