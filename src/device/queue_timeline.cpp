#include "device/queue_timeline.hpp"

#include "device/check.hpp"
#include "device/device_state.hpp"

namespace ashlar::detail {
namespace {

VkSemaphore create_timeline_semaphore(DeviceState const& device) {
  VkSemaphore semaphore = VK_NULL_HANDLE;
  VkSemaphoreTypeCreateInfo const type{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO, nullptr,
                                       VK_SEMAPHORE_TYPE_TIMELINE, 0};
  VkSemaphoreCreateInfo const info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, &type, 0};
  check(device.vk.vkCreateSemaphore(device.handle, &info, device.allocation_callbacks, &semaphore),
        "vkCreateSemaphore");
  return semaphore;
}

VkCommandPool create_pool(DeviceState const& device, std::uint32_t family) {
  VkCommandPool pool = VK_NULL_HANDLE;
  VkCommandPoolCreateInfo const info{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, nullptr, 0, family};
  check(device.vk.vkCreateCommandPool(device.handle, &info, device.allocation_callbacks, &pool), "vkCreateCommandPool");
  return pool;
}

void record_barrier(DeviceState const& device, VkCommandBuffer commands, VkMemoryBarrier const& barrier,
                    VkPipelineStageFlags next_stage) {
  VkCommandBufferBeginInfo const begin{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, nullptr,
                                       VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT, nullptr};
  check(device.vk.vkBeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer");
  device.vk.vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, next_stage, 0, 1, &barrier, 0, nullptr,
                                 0, nullptr);
  check(device.vk.vkEndCommandBuffer(commands), "vkEndCommandBuffer");
}

/// Both of them, or an exception; then the pool is to be destroyed.
void record_barriers(DeviceState const& device, VkCommandPool pool, VkCommandBuffer (&commands)[2]) {
  VkCommandBufferAllocateInfo const info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, nullptr, pool,
                                         VK_COMMAND_BUFFER_LEVEL_PRIMARY, 2};
  check(device.vk.vkAllocateCommandBuffers(device.handle, &info, commands), "vkAllocateCommandBuffers");
  constexpr VkAccessFlags all = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT;
  record_barrier(device, commands[0], {VK_STRUCTURE_TYPE_MEMORY_BARRIER, nullptr, all, all},
                 VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
  record_barrier(device, commands[1],
                 {VK_STRUCTURE_TYPE_MEMORY_BARRIER, nullptr, VK_ACCESS_MEMORY_WRITE_BIT,
                  VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT},
                 VK_PIPELINE_STAGE_HOST_BIT);
}

}  // namespace

void QueueTimeline::prepare(DeviceState& device, std::uint32_t family) {
  if (semaphore == VK_NULL_HANDLE) {
    semaphore = create_timeline_semaphore(device);
  }
  if (pool_ == VK_NULL_HANDLE) {
    VkCommandPool const pool = create_pool(device, family);
    VkCommandBuffer commands[2] = {};
    try {
      record_barriers(device, pool, commands);
    } catch (...) {
      device.vk.vkDestroyCommandPool(device.handle, pool, device.allocation_callbacks);
      throw;
    }
    pool_ = pool;
    order_barrier = commands[0];
    host_barrier = commands[1];
  }
  ready.store(true, std::memory_order_release);
}

void QueueTimeline::destroy(DeviceState& device) noexcept {
  if (pool_ != VK_NULL_HANDLE) {
    device.vk.vkDestroyCommandPool(device.handle, pool_, device.allocation_callbacks);
  }
  if (semaphore != VK_NULL_HANDLE) {
    device.vk.vkDestroySemaphore(device.handle, semaphore, device.allocation_callbacks);
  }
}

}  // namespace ashlar::detail
