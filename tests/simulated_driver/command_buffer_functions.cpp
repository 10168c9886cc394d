// Command pools and buffers, and the commands that order others. The copies are in copy_functions.cpp.

#include <algorithm>
#include <string>

#include "simulated_driver/call.hpp"
#include "simulated_driver/dispatchable.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/queue.hpp"

namespace ashlar::simulated {

namespace {

void require_not_pending(Call const& call, std::uint64_t command_buffer, char const* rule) {
  call.require(!is_pending(call.device(), command_buffer), rule);
}

void free_command_buffer(DeviceState& device, std::uint64_t id) {
  device.command_buffers.erase(id);
  driver().command_buffers.erase(id);
  set_used_with(id, {});
}

VkResult VKAPI_CALL create_pool(VkDevice device, VkCommandPoolCreateInfo const* info,
                                VkAllocationCallbacks const* /*callbacks*/, VkCommandPool* handle) {
  Call const call{device, "vkCreateCommandPool"};
  auto const& queues = call.device().queues;
  call.require(std::any_of(queues.begin(), queues.end(),
                           [&](auto const& queue) { return queue->family == info->queueFamilyIndex; }),
               "no queue of that family (VUID-vkCreateCommandPool-queueFamilyIndex-01937)");
  if (call.result() == VK_SUCCESS) {
    *handle = call.add<VkCommandPool>(&DeviceState::pools, CommandPool{info->queueFamilyIndex, {}});
  }
  return call.result();
}

void VKAPI_CALL destroy_pool(VkDevice device, VkCommandPool handle, VkAllocationCallbacks const* /*callbacks*/) {
  Call const call{device, "vkDestroyCommandPool", {exclusive("VkCommandPool", handle)}};
  if (handle == VK_NULL_HANDLE) {
    return;
  }
  if (CommandPool const* const pool = call.find(&DeviceState::pools, to_id(handle))) {
    for (std::uint64_t const id : pool->command_buffers) {
      require_not_pending(call, id, "a queue has yet to do its commands (VUID-vkDestroyCommandPool-commandPool-00041)");
      free_command_buffer(call.device(), id);
    }
    call.erase(&DeviceState::pools, to_id(handle));
  }
}

VkResult VKAPI_CALL reset_pool(VkDevice device, VkCommandPool handle, VkCommandPoolResetFlags /*flags*/) {
  Call const call{device, "vkResetCommandPool", {exclusive("VkCommandPool", handle)}};
  CommandPool const* const pool = call.find(&DeviceState::pools, to_id(handle));
  if (call.result() == VK_SUCCESS && pool != nullptr) {
    for (std::uint64_t const id : pool->command_buffers) {
      require_not_pending(call, id, "a queue has yet to do its commands (VUID-vkResetCommandPool-commandPool-00040)");
      call.device().command_buffers.at(id).commands = std::make_shared<Commands>();
    }
  }
  return call.result();
}

void VKAPI_CALL trim_pool(VkDevice device, VkCommandPool handle, VkCommandPoolTrimFlags /*flags*/) {
  Call const call{device, "vkTrimCommandPool", {exclusive("VkCommandPool", handle)}};
  static_cast<void>(call.find(&DeviceState::pools, to_id(handle)));  // There is never anything to give back.
}

/// If it fails all of the handles are null, however far it came (specification, vkAllocateCommandBuffers).
VkResult VKAPI_CALL allocate_command_buffers(VkDevice device, VkCommandBufferAllocateInfo const* info,
                                             VkCommandBuffer* handles) {
  Call const call{device, "vkAllocateCommandBuffers", {exclusive("VkCommandPool", info->commandPool)}};
  CommandPool* const pool = call.find(&DeviceState::pools, to_id(info->commandPool));
  std::fill_n(handles, info->commandBufferCount, VkCommandBuffer{VK_NULL_HANDLE});
  if (call.result() != VK_SUCCESS || pool == nullptr) {
    return call.result() != VK_SUCCESS ? call.result() : VK_ERROR_OUT_OF_HOST_MEMORY;
  }
  for (std::uint32_t i = 0; i < info->commandBufferCount; ++i) {
    CommandBuffer command_buffer;
    command_buffer.object = std::make_unique<Dispatchable>();
    handles[i] = dispatchable_handle<VkCommandBuffer>(command_buffer.object.get());
    pool->command_buffers.insert(to_id(handles[i]));
    driver().command_buffers[to_id(handles[i])] = &call.device();
    set_used_with(to_id(handles[i]), {exclusive("VkCommandPool", info->commandPool)});
    call.device().command_buffers.emplace(to_id(handles[i]), std::move(command_buffer));
  }
  return VK_SUCCESS;
}

ObjectUses uses_of(VkCommandPool pool, std::uint32_t count, VkCommandBuffer const* command_buffers) {
  ObjectUses uses{exclusive("VkCommandPool", pool)};
  std::for_each(command_buffers, command_buffers + count,
                [&](VkCommandBuffer one) { uses.push_back(exclusive("VkCommandBuffer", one)); });
  return uses;
}

void VKAPI_CALL free_command_buffers(VkDevice device, VkCommandPool handle, std::uint32_t count,
                                     VkCommandBuffer const* command_buffers) {
  Call const call{device, "vkFreeCommandBuffers", uses_of(handle, count, command_buffers)};
  CommandPool* const pool = call.find(&DeviceState::pools, to_id(handle));
  if (pool == nullptr) {
    return;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint64_t const id = to_id(command_buffers[i]);
    if (id != 0 && call.require(pool->command_buffers.erase(id) == 1, "a command buffer that is not of the pool")) {
      require_not_pending(call, id,
                          "a queue has yet to do its commands (VUID-vkFreeCommandBuffers-pCommandBuffers-00047)");
      free_command_buffer(call.device(), id);
    }
  }
}

/// Forgets what was recorded; submissions that are under way keep it.
VkResult clear(Call const& call, VkCommandBuffer handle, char const* rule) {
  require_not_pending(call, to_id(handle), rule);
  if (call.result() == VK_SUCCESS && call.command_buffer() != nullptr) {
    call.command_buffer()->commands = std::make_shared<Commands>();
  }
  return call.result();
}

VkResult VKAPI_CALL begin(VkCommandBuffer command_buffer, VkCommandBufferBeginInfo const* /*info*/) {
  return clear(Call{command_buffer, "vkBeginCommandBuffer"}, command_buffer,
               "a queue has yet to do its commands (VUID-vkBeginCommandBuffer-commandBuffer-00049)");
}

VkResult VKAPI_CALL reset(VkCommandBuffer command_buffer, VkCommandBufferResetFlags /*flags*/) {
  return clear(Call{command_buffer, "vkResetCommandBuffer"}, command_buffer,
               "a queue has yet to do its commands (VUID-vkResetCommandBuffer-commandBuffer-00045)");
}

VkResult VKAPI_CALL end(VkCommandBuffer command_buffer) { return Call{command_buffer, "vkEndCommandBuffer"}.result(); }

/// A queue carries out one command after the other, each to its end: a barrier has nothing left to do.
void VKAPI_CALL barrier(VkCommandBuffer command_buffer, VkPipelineStageFlags, VkPipelineStageFlags, VkDependencyFlags,
                        std::uint32_t, VkMemoryBarrier const*, std::uint32_t, VkBufferMemoryBarrier const*,
                        std::uint32_t, VkImageMemoryBarrier const*) {
  Call const call{command_buffer, "vkCmdPipelineBarrier"};
}

void VKAPI_CALL barrier2(VkCommandBuffer command_buffer, VkDependencyInfo const*) {
  Call const call{command_buffer, "vkCmdPipelineBarrier2"};
}

void record_event(Call const& call, VkEvent event, bool set) {
  call.record([id = to_id(event), set](DeviceState& device) {
    std::lock_guard const lock{driver().mutex};
    if (auto const found = device.events.find(id); found != device.events.end()) {
      found->second.set = set;
    } else {
      driver().violation("an event was destroyed before its command (VUID-vkDestroyEvent-event-01145)");
    }
    driver().changed.notify_all();
  });
}

void VKAPI_CALL set_event(VkCommandBuffer command_buffer, VkEvent event, VkPipelineStageFlags) {
  record_event(Call{command_buffer, "vkCmdSetEvent"}, event, true);
}

void VKAPI_CALL set_event2(VkCommandBuffer command_buffer, VkEvent event, VkDependencyInfo const*) {
  record_event(Call{command_buffer, "vkCmdSetEvent2"}, event, true);
}

void VKAPI_CALL reset_event(VkCommandBuffer command_buffer, VkEvent event, VkPipelineStageFlags) {
  record_event(Call{command_buffer, "vkCmdResetEvent"}, event, false);
}

void VKAPI_CALL reset_event2(VkCommandBuffer command_buffer, VkEvent event, VkPipelineStageFlags2) {
  record_event(Call{command_buffer, "vkCmdResetEvent2"}, event, false);
}

void record_wait(Call const& call, std::uint32_t count, VkEvent const* events) {
  std::vector<std::uint64_t> ids;
  std::transform(events, events + count, std::back_inserter(ids), [](VkEvent event) { return to_id(event); });
  call.record([ids](DeviceState& device) {
    std::unique_lock lock{driver().mutex};
    driver().changed.wait(lock, [&] {
      return device.lost || device.stopping || std::all_of(ids.begin(), ids.end(), [&](std::uint64_t id) {
               auto const found = device.events.find(id);
               return found == device.events.end() || found->second.set;
             });
    });
  });
}

void VKAPI_CALL wait_events(VkCommandBuffer command_buffer, std::uint32_t count, VkEvent const* events,
                            VkPipelineStageFlags, VkPipelineStageFlags, std::uint32_t, VkMemoryBarrier const*,
                            std::uint32_t, VkBufferMemoryBarrier const*, std::uint32_t, VkImageMemoryBarrier const*) {
  record_wait(Call{command_buffer, "vkCmdWaitEvents"}, count, events);
}

void VKAPI_CALL wait_events2(VkCommandBuffer command_buffer, std::uint32_t count, VkEvent const* events,
                             VkDependencyInfo const*) {
  record_wait(Call{command_buffer, "vkCmdWaitEvents2"}, count, events);
}

void VKAPI_CALL execute_commands(VkCommandBuffer command_buffer, std::uint32_t count, VkCommandBuffer const* others) {
  Call const call{command_buffer, "vkCmdExecuteCommands"};
  for (std::uint32_t i = 0; i < count; ++i) {
    auto const found = call.device().command_buffers.find(to_id(others[i]));
    if (call.require(found != call.device().command_buffers.end(), "unknown command buffer")) {
      call.record([commands = found->second.commands](DeviceState& device) {
        for (Command const& command : *commands) {
          command(device);
        }
      });
    }
  }
}

// Bindings for draws, of which there are none here.

void VKAPI_CALL bind_index_buffer(VkCommandBuffer command_buffer, VkBuffer buffer, VkDeviceSize, VkIndexType) {
  Call const call{command_buffer, "vkCmdBindIndexBuffer"};
  static_cast<void>(call.find(&DeviceState::resources, to_id(buffer)));
}

void VKAPI_CALL bind_vertex_buffers(VkCommandBuffer command_buffer, std::uint32_t, std::uint32_t count,
                                    VkBuffer const* buffers, VkDeviceSize const*) {
  Call const call{command_buffer, "vkCmdBindVertexBuffers"};
  std::for_each(buffers, buffers + count,
                [&](VkBuffer buffer) { static_cast<void>(call.find(&DeviceState::resources, to_id(buffer))); });
}

}  // namespace

Functions command_buffer_functions() {
  constexpr char const* synchronization2 = VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME;
  return {core("vkAllocateCommandBuffers", allocate_command_buffers),
          core("vkBeginCommandBuffer", begin),
          core("vkCmdBindIndexBuffer", bind_index_buffer),
          core("vkCmdBindVertexBuffers", bind_vertex_buffers),
          core("vkCmdExecuteCommands", execute_commands),
          core("vkCmdPipelineBarrier", barrier),
          core("vkCmdPipelineBarrier2", barrier2, VK_API_VERSION_1_3),
          core("vkCmdResetEvent", reset_event),
          core("vkCmdResetEvent2", reset_event2, VK_API_VERSION_1_3),
          core("vkCmdSetEvent", set_event),
          core("vkCmdSetEvent2", set_event2, VK_API_VERSION_1_3),
          core("vkCmdWaitEvents", wait_events),
          core("vkCmdWaitEvents2", wait_events2, VK_API_VERSION_1_3),
          core("vkCreateCommandPool", create_pool),
          core("vkDestroyCommandPool", destroy_pool),
          core("vkEndCommandBuffer", end),
          core("vkFreeCommandBuffers", free_command_buffers),
          core("vkResetCommandBuffer", reset),
          core("vkResetCommandPool", reset_pool),
          core("vkTrimCommandPool", trim_pool, VK_API_VERSION_1_1),
          of_extension("vkCmdPipelineBarrier2KHR", barrier2, synchronization2),
          of_extension("vkCmdResetEvent2KHR", reset_event2, synchronization2),
          of_extension("vkCmdSetEvent2KHR", set_event2, synchronization2),
          of_extension("vkCmdWaitEvents2KHR", wait_events2, synchronization2)};
}

}  // namespace ashlar::simulated
