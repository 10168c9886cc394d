// Fences, semaphores and events, as the host uses them.

#include <algorithm>
#include <chrono>
#include <utility>

#include "simulated_driver/call.hpp"
#include "simulated_driver/chain.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/queue.hpp"

namespace ashlar::simulated {

namespace {

/// What a query does where submissions begin only when they are awaited: so who polls for a while asks once, however
/// fast the processor is.
void take_time() {
  using Clock = std::chrono::steady_clock;
  auto const end = Clock::now() + std::chrono::microseconds{25};
  while (Clock::now() < end) {
  }
}

/// Waits until `done`, the device is lost, or the time is over: nanoseconds.
template <class Done>
VkResult wait(Call& call, std::uint64_t timeout, Done done) {
  DeviceState const& device = call.device();
  begin_awaited(call.device(), call.lock());
  auto const over = [&] { return device.lost || done(); };
  constexpr std::uint64_t longest = std::uint64_t{1} << 60U;  // 36 years, which no clock's arithmetic overflows.
  if (timeout > longest) {
    driver().changed.wait(call.lock(), over);
  } else if (!driver().changed.wait_for(call.lock(), std::chrono::nanoseconds{timeout}, over)) {
    return VK_TIMEOUT;
  }
  return device.lost ? VK_ERROR_DEVICE_LOST : VK_SUCCESS;
}

/// What a query answers that fails only with the device.
VkResult status(Call const& call) {
  if (call.result() != VK_SUCCESS) {
    return call.result();
  }
  return call.device().lost ? VK_ERROR_DEVICE_LOST : VK_SUCCESS;
}

// Fences.

VkResult VKAPI_CALL create_fence(VkDevice device, VkFenceCreateInfo const* info,
                                 VkAllocationCallbacks const* /*callbacks*/, VkFence* handle) {
  Call const call{device, "vkCreateFence"};
  call.require((info->flags & ~VkFlags{VK_FENCE_CREATE_SIGNALED_BIT}) == 0,
               "an unknown flag (VUID-VkFenceCreateInfo-flags-parameter)");
  if (call.result() == VK_SUCCESS) {
    *handle = call.add<VkFence>(&DeviceState::fences, Fence{(info->flags & VK_FENCE_CREATE_SIGNALED_BIT) != 0});
  }
  return call.result();
}

void VKAPI_CALL destroy_fence(VkDevice device, VkFence fence, VkAllocationCallbacks const* /*callbacks*/) {
  Call const call{device, "vkDestroyFence", {exclusive("VkFence", fence)}};
  call.require(!is_in_use(call.device(), to_id(fence)),
               "a submission has yet to signal it (VUID-vkDestroyFence-fence-01120)");
  call.erase(&DeviceState::fences, to_id(fence),
             {"VUID-vkDestroyFence-fence-parameter", "VUID-vkDestroyFence-fence-parent"});
}

VkResult VKAPI_CALL reset_fences(VkDevice device, std::uint32_t count, VkFence const* fences) {
  ObjectUses uses;
  std::for_each(fences, fences + count, [&](VkFence fence) { uses.push_back(exclusive("VkFence", fence)); });
  Call const call{device, "vkResetFences", std::move(uses)};
  call.require(count != 0, "no fences (VUID-vkResetFences-fenceCount-arraylength)");
  HandleRules const rules{"VUID-vkResetFences-pFences-parameter", "VUID-vkResetFences-pFences-parent"};
  std::for_each(fences, fences + call.elements(count), [&](VkFence handle) {
    if (Fence* const fence = call.find(&DeviceState::fences, to_id(handle), rules)) {
      call.require(!is_in_use(call.device(), to_id(handle)),
                   "a submission has yet to signal it (VUID-vkResetFences-pFences-01123)");
      *fence = {};
    }
  });
  return call.result();
}

VkResult VKAPI_CALL get_fence_status(VkDevice device, VkFence handle) {
  Call const call{device, "vkGetFenceStatus", {shared("VkFence", handle)}};
  Fence const* const fence = call.find(&DeviceState::fences, to_id(handle),
                                       {"VUID-vkGetFenceStatus-fence-parameter", "VUID-vkGetFenceStatus-fence-parent"});
  if (VkResult const result = status(call); result != VK_SUCCESS) {
    return result;
  }
  if (fence == nullptr || !fence->signaled) {
    return VK_NOT_READY;
  }
  host_has_waited(call.device(), fence->clock);
  return VK_SUCCESS;
}

/// What comes before the signals of those that are signaled.
Clock clock_of(DeviceState const& device, VkFence const* begin, VkFence const* end) {
  Clock clock;
  std::for_each(begin, end, [&](VkFence handle) {
    if (auto const found = device.fences.find(to_id(handle)); found != device.fences.end() && found->second.signaled) {
      clock.join(found->second.clock);
    }
  });
  return clock;
}

VkResult VKAPI_CALL wait_for_fences(VkDevice device, std::uint32_t count, VkFence const* fences, VkBool32 all,
                                    std::uint64_t timeout) {
  ObjectUses uses;
  std::for_each(fences, fences + count, [&](VkFence fence) { uses.push_back(shared("VkFence", fence)); });
  Call call{device, "vkWaitForFences", std::move(uses)};
  call.require(count != 0, "no fences (VUID-vkWaitForFences-fenceCount-arraylength)");
  HandleRules const rules{"VUID-vkWaitForFences-pFences-parameter", "VUID-vkWaitForFences-pFences-parent"};
  bool const known = std::all_of(fences, fences + count, [&](VkFence fence) {
    return call.find(&DeviceState::fences, to_id(fence), rules) != nullptr;
  });
  if (call.result() != VK_SUCCESS || !known) {
    return call.result();
  }
  auto const signaled = [&](VkFence fence) {
    auto const found = call.device().fences.find(to_id(fence));
    return found == call.device().fences.end() || found->second.signaled;
  };
  VkResult const result = wait(call, timeout, [&] {
    return all != VK_FALSE ? std::all_of(fences, fences + count, signaled)
                           : std::any_of(fences, fences + count, signaled);
  });
  if (result == VK_SUCCESS) {
    host_has_waited(call.device(), clock_of(call.device(), fences, fences + count));
  }
  return result;
}

// Semaphores.

VkResult VKAPI_CALL create_semaphore(VkDevice device, VkSemaphoreCreateInfo const* info,
                                     VkAllocationCallbacks const* /*callbacks*/, VkSemaphore* handle) {
  Call const call{device, "vkCreateSemaphore"};
  Semaphore semaphore;
  if (auto const* const type =
          find_struct<VkSemaphoreTypeCreateInfo>(info->pNext, VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO)) {
    semaphore.timeline = type->semaphoreType == VK_SEMAPHORE_TYPE_TIMELINE;
    if (semaphore.timeline) {
      semaphore.signal(type->initialValue, call.device().host_clock);
    }
    call.require(semaphore.timeline || type->initialValue == 0,
                 "a binary semaphore with a value (VUID-VkSemaphoreTypeCreateInfo-semaphoreType-03279)");
  }
  call.require(!semaphore.timeline || call.device().features.contains("timelineSemaphore"),
               "a timeline semaphore without its feature (VUID-VkSemaphoreTypeCreateInfo-timelineSemaphore-03252)");
  if (call.result() == VK_SUCCESS) {
    *handle = call.add<VkSemaphore>(&DeviceState::semaphores, semaphore);
  }
  return call.result();
}

void VKAPI_CALL destroy_semaphore(VkDevice device, VkSemaphore semaphore, VkAllocationCallbacks const*) {
  Call const call{device, "vkDestroySemaphore", {exclusive("VkSemaphore", semaphore)}};
  call.require(!is_in_use(call.device(), to_id(semaphore)),
               "a submission uses it (VUID-vkDestroySemaphore-semaphore-01137)");
  call.erase(&DeviceState::semaphores, to_id(semaphore),
             {"VUID-vkDestroySemaphore-semaphore-parameter", "VUID-vkDestroySemaphore-semaphore-parent"});
}

/// The timeline semaphore, or null after a violation.
Semaphore* find_timeline(Call const& call, VkSemaphore handle, HandleRules const& rules, char const* timeline_rule) {
  Semaphore* const semaphore = call.find(&DeviceState::semaphores, to_id(handle), rules);
  return semaphore != nullptr && call.require(semaphore->timeline, timeline_rule) ? semaphore : nullptr;
}

VkResult VKAPI_CALL get_counter_value(VkDevice device, VkSemaphore handle, std::uint64_t* value) {
  Call const call{device, "vkGetSemaphoreCounterValue", {shared("VkSemaphore", handle)}};
  Semaphore const* const semaphore = find_timeline(
      call, handle,
      {"VUID-vkGetSemaphoreCounterValue-semaphore-parameter", "VUID-vkGetSemaphoreCounterValue-semaphore-parent"},
      "a binary semaphore (VUID-vkGetSemaphoreCounterValue-semaphore-03255)");
  if (semaphore != nullptr && status(call) == VK_SUCCESS) {
    *value = semaphore->value;
    host_has_waited(call.device(), semaphore->clock_of(*value));
  }
  if (driver().begins_when_awaited) {
    take_time();
  }
  return status(call);
}

VkResult VKAPI_CALL wait_semaphores(VkDevice device, VkSemaphoreWaitInfo const* info, std::uint64_t timeout) {
  VkSemaphore const* const semaphores = info->pSemaphores;
  ObjectUses uses;
  std::for_each(semaphores, semaphores + info->semaphoreCount,
                [&](VkSemaphore semaphore) { uses.push_back(shared("VkSemaphore", semaphore)); });
  Call call{device, "vkWaitSemaphores", std::move(uses)};
  call.require((info->flags & ~VkFlags{VK_SEMAPHORE_WAIT_ANY_BIT}) == 0,
               "an unknown flag (VUID-VkSemaphoreWaitInfo-flags-parameter)");
  call.require(info->semaphoreCount != 0, "no semaphores (VUID-VkSemaphoreWaitInfo-semaphoreCount-arraylength)");
  bool const known = std::all_of(semaphores, semaphores + info->semaphoreCount, [&](VkSemaphore semaphore) {
    return find_timeline(call, semaphore, {"VUID-VkSemaphoreWaitInfo-pSemaphores-parameter"},
                         "a binary semaphore (VUID-VkSemaphoreWaitInfo-pSemaphores-03256)") != nullptr;
  });
  if (call.result() != VK_SUCCESS || !known) {
    return call.result();
  }
  auto const reached = [&](std::uint32_t i) {
    auto const found = call.device().semaphores.find(to_id(semaphores[i]));
    return found == call.device().semaphores.end() || found->second.value >= info->pValues[i];
  };
  VkResult const result = wait(call, timeout, [&] {
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < info->semaphoreCount; ++i) {
      count += reached(i) ? 1 : 0;
    }
    return (info->flags & VK_SEMAPHORE_WAIT_ANY_BIT) != 0 ? count > 0 : count == info->semaphoreCount;
  });
  for (std::uint32_t i = 0; result == VK_SUCCESS && i < info->semaphoreCount; ++i) {
    auto const found = call.device().semaphores.find(to_id(info->pSemaphores[i]));
    if (found != call.device().semaphores.end() && reached(i)) {
      host_has_waited(call.device(), found->second.clock_of(info->pValues[i]));
    }
  }
  return result;
}

/// Whether a submission that is not done signals the semaphore with that value or a smaller one.
bool is_promised(DeviceState const& device, std::uint64_t semaphore, std::uint64_t value) {
  auto const promises = [&](SemaphoreOperation const& signal) {
    return signal.semaphore == semaphore && signal.value <= value;
  };
  return std::any_of(device.queues.begin(), device.queues.end(), [&](auto const& queue) {
    return std::any_of(queue->pending.begin(), queue->pending.end(), [&](Submission const& submission) {
      return std::any_of(submission.signals.begin(), submission.signals.end(), promises);
    });
  });
}

VkResult VKAPI_CALL signal_semaphore(VkDevice device, VkSemaphoreSignalInfo const* info) {
  Call const call{device, "vkSignalSemaphore", {shared("VkSemaphore", info->semaphore)}};
  Semaphore* const semaphore = find_timeline(call, info->semaphore, {"VUID-VkSemaphoreSignalInfo-semaphore-parameter"},
                                             "a binary semaphore (VUID-VkSemaphoreSignalInfo-semaphore-03257)");
  if (call.result() == VK_SUCCESS && semaphore != nullptr &&
      call.require(info->value > semaphore->value,
                   "a value that is no greater (VUID-VkSemaphoreSignalInfo-value-03258)")) {
    call.require(!is_promised(call.device(), to_id(info->semaphore), info->value),
                 "a value that a submission has yet to reach (VUID-VkSemaphoreSignalInfo-value-03259)");
    semaphore->signal(info->value, call.device().host_clock);
    find_ready(call.device());
    driver().changed.notify_all();
  }
  return call.result();
}

// Events.

VkResult VKAPI_CALL create_event(VkDevice device, VkEventCreateInfo const* info,
                                 VkAllocationCallbacks const* /*callbacks*/, VkEvent* handle) {
  Call const call{device, "vkCreateEvent"};
  bool const device_only = (info->flags & VK_EVENT_CREATE_DEVICE_ONLY_BIT) != 0;
  call.require((info->flags & ~VkFlags{VK_EVENT_CREATE_DEVICE_ONLY_BIT}) == 0,
               "an unknown flag (VUID-VkEventCreateInfo-flags-parameter)");
  if (call.result() == VK_SUCCESS) {
    *handle = call.add<VkEvent>(&DeviceState::events, Event{.device_only = device_only});
  }
  return call.result();
}

void VKAPI_CALL destroy_event(VkDevice device, VkEvent event, VkAllocationCallbacks const* /*callbacks*/) {
  Call const call{device, "vkDestroyEvent", {exclusive("VkEvent", event)}};
  call.require(!is_in_use(call.device(), to_id(event)), "a submission uses it (VUID-vkDestroyEvent-event-01145)");
  call.erase(&DeviceState::events, to_id(event),
             {"VUID-vkDestroyEvent-event-parameter", "VUID-vkDestroyEvent-event-parent"});
}

VkResult VKAPI_CALL get_event_status(VkDevice device, VkEvent handle) {
  Call const call{device, "vkGetEventStatus", {shared("VkEvent", handle)}};
  Event const* const event = call.find(&DeviceState::events, to_id(handle),
                                       {"VUID-vkGetEventStatus-event-parameter", "VUID-vkGetEventStatus-event-parent"});
  call.require(event == nullptr || !event->device_only,
               "an event for the device only (VUID-vkGetEventStatus-event-03940)");
  if (VkResult const result = status(call); result != VK_SUCCESS) {
    return result;
  }
  return event != nullptr && event->set ? VK_EVENT_SET : VK_EVENT_RESET;
}

VkResult change_event(Call const& call, VkEvent handle, bool set, HandleRules const& rules, char const* device_rule) {
  Event* const event = call.find(&DeviceState::events, to_id(handle), rules);
  call.require(event == nullptr || !event->device_only, device_rule);
  if (call.result() == VK_SUCCESS && event != nullptr) {
    event->set = set;
    driver().changed.notify_all();
  }
  return call.result();
}

VkResult VKAPI_CALL set_event(VkDevice device, VkEvent event) {
  return change_event(Call{device, "vkSetEvent", {exclusive("VkEvent", event)}}, event, true,
                      {"VUID-vkSetEvent-event-parameter", "VUID-vkSetEvent-event-parent"},
                      "an event for the device only (VUID-vkSetEvent-event-03941)");
}

VkResult VKAPI_CALL reset_event(VkDevice device, VkEvent event) {
  return change_event(Call{device, "vkResetEvent", {exclusive("VkEvent", event)}}, event, false,
                      {"VUID-vkResetEvent-event-parameter", "VUID-vkResetEvent-event-parent"},
                      "an event for the device only (VUID-vkResetEvent-event-03823)");
}

}  // namespace

Functions synchronization_functions() {
  constexpr char const* timeline = VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME;
  return {core<create_event>("vkCreateEvent"),
          core<create_fence>("vkCreateFence"),
          core<create_semaphore>("vkCreateSemaphore"),
          core<destroy_event>("vkDestroyEvent"),
          core<destroy_fence>("vkDestroyFence"),
          core<destroy_semaphore>("vkDestroySemaphore"),
          core<get_event_status>("vkGetEventStatus"),
          core<get_fence_status>("vkGetFenceStatus"),
          core<get_counter_value>("vkGetSemaphoreCounterValue", VK_API_VERSION_1_2),
          core<reset_event>("vkResetEvent"),
          core<reset_fences>("vkResetFences"),
          core<set_event>("vkSetEvent"),
          core<signal_semaphore>("vkSignalSemaphore", VK_API_VERSION_1_2),
          core<wait_for_fences>("vkWaitForFences"),
          core<wait_semaphores>("vkWaitSemaphores", VK_API_VERSION_1_2),
          of_extension<get_counter_value>("vkGetSemaphoreCounterValueKHR", timeline),
          of_extension<signal_semaphore>("vkSignalSemaphoreKHR", timeline),
          of_extension<wait_semaphores>("vkWaitSemaphoresKHR", timeline)};
}

}  // namespace ashlar::simulated
