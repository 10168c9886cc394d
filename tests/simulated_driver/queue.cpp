#include "simulated_driver/queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "simulated_driver/command_check.hpp"
#include "simulated_driver/memory_access.hpp"
#include "simulated_driver/stages.hpp"

namespace ashlar::simulated {

namespace {

bool is_reached(DeviceState const& device, SemaphoreOperation const& wait) {
  auto const found = device.semaphores.find(wait.semaphore);
  return found == device.semaphores.end() || found->second.value >= wait.value;
}

bool has_all(DeviceState const& device, Submission const& submission) {
  return std::all_of(submission.waits.begin(), submission.waits.end(),
                     [&](SemaphoreOperation const& wait) { return is_reached(device, wait); });
}

/// Whether the first submission may begin.
bool may_begin(QueueState const& queue) {
  bool const is_early = driver().begins_when_awaited && queue.device.host_waits == 0;
  return !is_early && !queue.pending.empty() && !(queue.hold && queue.begun >= *queue.hold) &&
         has_all(queue.device, queue.pending.front());
}

/// The submission, and what follows it in its queue, comes after what it waits for. A binary semaphore that was waited
/// for is unsignaled again.
void take_waits(QueueState& queue, Submission const& submission) {
  DeviceState& device = queue.device;
  device.accesses.order(queue.position, expand_target_stages(VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT),
                        submission.host_clock);
  for (SemaphoreOperation const& wait : submission.waits) {
    auto const found = device.semaphores.find(wait.semaphore);
    if (found == device.semaphores.end()) {
      continue;
    }
    Semaphore& semaphore = found->second;
    device.accesses.order(queue.position, expand_target_stages(wait.stages), semaphore.clock_of(wait.value));
    if (!semaphore.timeline) {
      semaphore.value = 0;
    }
  }
}

void signal(QueueState const& queue, Submission const& submission) {
  DeviceState& device = queue.device;
  Clock clock = device.accesses.known(queue.position);
  clock.add(submission.moment);
  for (SemaphoreOperation const& operation : submission.signals) {
    auto const found = device.semaphores.find(operation.semaphore);
    if (found == device.semaphores.end()) {
      continue;
    }
    if (found->second.timeline && operation.value <= found->second.value) {
      driver().violation(
          "a timeline semaphore was signaled with a value that is no greater "
          "(VUID-VkSubmitInfo-pSignalSemaphores-03242, VUID-VkSubmitInfo2-semaphore-03882)");
    } else {
      found->second.signal(operation.value, clock);
    }
  }
  if (auto const fence = device.fences.find(submission.fence); fence != device.fences.end()) {
    fence->second = {true, clock};
  }
}

void carry_out_commands(QueueState& queue, Submission const& submission, std::unique_lock<std::mutex>& lock) {
  for (auto const& commands : submission.commands) {
    for (Command const& command : *commands) {
      if (queue.device.lost) {
        return;
      }
      check(queue, submission.moment, command);
      if (command.run) {
        lock.unlock();
        command.run(queue.device);
        lock.lock();
      }
    }
  }
}

/// Carries out the first submission.
void carry_out(QueueState& queue, std::unique_lock<std::mutex>& lock) {
  DeviceState& device = queue.device;
  ++queue.begun;
  queue.busy = true;
  Submission const& submission = queue.pending.front();  // Stays there until it is done.
  take_waits(queue, submission);
  device.host_writes.run(submission.moment);
  write_back_some(device);
  carry_out_commands(queue, submission, lock);
  if (!device.lost) {
    device.host_writes.done(submission.moment);
  }
  driver().deliver(lock);
  if (submission.loses_device) {
    device.lost = true;
  }
  if (!device.lost) {
    signal(queue, submission);
  }
  queue.pending.pop_front();
  queue.busy = false;
  find_ready(device);
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

/// Adds bytes that a command names, if they are of host-visible memory.
void add_range(DeviceState& device, ResourceUse const& use, MemoryRange const& range,
               std::vector<WatchedRange>& ranges) {
  auto const memory = device.memories.find(range.memory);
  if (memory != device.memories.end() && memory->second.type.properties.contains(MemoryProperty::HostVisible) &&
      memory->second.device_copy() != nullptr && memory->second.host_copy() != nullptr) {
    ranges.push_back({range, use.writes, memory->second.device_copy(), memory->second.host_copy()});
  }
}

/// Notes all that a submission uses.
void prepare(QueueState& queue, Submission& submission) {
  DeviceState& device = queue.device;
  submission.moment = {queue.position, ++queue.submitted};
  submission.host_clock = device.host_clock;
  for (auto const& commands : submission.commands) {
    for (Command const& command : *commands) {
      submission.objects.insert(command.objects.begin(), command.objects.end());
      for (ResourceUse const& use : command.uses) {
        MemoryRange const range = range_in_memory(device, use.resource, use.offset, use.size);
        submission.objects.insert({use.resource, range.memory});
        add_range(device, use, range, submission.ranges);
      }
    }
  }
  device.in_use.push_back({submission.moment, submission.objects});
}

/// What every submission that has yet to run, and every one to come, comes after.
Clock known_to_all(DeviceState const& device) {
  Clock clock = device.host_clock;
  for (auto const& queue : device.queues) {
    for (Submission const& submission : queue->pending) {
      clock.meet(submission.host_clock);
    }
  }
  return clock;
}

}  // namespace

void enqueue(QueueState& queue, std::vector<Submission> submissions) {
  for (Submission& submission : submissions) {
    prepare(queue, submission);
  }
  std::move(submissions.begin(), submissions.end(), std::back_inserter(queue.pending));
  find_ready(queue.device);
  if (!queue.worker.joinable()) {
    queue.worker = std::thread{run, std::ref(queue)};
  }
  driver().changed.notify_all();
}

/// What follows a submission that waits, waits with it.
void find_ready(DeviceState& device) {
  for (auto const& queue : device.queues) {
    for (Submission& submission : queue->pending) {
      if (!submission.ready && !has_all(device, submission)) {
        break;
      }
      if (!std::exchange(submission.ready, true)) {
        device.host_writes.ready(submission.moment, submission.ranges);
      }
    }
  }
}

void begin_awaited(DeviceState& device, std::unique_lock<std::mutex>& lock) {
  if (!driver().begins_when_awaited) {
    return;
  }
  ++device.host_waits;
  driver().changed.notify_all();
  driver().changed.wait(lock, [&] {
    return std::none_of(device.queues.begin(), device.queues.end(),
                        [&](auto const& queue) { return queue->busy || (!device.lost && may_begin(*queue)); });
  });
  --device.host_waits;
}

bool is_idle(QueueState const& queue) { return queue.pending.empty(); }

bool is_idle(DeviceState const& device) {
  return std::all_of(device.queues.begin(), device.queues.end(), [](auto const& queue) { return is_idle(*queue); });
}

Clock clock_of(QueueState const& queue) {
  Clock clock = queue.device.accesses.known(queue.position);
  clock.add({queue.position, queue.submitted});
  return clock;
}

void host_has_waited(DeviceState& device, Clock const& clock) {
  device.host_clock.join(clock);
  for (std::string const& text : device.accesses.host_waits_for(device.host_clock)) {
    if (driver().has_owner) {  // Vulkan lets a program wait for what it does not read.
      driver().violation(text);
    }
  }
  device.host_writes.host_waits_for(device.host_clock);
  std::erase_if(device.in_use, [&](ObjectsInUse const& one) { return device.host_clock.covers(one.moment); });
  device.accesses.forget_before(known_to_all(device));
}

bool is_in_use(DeviceState const& device, std::uint64_t object) {
  return !device.lost && std::any_of(device.in_use.begin(), device.in_use.end(),
                                     [&](ObjectsInUse const& one) { return one.objects.contains(object); });
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
