#pragma once

#include <ashlar/buffer/subbuffer.hpp>
#include <ashlar/device/device.hpp>

#include <cstdint>

#include "device/vulkan.hpp"

namespace ashlar::bench {

/// vkCmdCopyBuffer by Vulkan's functions alone, as a program without a library calls them: recorded, submitted and
/// waited for, one at a time.
class BareCopies {
 public:
  BareCopies(Device const& device, Queue const& queue);
  BareCopies(BareCopies const&) = delete;
  BareCopies& operator=(BareCopies const&) = delete;
  ~BareCopies();

  void copy(VkBuffer source, std::uint64_t source_offset, VkBuffer destination, std::uint64_t destination_offset,
            std::uint64_t size);

  /// The same, with the barrier without which the host may not read what was copied.
  void copy_for_host(VkBuffer source, VkBuffer destination, std::uint64_t size);

 private:
  template <class Function>
  Function function(char const* name) const {
    return reinterpret_cast<Function>(device_.proc_addr(name));
  }

  void begin();
  void submit_and_wait();

  Device device_;
  Queue queue_;
  PFN_vkResetCommandPool reset_pool_;
  PFN_vkBeginCommandBuffer begin_;
  PFN_vkCmdCopyBuffer copy_;
  PFN_vkCmdPipelineBarrier barrier_;
  PFN_vkEndCommandBuffer end_;
  PFN_vkQueueSubmit submit_;
  PFN_vkWaitForFences wait_;
  PFN_vkResetFences reset_fences_;
  VkCommandPool pool_ = VK_NULL_HANDLE;
  VkCommandBuffer commands_ = VK_NULL_HANDLE;
  VkFence fence_ = VK_NULL_HANDLE;
};

}  // namespace ashlar::bench
