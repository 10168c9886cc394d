#include "benchmarks/bare_copies.hpp"

#include <ashlar/error.hpp>

namespace ashlar::bench {
namespace {

void check(VkResult result, char const* function) {
  if (result != VK_SUCCESS) {
    throw VulkanError{result, function};
  }
}

}  // namespace

BareCopies::BareCopies(Device const& device, Queue const& queue)
    : device_{device},
      queue_{queue},
      reset_pool_{function<PFN_vkResetCommandPool>("vkResetCommandPool")},
      begin_{function<PFN_vkBeginCommandBuffer>("vkBeginCommandBuffer")},
      copy_{function<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer")},
      barrier_{function<PFN_vkCmdPipelineBarrier>("vkCmdPipelineBarrier")},
      end_{function<PFN_vkEndCommandBuffer>("vkEndCommandBuffer")},
      submit_{function<PFN_vkQueueSubmit>("vkQueueSubmit")},
      wait_{function<PFN_vkWaitForFences>("vkWaitForFences")},
      reset_fences_{function<PFN_vkResetFences>("vkResetFences")} {
  VkCommandPoolCreateInfo pool_info{};
  pool_info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool_info.queueFamilyIndex = queue.family();
  check(function<PFN_vkCreateCommandPool>("vkCreateCommandPool")(device.handle(), &pool_info, nullptr, &pool_),
        "vkCreateCommandPool");
  VkCommandBufferAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  info.commandPool = pool_;
  info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  info.commandBufferCount = 1;
  check(function<PFN_vkAllocateCommandBuffers>("vkAllocateCommandBuffers")(device.handle(), &info, &commands_),
        "vkAllocateCommandBuffers");
  VkFenceCreateInfo fence_info{};
  fence_info.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
  check(function<PFN_vkCreateFence>("vkCreateFence")(device.handle(), &fence_info, nullptr, &fence_), "vkCreateFence");
}

BareCopies::~BareCopies() {
  function<PFN_vkDestroyFence>("vkDestroyFence")(device_.handle(), fence_, nullptr);
  function<PFN_vkDestroyCommandPool>("vkDestroyCommandPool")(device_.handle(), pool_, nullptr);
}

void BareCopies::begin() {
  check(reset_pool_(device_.handle(), pool_, 0), "vkResetCommandPool");
  VkCommandBufferBeginInfo begin{};
  begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  check(begin_(commands_, &begin), "vkBeginCommandBuffer");
}

void BareCopies::submit_and_wait() {
  check(end_(commands_), "vkEndCommandBuffer");
  VkSubmitInfo submit{};
  submit.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  submit.commandBufferCount = 1;
  submit.pCommandBuffers = &commands_;
  queue_.with_handle([&](VkQueue queue) { check(submit_(queue, 1, &submit, fence_), "vkQueueSubmit"); });
  check(wait_(device_.handle(), 1, &fence_, VK_TRUE, UINT64_MAX), "vkWaitForFences");
  check(reset_fences_(device_.handle(), 1, &fence_), "vkResetFences");
}

void BareCopies::copy(VkBuffer source, std::uint64_t source_offset, VkBuffer destination,
                      std::uint64_t destination_offset, std::uint64_t size) {
  begin();
  VkBufferCopy const region{source_offset, destination_offset, size};
  copy_(commands_, source, destination, 1, &region);
  submit_and_wait();
}

void BareCopies::copy_for_host(VkBuffer source, VkBuffer destination, std::uint64_t size) {
  begin();
  VkBufferCopy const region{0, 0, size};
  copy_(commands_, source, destination, 1, &region);
  VkMemoryBarrier barrier{};
  barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  barrier.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
  barrier.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
  barrier_(commands_, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, nullptr, 0,
           nullptr);
  submit_and_wait();
}

}  // namespace ashlar::bench
