// What queues are given to do, and waiting for all of it.

#include <algorithm>
#include <string>
#include <utility>

#include "simulated_driver/call.hpp"
#include "simulated_driver/chain.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/queue.hpp"

namespace ashlar::simulated {

namespace {

SemaphoreOperation read_operation(Call const& call, VkSemaphore handle, std::uint64_t value) {
  Semaphore const* const semaphore = call.find(&DeviceState::semaphores, to_id(handle));
  return {to_id(handle), semaphore != nullptr && semaphore->timeline ? value : 1};
}

void add_command_buffer(Call const& call, VkCommandBuffer handle, Submission& submission) {
  auto const found = call.device().command_buffers.find(to_id(handle));
  if (call.require(found != call.device().command_buffers.end(), "unknown command buffer")) {
    submission.command_buffers.push_back(to_id(handle));
    submission.commands.push_back(found->second.commands);
  }
}

Submission read_submission(Call const& call, VkSubmitInfo const& info) {
  Submission submission;
  auto const* const values =
      find_struct<VkTimelineSemaphoreSubmitInfo>(info.pNext, VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO);
  auto const value = [](std::uint32_t count, std::uint64_t const* all, std::uint32_t i) {
    return i < count && all != nullptr ? all[i] : 0;
  };
  for (std::uint32_t i = 0; i < info.waitSemaphoreCount; ++i) {
    submission.waits.push_back(read_operation(
        call, info.pWaitSemaphores[i],
        values != nullptr ? value(values->waitSemaphoreValueCount, values->pWaitSemaphoreValues, i) : 0));
  }
  for (std::uint32_t i = 0; i < info.commandBufferCount; ++i) {
    add_command_buffer(call, info.pCommandBuffers[i], submission);
  }
  for (std::uint32_t i = 0; i < info.signalSemaphoreCount; ++i) {
    submission.signals.push_back(read_operation(
        call, info.pSignalSemaphores[i],
        values != nullptr ? value(values->signalSemaphoreValueCount, values->pSignalSemaphoreValues, i) : 0));
  }
  return submission;
}

Submission read_submission(Call const& call, VkSubmitInfo2 const& info) {
  Submission submission;
  for (std::uint32_t i = 0; i < info.waitSemaphoreInfoCount; ++i) {
    VkSemaphoreSubmitInfo const& wait = info.pWaitSemaphoreInfos[i];
    submission.waits.push_back(read_operation(call, wait.semaphore, wait.value));
  }
  for (std::uint32_t i = 0; i < info.commandBufferInfoCount; ++i) {
    add_command_buffer(call, info.pCommandBufferInfos[i].commandBuffer, submission);
  }
  for (std::uint32_t i = 0; i < info.signalSemaphoreInfoCount; ++i) {
    VkSemaphoreSubmitInfo const& signal = info.pSignalSemaphoreInfos[i];
    submission.signals.push_back(read_operation(call, signal.semaphore, signal.value));
  }
  return submission;
}

/// Whether the fence may be signaled by a submission.
bool may_signal(Call const& call, VkFence fence) {
  if (fence == VK_NULL_HANDLE) {
    return true;
  }
  Fence const* const found = call.find(&DeviceState::fences, to_id(fence));
  return found != nullptr &&
         call.require(!found->signaled, "a fence that is signaled (VUID-vkQueueSubmit-fence-00063)");
}

/// A call that fails does nothing; but where it loses the device some of its submissions may have been carried out
/// (specification, vkQueueSubmit).
template <class Info>
VkResult submit(Call const& call, std::uint32_t count, Info const* infos, VkFence fence) {
  bool const loses_device = call.result() == VK_ERROR_DEVICE_LOST;
  if (call.queue() == nullptr || call.device().lost || (call.result() != VK_SUCCESS && !loses_device)) {
    return call.device().lost ? VK_ERROR_DEVICE_LOST : call.result();
  }
  if (!may_signal(call, fence)) {
    return VK_SUCCESS;
  }
  std::vector<Submission> submissions;
  for (std::uint32_t i = 0; i < call.elements(count); ++i) {
    submissions.push_back(read_submission(call, infos[i]));
  }
  if (loses_device || fence != VK_NULL_HANDLE) {
    if (submissions.empty()) {
      submissions.emplace_back();
    }
    submissions.back().loses_device = loses_device;
    submissions.back().fence = to_id(fence);
  }
  enqueue(*call.queue(), std::move(submissions));
  return call.result();
}

VkResult VKAPI_CALL queue_submit(VkQueue queue, std::uint32_t count, VkSubmitInfo const* infos, VkFence fence) {
  return submit(Call{queue, "vkQueueSubmit", {exclusive("VkFence", fence)}}, count, infos, fence);
}

VkResult VKAPI_CALL queue_submit2(VkQueue queue, std::uint32_t count, VkSubmitInfo2 const* infos, VkFence fence) {
  Call const call{queue, "vkQueueSubmit2", {exclusive("VkFence", fence)}};
  call.require(call.device().features.contains("synchronization2"),
               "synchronization2 is not enabled (VUID-vkQueueSubmit2-synchronization2-03866)");
  return submit(call, count, infos, fence);
}

template <class Idle>
VkResult wait_idle(Call& call, Idle idle) {
  if (call.result() != VK_SUCCESS) {
    return call.result();
  }
  driver().changed.wait(call.lock(), [&] { return call.device().lost || idle(); });
  return call.device().lost ? VK_ERROR_DEVICE_LOST : VK_SUCCESS;
}

VkResult VKAPI_CALL queue_wait_idle(VkQueue queue) {
  Call call{queue, "vkQueueWaitIdle"};
  return wait_idle(call, [&] { return call.queue() == nullptr || is_idle(*call.queue()); });
}

VkResult VKAPI_CALL device_wait_idle(VkDevice device) {
  Call call{device, "vkDeviceWaitIdle", used_with(to_id(device))};
  return wait_idle(call, [&] { return is_idle(call.device()); });
}

}  // namespace

Functions queue_functions() {
  return {core("vkDeviceWaitIdle", device_wait_idle), core("vkQueueSubmit", queue_submit),
          core("vkQueueSubmit2", queue_submit2, VK_API_VERSION_1_3), core("vkQueueWaitIdle", queue_wait_idle),
          of_extension("vkQueueSubmit2KHR", queue_submit2, VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME)};
}

}  // namespace ashlar::simulated
