// What queues are given to do, and waiting for all of it.

#include <algorithm>
#include <string>
#include <utility>

#include "simulated_driver/call.hpp"
#include "simulated_driver/chain.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/queue.hpp"
#include "simulated_driver/stages.hpp"

namespace ashlar::simulated {

namespace {

/// What vkQueueSubmit and vkQueueSubmit2 have in common of a VkSubmitInfo.
struct SubmitInfo {
  std::vector<VkSemaphoreSubmitInfo> waits;
  std::vector<VkCommandBuffer> command_buffers;
  std::vector<VkSemaphoreSubmitInfo> signals;
};

/// The same rules have other names in each of the two.
struct Rules {
  char const* fence;
  char const* fence_is_signaled;
  char const* fence_is_in_use;
  char const* command_buffer;
  char const* is_secondary;
  char const* is_not_executable;
  char const* is_pending;
  char const* secondary_is_pending;
  char const* is_of_another_family;
  char const* semaphore;
  char const* wait_has_no_signal;
  char const* is_signaled;
  char const* stages_of_host;
  char const* stages_of_others;
};

constexpr Rules rules_of_submit{
    "VUID-vkQueueSubmit-fence-parameter",
    "a fence that is signaled (VUID-vkQueueSubmit-fence-00063)",
    "a fence that another submission is to signal (VUID-vkQueueSubmit-fence-00064)",
    "VUID-VkSubmitInfo-pCommandBuffers-parameter",
    "a secondary command buffer (VUID-VkSubmitInfo-pCommandBuffers-00075)",
    "a command buffer that is not executable (VUID-vkQueueSubmit-pCommandBuffers-00070)",
    "a command buffer that is pending already (VUID-vkQueueSubmit-pCommandBuffers-00071)",
    "a secondary command buffer that is pending already (VUID-vkQueueSubmit-pCommandBuffers-00073)",
    "a command buffer of another queue family (VUID-vkQueueSubmit-pCommandBuffers-00074)",
    "VUID-VkSubmitInfo-pWaitSemaphores-parameter, VUID-VkSubmitInfo-pSignalSemaphores-parameter",
    "waits for a binary semaphore that nothing signals (VUID-vkQueueSubmit-pWaitSemaphores-03238)",
    "signals a binary semaphore that is signaled, or will be (VUID-vkQueueSubmit-pSignalSemaphores-00067)",
    "a wait in the host's stage (VUID-VkSubmitInfo-pWaitDstStageMask-00078)",
    "a wait in stages that the queue does not have (VUID-vkQueueSubmit-pWaitDstStageMask-00066)"};

constexpr Rules rules_of_submit2{
    "VUID-vkQueueSubmit2-fence-parameter",
    "a fence that is signaled (VUID-vkQueueSubmit2-fence-04894)",
    "a fence that another submission is to signal (VUID-vkQueueSubmit2-fence-04895)",
    "VUID-VkCommandBufferSubmitInfo-commandBuffer-parameter",
    "a secondary command buffer (VUID-VkCommandBufferSubmitInfo-commandBuffer-03890)",
    "a command buffer that is not executable (VUID-vkQueueSubmit2-commandBuffer-03874)",
    "a command buffer that is pending already (VUID-vkQueueSubmit2-commandBuffer-03875)",
    "a secondary command buffer that is pending already (VUID-vkQueueSubmit2-commandBuffer-03877)",
    "a command buffer of another queue family (VUID-vkQueueSubmit2-commandBuffer-03878)",
    "VUID-VkSemaphoreSubmitInfo-semaphore-parameter",
    "waits for a binary semaphore that nothing signals (VUID-vkQueueSubmit2-semaphore-03873)",
    "signals a binary semaphore that is signaled, or will be (VUID-vkQueueSubmit2-semaphore-03868)",
    "a wait in the host's stage (VUID-vkQueueSubmit2-stageMask-03870)",
    "a wait in stages that the queue does not have (VUID-vkQueueSubmit2-stageMask-03870)"};

VkSemaphoreSubmitInfo semaphore_info(VkSemaphore semaphore, std::uint64_t value, VkPipelineStageFlags2 stages) {
  return {VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO, nullptr, semaphore, value, stages, 0};
}

bool is_timeline(DeviceState const& device, VkSemaphore handle) {
  auto const found = device.semaphores.find(to_id(handle));
  return found != device.semaphores.end() && found->second.timeline;
}

/// The value of each semaphore of a VkSubmitInfo; 0 where there is none.
std::vector<std::uint64_t> read_values(Call const& call, std::uint32_t count, VkSemaphore const* semaphores,
                                       bool has_values, std::uint32_t value_count, std::uint64_t const* values,
                                       char const* wrong_count) {
  bool const needs = std::any_of(semaphores, semaphores + count,
                                 [&](VkSemaphore semaphore) { return is_timeline(call.device(), semaphore); });
  call.require(!needs || has_values, "no VkTimelineSemaphoreSubmitInfo (VUID-VkSubmitInfo-pWaitSemaphores-03239)");
  call.require(!needs || !has_values || value_count == count, wrong_count);
  std::vector<std::uint64_t> all(count);
  std::copy_n(values, has_values ? std::min(count, value_count) : 0, all.begin());
  return all;
}

SubmitInfo read(Call const& call, VkSubmitInfo const& info) {
  auto const* const found =
      find_struct<VkTimelineSemaphoreSubmitInfo>(info.pNext, VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO);
  VkTimelineSemaphoreSubmitInfo const values = found != nullptr ? *found : VkTimelineSemaphoreSubmitInfo{};
  auto const waits =
      read_values(call, info.waitSemaphoreCount, info.pWaitSemaphores, found != nullptr, values.waitSemaphoreValueCount,
                  values.pWaitSemaphoreValues, "another number of values (VUID-VkSubmitInfo-pNext-03240)");
  auto const signals = read_values(call, info.signalSemaphoreCount, info.pSignalSemaphores, found != nullptr,
                                   values.signalSemaphoreValueCount, values.pSignalSemaphoreValues,
                                   "another number of values (VUID-VkSubmitInfo-pNext-03241)");
  SubmitInfo common;
  for (std::uint32_t i = 0; i < info.waitSemaphoreCount; ++i) {
    common.waits.push_back(semaphore_info(info.pWaitSemaphores[i], waits[i], info.pWaitDstStageMask[i]));
    call.require(info.pWaitDstStageMask[i] != 0 || call.device().features.contains("synchronization2"),
                 "a wait in no stage (VUID-VkSubmitInfo-pWaitDstStageMask-03937)");
  }
  for (std::uint32_t i = 0; i < info.signalSemaphoreCount; ++i) {
    common.signals.push_back(
        semaphore_info(info.pSignalSemaphores[i], signals[i], VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT));
  }
  common.command_buffers.assign(info.pCommandBuffers, info.pCommandBuffers + info.commandBufferCount);
  return common;
}

SubmitInfo read(Call const& /*call*/, VkSubmitInfo2 const& info) {
  SubmitInfo common;
  common.waits.assign(info.pWaitSemaphoreInfos, info.pWaitSemaphoreInfos + info.waitSemaphoreInfoCount);
  common.signals.assign(info.pSignalSemaphoreInfos, info.pSignalSemaphoreInfos + info.signalSemaphoreInfoCount);
  std::for_each(info.pCommandBufferInfos, info.pCommandBufferInfos + info.commandBufferInfoCount,
                [&](VkCommandBufferSubmitInfo const& one) { common.command_buffers.push_back(one.commandBuffer); });
  return common;
}

void add_wait(Call const& call, Rules const& rules, VkSemaphoreSubmitInfo const& info, Submission& submission) {
  Semaphore* const semaphore = call.find(&DeviceState::semaphores, to_id(info.semaphore), {rules.semaphore});
  if (semaphore == nullptr) {
    return;
  }
  VkQueueFlags const queue = call.device().gpu->queue_families[call.queue()->family].flags;
  call.require((info.stageMask & VK_PIPELINE_STAGE_2_HOST_BIT) == 0, rules.stages_of_host);
  call.require(queue_supports(queue, info.stageMask), rules.stages_of_others);
  call.require(semaphore->timeline || semaphore->promised, rules.wait_has_no_signal);
  semaphore->promised = false;
  submission.waits.push_back(
      {to_id(info.semaphore), semaphore->timeline ? info.value : std::uint64_t{1}, info.stageMask});
  submission.objects.insert(to_id(info.semaphore));
}

void add_signal(Call const& call, Rules const& rules, VkSemaphoreSubmitInfo const& info, Submission& submission) {
  Semaphore* const semaphore = call.find(&DeviceState::semaphores, to_id(info.semaphore), {rules.semaphore});
  if (semaphore == nullptr) {
    return;
  }
  call.require(semaphore->timeline || !semaphore->promised, rules.is_signaled);
  semaphore->promised = true;
  submission.signals.push_back({to_id(info.semaphore), semaphore->timeline ? info.value : std::uint64_t{1}, 0});
  submission.objects.insert(to_id(info.semaphore));
}

/// The command buffers of this call are in use by it, too.
bool is_pending(Call const& call, std::vector<Submission> const& before, std::uint64_t command_buffer) {
  return is_in_use(call.device(), command_buffer) ||
         std::any_of(before.begin(), before.end(),
                     [&](Submission const& submission) { return submission.objects.contains(command_buffer); });
}

bool may_run_again(CommandBuffer const& command_buffer) {
  return (command_buffer.usage & VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT) != 0;
}

/// Those that are recorded into a primary one.
void check_secondary(Call const& call, Rules const& rules, CommandBuffer const& primary,
                     std::vector<Submission> const& before) {
  for (Command const& command : *primary.commands) {
    for (std::uint64_t const object : command.objects) {
      auto const found = call.device().command_buffers.find(object);
      if (found != call.device().command_buffers.end()) {
        call.require(may_run_again(found->second) || !is_pending(call, before, object), rules.secondary_is_pending);
      }
    }
  }
}

void add_command_buffer(Call const& call, Rules const& rules, VkCommandBuffer handle,
                        std::vector<Submission> const& before, Submission& submission) {
  std::uint64_t const id = to_id(handle);
  CommandBuffer* const found = call.find(&DeviceState::command_buffers, id, {rules.command_buffer});
  if (found == nullptr) {
    return;
  }
  call.require(found->level == VK_COMMAND_BUFFER_LEVEL_PRIMARY, rules.is_secondary);
  call.require(found->state == CommandBuffer::State::Executable, rules.is_not_executable);
  call.require(may_run_again(*found) || (!is_pending(call, before, id) && !submission.objects.contains(id)),
               rules.is_pending);
  check_secondary(call, rules, *found, before);
  auto const pool = call.device().pools.find(found->pool);
  call.require(pool != call.device().pools.end() && pool->second.family == call.queue()->family,
               rules.is_of_another_family);
  submission.objects.insert(id);
  submission.commands.push_back(found->commands);
  if ((found->usage & VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT) != 0) {
    found->state = CommandBuffer::State::Invalid;
  }
}

Submission read_submission(Call const& call, Rules const& rules, SubmitInfo const& info,
                           std::vector<Submission> const& before) {
  Submission submission;
  for (VkSemaphoreSubmitInfo const& wait : info.waits) {
    add_wait(call, rules, wait, submission);
  }
  for (VkCommandBuffer const command_buffer : info.command_buffers) {
    add_command_buffer(call, rules, command_buffer, before, submission);
  }
  for (VkSemaphoreSubmitInfo const& signal : info.signals) {
    add_signal(call, rules, signal, submission);
  }
  return submission;
}

/// Whether the fence may be signaled by a submission.
bool may_signal(Call const& call, Rules const& rules, VkFence fence) {
  if (fence == VK_NULL_HANDLE) {
    return true;
  }
  Fence const* const found = call.find(&DeviceState::fences, to_id(fence), {rules.fence});
  return found != nullptr && call.require(!found->signaled, rules.fence_is_signaled) &&
         call.require(!is_in_use(call.device(), to_id(fence)), rules.fence_is_in_use);
}

/// A call that fails does nothing; but where it loses the device some of its submissions may have been carried out
/// (specification, vkQueueSubmit).
template <class Info>
VkResult submit(Call& call, Rules const& rules, std::uint32_t count, Info const* infos, VkFence fence) {
  bool const loses_device = call.result() == VK_ERROR_DEVICE_LOST;
  if (call.queue() == nullptr || call.device().lost || (call.result() != VK_SUCCESS && !loses_device)) {
    return call.device().lost ? VK_ERROR_DEVICE_LOST : call.result();
  }
  if (!may_signal(call, rules, fence)) {
    return VK_SUCCESS;
  }
  std::vector<Submission> submissions;
  for (std::uint32_t i = 0; i < call.elements(count); ++i) {
    submissions.push_back(read_submission(call, rules, read(call, infos[i]), submissions));
  }
  if (loses_device || fence != VK_NULL_HANDLE) {
    if (submissions.empty()) {
      submissions.emplace_back();
    }
    submissions.back().loses_device = loses_device;
    submissions.back().fence = to_id(fence);
    submissions.back().objects.insert(to_id(fence));
  }
  enqueue(*call.queue(), std::move(submissions));
  if (loses_device) {
    begin_awaited(call.device(), call.lock());  // The host is told at once, and need not wait for what it knows.
  }
  return call.result();
}

VkResult VKAPI_CALL queue_submit(VkQueue queue, std::uint32_t count, VkSubmitInfo const* infos, VkFence fence) {
  Call call{queue, "vkQueueSubmit", {exclusive("VkFence", fence)}};
  return submit(call, rules_of_submit, count, infos, fence);
}

VkResult VKAPI_CALL queue_submit2(VkQueue queue, std::uint32_t count, VkSubmitInfo2 const* infos, VkFence fence) {
  Call call{queue, "vkQueueSubmit2", {exclusive("VkFence", fence)}};
  call.require(call.device().features.contains("synchronization2"),
               "synchronization2 is not enabled (VUID-vkQueueSubmit2-synchronization2-03866)");
  return submit(call, rules_of_submit2, count, infos, fence);
}

template <class Idle>
VkResult wait_idle(Call& call, Idle idle) {
  if (call.result() != VK_SUCCESS) {
    return call.result();
  }
  begin_awaited(call.device(), call.lock());
  driver().changed.wait(call.lock(), [&] { return call.device().lost || idle(); });
  return call.device().lost ? VK_ERROR_DEVICE_LOST : VK_SUCCESS;
}

VkResult VKAPI_CALL queue_wait_idle(VkQueue queue) {
  Call call{queue, "vkQueueWaitIdle"};
  VkResult const result = wait_idle(call, [&] { return call.queue() == nullptr || is_idle(*call.queue()); });
  if (result == VK_SUCCESS && call.queue() != nullptr) {
    host_has_waited(call.device(), clock_of(*call.queue()));
  }
  return result;
}

VkResult VKAPI_CALL device_wait_idle(VkDevice device) {
  Call call{device, "vkDeviceWaitIdle", used_with(to_id(device))};
  VkResult const result = wait_idle(call, [&] { return is_idle(call.device()); });
  if (result == VK_SUCCESS) {
    Clock clock;
    for (auto const& queue : call.device().queues) {
      clock.join(clock_of(*queue));
    }
    host_has_waited(call.device(), clock);
  }
  return result;
}

}  // namespace

Functions queue_functions() {
  return {core<device_wait_idle>("vkDeviceWaitIdle"), core<queue_submit>("vkQueueSubmit"),
          core<queue_submit2>("vkQueueSubmit2", VK_API_VERSION_1_3), core<queue_wait_idle>("vkQueueWaitIdle"),
          of_extension<queue_submit2>("vkQueueSubmit2KHR", VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME)};
}

}  // namespace ashlar::simulated
