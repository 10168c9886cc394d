// Command pools and command buffers.

#include <algorithm>
#include <string>

#include "simulated_driver/call.hpp"
#include "simulated_driver/dispatchable.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/queue.hpp"

namespace ashlar::simulated {

namespace {

using State = CommandBuffer::State;

void require_not_pending(Call const& call, std::uint64_t command_buffer, char const* rule) {
  call.require(!is_in_use(call.device(), command_buffer), rule);
}

void free_command_buffer(DeviceState& device, std::uint64_t id) {
  device.command_buffers.erase(id);
  driver().command_buffers.erase(id);
  set_used_with(id, {});
}

/// Forgets what was recorded; submissions that are under way keep it.
void clear(CommandBuffer& command_buffer, State state) {
  command_buffer.commands = std::make_shared<Commands>();
  command_buffer.state = state;
}

// Pools.

VkResult VKAPI_CALL create_pool(VkDevice device, VkCommandPoolCreateInfo const* info,
                                VkAllocationCallbacks const* /*callbacks*/, VkCommandPool* handle) {
  Call const call{device, "vkCreateCommandPool"};
  auto const& queues = call.device().queues;
  call.require(std::any_of(queues.begin(), queues.end(),
                           [&](auto const& queue) { return queue->family == info->queueFamilyIndex; }),
               "no queue of that family (VUID-vkCreateCommandPool-queueFamilyIndex-01937)");
  if (call.result() == VK_SUCCESS) {
    bool const resets_single = (info->flags & VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT) != 0;
    *handle = call.add<VkCommandPool>(&DeviceState::pools, CommandPool{info->queueFamilyIndex, resets_single, {}});
  }
  return call.result();
}

void VKAPI_CALL destroy_pool(VkDevice device, VkCommandPool handle, VkAllocationCallbacks const* /*callbacks*/) {
  Call const call{device, "vkDestroyCommandPool", {exclusive("VkCommandPool", handle)}};
  if (handle == VK_NULL_HANDLE) {
    return;
  }
  HandleRules const rules{"VUID-vkDestroyCommandPool-commandPool-parameter",
                          "VUID-vkDestroyCommandPool-commandPool-parent"};
  if (CommandPool const* const pool = call.find(&DeviceState::pools, to_id(handle), rules)) {
    for (std::uint64_t const id : pool->command_buffers) {
      require_not_pending(call, id, "a queue has yet to do its commands (VUID-vkDestroyCommandPool-commandPool-00041)");
      free_command_buffer(call.device(), id);
    }
    call.erase(&DeviceState::pools, to_id(handle), rules);
  }
}

VkResult VKAPI_CALL reset_pool(VkDevice device, VkCommandPool handle, VkCommandPoolResetFlags /*flags*/) {
  Call const call{device, "vkResetCommandPool", {exclusive("VkCommandPool", handle)}};
  CommandPool const* const pool =
      call.find(&DeviceState::pools, to_id(handle),
                {"VUID-vkResetCommandPool-commandPool-parameter", "VUID-vkResetCommandPool-commandPool-parent"});
  if (call.result() == VK_SUCCESS && pool != nullptr) {
    for (std::uint64_t const id : pool->command_buffers) {
      require_not_pending(call, id, "a queue has yet to do its commands (VUID-vkResetCommandPool-commandPool-00040)");
      clear(call.device().command_buffers.at(id), State::Initial);
    }
  }
  return call.result();
}

void VKAPI_CALL trim_pool(VkDevice device, VkCommandPool handle, VkCommandPoolTrimFlags /*flags*/) {
  Call const call{
      device, "vkTrimCommandPool", {exclusive("VkCommandPool", handle)}};  // There is never anything to give back.
  static_cast<void>(
      call.find(&DeviceState::pools, to_id(handle),
                {"VUID-vkTrimCommandPool-commandPool-parameter", "VUID-vkTrimCommandPool-commandPool-parent"}));
}

// Command buffers.

/// If it fails all of the handles are null, however far it came (specification, vkAllocateCommandBuffers).
VkResult VKAPI_CALL allocate_command_buffers(VkDevice device, VkCommandBufferAllocateInfo const* info,
                                             VkCommandBuffer* handles) {
  Call const call{device, "vkAllocateCommandBuffers", {exclusive("VkCommandPool", info->commandPool)}};
  CommandPool* const pool = call.find(&DeviceState::pools, to_id(info->commandPool),
                                      {"VUID-VkCommandBufferAllocateInfo-commandPool-parameter"});
  std::fill_n(handles, info->commandBufferCount, VkCommandBuffer{VK_NULL_HANDLE});
  if (call.result() != VK_SUCCESS || pool == nullptr) {
    return call.result() != VK_SUCCESS ? call.result() : VK_ERROR_OUT_OF_HOST_MEMORY;
  }
  for (std::uint32_t i = 0; i < info->commandBufferCount; ++i) {
    CommandBuffer command_buffer;
    command_buffer.object = std::make_unique<Dispatchable>();
    command_buffer.pool = to_id(info->commandPool);
    command_buffer.level = info->level;
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
  CommandPool* const pool =
      call.find(&DeviceState::pools, to_id(handle),
                {"VUID-vkFreeCommandBuffers-commandPool-parameter", "VUID-vkFreeCommandBuffers-commandPool-parent"});
  if (pool == nullptr) {
    return;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint64_t const id = to_id(command_buffers[i]);
    if (id != 0 && call.require(pool->command_buffers.erase(id) == 1,
                                "a command buffer that is not of the pool "
                                "(VUID-vkFreeCommandBuffers-pCommandBuffers-parent)")) {
      require_not_pending(call, id,
                          "a queue has yet to do its commands (VUID-vkFreeCommandBuffers-pCommandBuffers-00047)");
      free_command_buffer(call.device(), id);
    }
  }
}

bool resets_single(Call const& call, CommandBuffer const& command_buffer) {
  return call.device().pools.at(command_buffer.pool).resets_single;
}

VkResult VKAPI_CALL begin(VkCommandBuffer handle, VkCommandBufferBeginInfo const* info) {
  Call const call{handle, "vkBeginCommandBuffer"};
  CommandBuffer* const command_buffer = call.command_buffer();
  if (call.result() != VK_SUCCESS || command_buffer == nullptr) {
    return call.result();
  }
  require_not_pending(call, to_id(handle),
                      "a queue has yet to do its commands (VUID-vkBeginCommandBuffer-commandBuffer-00049)");
  call.require(command_buffer->state != State::Recording,
               "it is being recorded (VUID-vkBeginCommandBuffer-commandBuffer-00049)");
  call.require(command_buffer->state == State::Initial || resets_single(call, *command_buffer),
               "its pool does not let it be recorded again (VUID-vkBeginCommandBuffer-commandBuffer-00050)");
  clear(*command_buffer, State::Recording);
  command_buffer->usage = info->flags;
  return VK_SUCCESS;
}

VkResult VKAPI_CALL reset(VkCommandBuffer handle, VkCommandBufferResetFlags /*flags*/) {
  Call const call{handle, "vkResetCommandBuffer"};
  CommandBuffer* const command_buffer = call.command_buffer();
  if (call.result() != VK_SUCCESS || command_buffer == nullptr) {
    return call.result();
  }
  require_not_pending(call, to_id(handle),
                      "a queue has yet to do its commands (VUID-vkResetCommandBuffer-commandBuffer-00045)");
  call.require(resets_single(call, *command_buffer),
               "its pool does not let it be reset (VUID-vkResetCommandBuffer-commandBuffer-00046)");
  clear(*command_buffer, State::Initial);
  return VK_SUCCESS;
}

/// A recording that fails leaves the command buffer invalid.
VkResult VKAPI_CALL end(VkCommandBuffer handle) {
  Call const call{handle, "vkEndCommandBuffer"};
  if (CommandBuffer* const command_buffer = call.command_buffer()) {
    call.require(command_buffer->state == State::Recording,
                 "it is not being recorded (VUID-vkEndCommandBuffer-commandBuffer-00059)");
    command_buffer->state = call.result() == VK_SUCCESS ? State::Executable : State::Invalid;
  }
  return call.result();
}

// Commands that are not worth a file of their own.

void VKAPI_CALL execute_commands(VkCommandBuffer command_buffer, std::uint32_t count, VkCommandBuffer const* others) {
  Call const call{command_buffer, "vkCmdExecuteCommands"};
  for (std::uint32_t i = 0; i < count; ++i) {
    CommandBuffer const* const secondary =
        call.find(&DeviceState::command_buffers, to_id(others[i]),
                  {"VUID-vkCmdExecuteCommands-pCommandBuffers-parameter", "VUID-vkCmdExecuteCommands-commonparent"});
    if (secondary == nullptr) {
      continue;
    }
    call.require(secondary->level == VK_COMMAND_BUFFER_LEVEL_SECONDARY,
                 "a primary command buffer (VUID-vkCmdExecuteCommands-pCommandBuffers-00088)");
    call.require(secondary->state == State::Executable,
                 "a command buffer that is not executable (VUID-vkCmdExecuteCommands-pCommandBuffers-00089)");
    constexpr char const* rule = "VUID-vkCmdExecuteCommands-commandBuffer-recording";
    call.record({.function = "vkCmdExecuteCommands", .objects = {to_id(others[i])}}, rule);
    for (Command const& command : *secondary->commands) {
      call.record(command, rule);
    }
  }
}

// Bindings for draws, of which there are none here.

void VKAPI_CALL bind_index_buffer(VkCommandBuffer command_buffer, VkBuffer handle, VkDeviceSize offset, VkIndexType) {
  Call const call{command_buffer, "vkCmdBindIndexBuffer"};
  Resource const* const buffer = call.find_buffer(
      handle, {"VUID-vkCmdBindIndexBuffer-buffer-parameter", "VUID-vkCmdBindIndexBuffer-commonparent"});
  if (buffer == nullptr) {
    return;
  }
  call.require((buffer->usage & VK_BUFFER_USAGE_INDEX_BUFFER_BIT) != 0,
               "not an index buffer (VUID-vkCmdBindIndexBuffer-buffer-00433)");
  call.require(call.device().memories.contains(buffer->memory),
               "a buffer without memory (VUID-vkCmdBindIndexBuffer-buffer-00434)");
  call.require(offset < buffer->size, "beyond the buffer (VUID-vkCmdBindIndexBuffer-offset-00431)");
  call.record({.function = "vkCmdBindIndexBuffer", .objects = {to_id(handle), buffer->memory}},
              "VUID-vkCmdBindIndexBuffer-commandBuffer-recording");
}

void bind_vertex_buffer(Call const& call, VkBuffer handle, VkDeviceSize offset) {
  Resource const* const buffer = call.find_buffer(
      handle, {"VUID-vkCmdBindVertexBuffers-pBuffers-parameter", "VUID-vkCmdBindVertexBuffers-commonparent"});
  if (buffer == nullptr) {
    return;
  }
  call.require((buffer->usage & VK_BUFFER_USAGE_VERTEX_BUFFER_BIT) != 0,
               "not a vertex buffer (VUID-vkCmdBindVertexBuffers-pBuffers-00627)");
  call.require(call.device().memories.contains(buffer->memory),
               "a buffer without memory (VUID-vkCmdBindVertexBuffers-pBuffers-00628)");
  call.require(offset < buffer->size, "beyond the buffer (VUID-vkCmdBindVertexBuffers-pOffsets-00626)");
  call.record({.function = "vkCmdBindVertexBuffers", .objects = {to_id(handle), buffer->memory}},
              "VUID-vkCmdBindVertexBuffers-commandBuffer-recording");
}

void VKAPI_CALL bind_vertex_buffers(VkCommandBuffer command_buffer, std::uint32_t, std::uint32_t count,
                                    VkBuffer const* buffers, VkDeviceSize const* offsets) {
  Call const call{command_buffer, "vkCmdBindVertexBuffers"};
  for (std::uint32_t i = 0; i < count; ++i) {
    bind_vertex_buffer(call, buffers[i], offsets[i]);
  }
}

}  // namespace

Functions command_buffer_functions() {
  return {core<allocate_command_buffers>("vkAllocateCommandBuffers"),
          core<begin>("vkBeginCommandBuffer"),
          core<bind_index_buffer>("vkCmdBindIndexBuffer"),
          core<bind_vertex_buffers>("vkCmdBindVertexBuffers"),
          core<execute_commands>("vkCmdExecuteCommands"),
          core<create_pool>("vkCreateCommandPool"),
          core<destroy_pool>("vkDestroyCommandPool"),
          core<end>("vkEndCommandBuffer"),
          core<free_command_buffers>("vkFreeCommandBuffers"),
          core<reset>("vkResetCommandBuffer"),
          core<reset_pool>("vkResetCommandPool"),
          core<trim_pool>("vkTrimCommandPool", VK_API_VERSION_1_1)};
}

}  // namespace ashlar::simulated
