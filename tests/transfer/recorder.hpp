#pragma once

#include <ashlar/buffer/subbuffer.hpp>
#include <ashlar/device/device.hpp>
#include <ashlar/error.hpp>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <utility>

#include "device/vulkan.hpp"

namespace ashlar::test {

/// Records command buffers as a program does, with no barrier that it was not told of. They live until it is destroyed,
/// which waits for the device first. One thread at a time.
class Recorder {
 public:
  explicit Recorder(Device device) : device_{std::move(device)} {}
  Recorder(Recorder const&) = delete;
  Recorder& operator=(Recorder const&) = delete;
  ~Recorder() {
    try {
      device_.wait_idle();
    } catch (VulkanError const&) {  // It is lost.
    }
    for (auto const& [family, pool] : pools_) {
      function<PFN_vkDestroyCommandPool>("vkDestroyCommandPool")(device_.handle(), pool, nullptr);
    }
  }

  template <class Pointer>
  [[nodiscard]] Pointer function(char const* name) const {
    return reinterpret_cast<Pointer>(device_.proc_addr(name));
  }

  /// What `body(VkCommandBuffer)` records; may be submitted again before it is done.
  template <class F>
  [[nodiscard]] VkCommandBuffer record(Queue const& queue, F const& body) {
    VkCommandBufferAllocateInfo const info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, nullptr,
                                           pool(queue.family()), VK_COMMAND_BUFFER_LEVEL_PRIMARY, 1};
    VkCommandBuffer commands = nullptr;
    require(function<PFN_vkAllocateCommandBuffers>("vkAllocateCommandBuffers")(device_.handle(), &info, &commands));
    VkCommandBufferBeginInfo const begin{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, nullptr,
                                         VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT, nullptr};
    require(function<PFN_vkBeginCommandBuffer>("vkBeginCommandBuffer")(commands, &begin));
    body(commands);
    require(function<PFN_vkEndCommandBuffer>("vkEndCommandBuffer")(commands));
    return commands;
  }

  /// vkCmdFillBuffer.
  template <class T>
  [[nodiscard]] VkCommandBuffer fill(Queue const& queue, Subbuffer<T> const& target, int value) {
    return record(queue, [&](VkCommandBuffer commands) {
      function<PFN_vkCmdFillBuffer>("vkCmdFillBuffer")(commands, target.handle(), target.offset(), target.size_bytes(),
                                                       static_cast<std::uint32_t>(value));
    });
  }

  /// vkCmdCopyBuffer.
  template <class T>
  [[nodiscard]] VkCommandBuffer copy(Queue const& queue, Subbuffer<T> const& source, Subbuffer<T> const& target) {
    return record(queue, [&](VkCommandBuffer commands) {
      VkBufferCopy const region{source.offset(), target.offset(), source.size_bytes()};
      function<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer")(commands, source.handle(), target.handle(), 1, &region);
    });
  }

  /// One half of a transfer of the ownership of a buffer, and perhaps commands before or after it.
  void transfer_ownership(VkCommandBuffer commands, VkBuffer buffer, std::uint32_t from, std::uint32_t to,
                          VkAccessFlags source_access, VkAccessFlags target_access) const {
    VkBufferMemoryBarrier const barrier{VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
                                        nullptr,
                                        source_access,
                                        target_access,
                                        from,
                                        to,
                                        buffer,
                                        0,
                                        VK_WHOLE_SIZE};
    function<PFN_vkCmdPipelineBarrier>("vkCmdPipelineBarrier")(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                                                               VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, nullptr, 1,
                                                               &barrier, 0, nullptr);
  }

 private:
  static void require(VkResult result) {
    if (result != VK_SUCCESS) {
      throw std::runtime_error("the test could not record its commands");
    }
  }

  VkCommandPool pool(std::uint32_t family) {
    VkCommandPool& pool = pools_[family];
    if (pool == VK_NULL_HANDLE) {
      VkCommandPoolCreateInfo const info{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, nullptr, 0, family};
      require(function<PFN_vkCreateCommandPool>("vkCreateCommandPool")(device_.handle(), &info, nullptr, &pool));
    }
    return pool;
  }

  Device device_;
  std::map<std::uint32_t, VkCommandPool> pools_;
};

/// A semaphore or a fence of the test's own.
class OwnSemaphore {
 public:
  explicit OwnSemaphore(Device device, VkSemaphoreType type = VK_SEMAPHORE_TYPE_TIMELINE) : device_{std::move(device)} {
    VkSemaphoreTypeCreateInfo const kind{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO, nullptr, type, 0};
    VkSemaphoreCreateInfo const info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, &kind, 0};
    if (function<PFN_vkCreateSemaphore>("vkCreateSemaphore")(device_.handle(), &info, nullptr, &handle_) !=
        VK_SUCCESS) {
      throw std::runtime_error("the test could not create its semaphore");
    }
  }
  OwnSemaphore(OwnSemaphore const&) = delete;
  OwnSemaphore& operator=(OwnSemaphore const&) = delete;
  ~OwnSemaphore() { function<PFN_vkDestroySemaphore>("vkDestroySemaphore")(device_.handle(), handle_, nullptr); }

  [[nodiscard]] VkSemaphore handle() const { return handle_; }

  /// By the host.
  void signal(std::uint64_t value) const {
    VkSemaphoreSignalInfo const info{VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, nullptr, handle_, value};
    auto const signal = of_timelines<PFN_vkSignalSemaphore>("vkSignalSemaphore", "vkSignalSemaphoreKHR");
    if (signal(device_.handle(), &info) != VK_SUCCESS) {
      throw std::runtime_error("the test could not signal its semaphore");
    }
  }
  [[nodiscard]] std::uint64_t value() const {
    std::uint64_t value = 0;
    of_timelines<PFN_vkGetSemaphoreCounterValue>("vkGetSemaphoreCounterValue", "vkGetSemaphoreCounterValueKHR")(
        device_.handle(), handle_, &value);
    return value;
  }

 private:
  template <class Pointer>
  [[nodiscard]] Pointer function(char const* name) const {
    return reinterpret_cast<Pointer>(device_.proc_addr(name));
  }
  template <class Pointer>
  [[nodiscard]] Pointer of_timelines(char const* core, char const* extension) const {
    return function<Pointer>(device_.api_version() >= VK_API_VERSION_1_2 ? core : extension);
  }

  Device device_;
  VkSemaphore handle_ = VK_NULL_HANDLE;
};

class OwnFence {
 public:
  explicit OwnFence(Device device) : device_{std::move(device)} {
    VkFenceCreateInfo const info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, nullptr, 0};
    if (function<PFN_vkCreateFence>("vkCreateFence")(device_.handle(), &info, nullptr, &handle_) != VK_SUCCESS) {
      throw std::runtime_error("the test could not create its fence");
    }
  }
  OwnFence(OwnFence const&) = delete;
  OwnFence& operator=(OwnFence const&) = delete;
  ~OwnFence() { function<PFN_vkDestroyFence>("vkDestroyFence")(device_.handle(), handle_, nullptr); }

  [[nodiscard]] VkFence handle() const { return handle_; }
  [[nodiscard]] bool is_signaled() const {
    return function<PFN_vkGetFenceStatus>("vkGetFenceStatus")(device_.handle(), handle_) == VK_SUCCESS;
  }
  [[nodiscard]] bool wait() const {
    return function<PFN_vkWaitForFences>("vkWaitForFences")(device_.handle(), 1, &handle_, VK_TRUE, UINT64_MAX) ==
           VK_SUCCESS;
  }

 private:
  template <class Pointer>
  [[nodiscard]] Pointer function(char const* name) const {
    return reinterpret_cast<Pointer>(device_.proc_addr(name));
  }

  Device device_;
  VkFence handle_ = VK_NULL_HANDLE;
};

}  // namespace ashlar::test
