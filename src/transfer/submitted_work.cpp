#include "transfer/submitted_work.hpp"

#include "device/check.hpp"

#include <algorithm>
#include <mutex>

namespace ashlar::detail {
namespace {

/// The arrays of a VkSubmitInfo, with what ashlar adds to the user's.
class SubmitArrays {
 public:
  SubmitArrays(SubmitInfo const& info, std::vector<SemaphoreWait> const& dependencies) {
    std::size_t const wait_count = info.waits.size() + dependencies.size();
    waits_.reserve(wait_count);
    wait_values_.reserve(wait_count);
    stages_.reserve(wait_count);
    for (SemaphoreWait const& wait : info.waits) {
      add(wait);
    }
    for (SemaphoreWait const& wait : dependencies) {
      add(wait);
    }
    signals_.reserve(info.signals.size() + 1);
    signal_values_.reserve(info.signals.size() + 1);
    for (SemaphoreSignal const& signal : info.signals) {
      add(signal);
    }
    commands_.reserve(info.command_buffers.size() + 2);
  }

  void add(SemaphoreSignal const& signal) {
    signals_.push_back(signal.semaphore);
    signal_values_.push_back(signal.value);
  }
  void add(VkCommandBuffer commands) { commands_.push_back(commands); }
  void add(CommandBuffers const& commands) {
    commands_.insert(commands_.end(), commands.data(), commands.data() + commands.size());
  }

  [[nodiscard]] VkResult submit(DeviceState const& device, VkQueue queue, SubmitInfo const& info) const noexcept {
    VkTimelineSemaphoreSubmitInfo const values{
        VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,  info.next,
        static_cast<std::uint32_t>(wait_values_.size()),   wait_values_.data(),
        static_cast<std::uint32_t>(signal_values_.size()), signal_values_.data()};
    VkSubmitInfo const submit{VK_STRUCTURE_TYPE_SUBMIT_INFO,
                              &values,
                              static_cast<std::uint32_t>(waits_.size()),
                              waits_.data(),
                              stages_.data(),
                              static_cast<std::uint32_t>(commands_.size()),
                              commands_.data(),
                              static_cast<std::uint32_t>(signals_.size()),
                              signals_.data()};
    return device.vk.vkQueueSubmit(queue, 1, &submit, info.fence);
  }

 private:
  void add(SemaphoreWait const& wait) {
    waits_.push_back(wait.semaphore);
    wait_values_.push_back(wait.value);
    stages_.push_back(wait.stage.mask());
  }

  std::vector<VkSemaphore> waits_;
  std::vector<std::uint64_t> wait_values_;
  std::vector<VkPipelineStageFlags> stages_;
  std::vector<VkSemaphore> signals_;
  std::vector<std::uint64_t> signal_values_;
  std::vector<VkCommandBuffer> commands_;
};

}  // namespace

void Dependencies::add(DeviceUses const& uses) {
  for (DeviceUse const& use : uses.all()) {
    use.buffer->tracker.visit_in_flight(use.entry, [&](DeviceWork const& work) {
      auto const same = std::find_if(waits_.begin(), waits_.end(),
                                     [&](SemaphoreWait const& wait) { return wait.semaphore == work.semaphore(); });
      if (same == waits_.end()) {
        waits_.push_back({.semaphore = work.semaphore(), .value = work.value()});
      } else {
        same->value = std::max(same->value, work.value());
      }
    });
  }
}

bool Dependencies::take(VkSemaphore semaphore) noexcept {
  return std::erase_if(waits_, [&](SemaphoreWait const& wait) { return wait.semaphore == semaphore; }) != 0;
}

void prepare_queue(DeviceState& device, QueueState& queue, char const* context) {
  if (!queue.timeline.ready.load(std::memory_order_acquire)) {
    device.in_flight.require_timeline_semaphores(context);
    std::lock_guard const lock{queue};
    queue.timeline.prepare(device, queue.family);
  }
}

void require_not_lost(DeviceState const& device) {
  if (device.in_flight.is_lost()) {
    throw VulkanError{VK_ERROR_DEVICE_LOST, "vkQueueSubmit"};
  }
}

Submission submit(DeviceState& device, QueueState& queue, SubmittedWork& work, DeviceUses const& behind,
                  SubmitInfo const& info) {
  require_not_lost(device);
  QueueTimeline& timeline = queue.timeline;
  Dependencies dependencies;
  dependencies.add(behind);
  bool const conflicts_here = dependencies.take(timeline.semaphore);
  SubmitArrays arrays{info, dependencies.waits()};
  if (conflicts_here) {
    arrays.add(timeline.order_barrier);
  }
  arrays.add(info.command_buffers);
  if (work.writes_for_host || work.uses.writes_host_visible()) {
    arrays.add(timeline.host_barrier);
  }

  std::unique_lock lock{queue};
  std::uint64_t const value = timeline.last_value + 1;
  arrays.add(SemaphoreSignal{.semaphore = timeline.semaphore, .value = value});
  VkResult const result = arrays.submit(device, queue.handle, info);
  if (result != VK_SUCCESS) {
    lock.unlock();  // Whoever hears of a lost device may be asked for by others.
    device.in_flight.check_device(result, "vkQueueSubmit");
  }
  timeline.last_value = value;
  work.begin(value);
  work.add_reference();
  device.in_flight.add(queue, work);
  return make_submission(device, queue, value);
}

Submission make_submission(DeviceState& device, QueueState& queue, std::uint64_t value) noexcept {
  retain(device);
  return Access::make<Submission>(Counted<DeviceState>{&device}, queue, value);
}

}  // namespace ashlar::detail
