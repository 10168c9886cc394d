#pragma once

// Vulkan as a program without ashlar calls it, on the simulated driver in this process.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "simulated_driver/device_control.hpp"
#include "simulated_driver/raw_instance.hpp"

namespace ashlar::test {

/// One VkSubmitInfo.
struct RawSubmit {
  std::vector<VkCommandBuffer> command_buffers = {};
  std::vector<VkSemaphore> waits = {};
  std::vector<std::uint64_t> wait_values = {};  ///< Of timeline semaphores.
  std::vector<VkSemaphore> signals = {};
  std::vector<std::uint64_t> signal_values = {};
};

/// A VkDevice with all queues, the features of RawFeatures and all extensions. It destroys what its functions made, so
/// that a test ends clean. Except for `call`, not for several threads.
class RawVulkan {
 public:
  explicit RawVulkan(simulated::Driver const& driver) : RawVulkan{driver.gpu()} {}
  explicit RawVulkan(Gpu const& gpu) {
    RawFeatures const features{gpu};
    if (create_raw_device(instance_, gpu, device_, features.chain(), gpu.extensions()) != VK_SUCCESS) {
      throw std::runtime_error("no device");
    }
    proc_addr_ = instance_.function<PFN_vkGetDeviceProcAddr>("vkGetDeviceProcAddr");
    for (std::uint32_t family = 0; family < gpu.queue_families.size(); ++family) {
      families_.push_back(family);
      for (std::uint32_t index = 0; index < gpu.queue_families[family].queue_count; ++index) {
        queues_.push_back(queue(family, index));
      }
    }
  }
  RawVulkan(RawVulkan const&) = delete;
  RawVulkan& operator=(RawVulkan const&) = delete;
  /// Even where the test has given up, with queues that are held, or that wait for what never comes.
  ~RawVulkan() {
    simulated::DeviceControl const own = control();
    if (std::uncaught_exceptions() > 0) {
      own.lose();
    }
    for (VkQueue const queue : queues_) {
      own.release(queue);
    }
    call<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle");
    for (auto made = made_.rbegin(); made != made_.rend(); ++made) {
      made->second();
    }
    call<PFN_vkDestroyDevice>("vkDestroyDevice", nullptr);
  }

  [[nodiscard]] VkDevice handle() const { return device_; }
  [[nodiscard]] RawInstance const& instance() const { return instance_; }
  [[nodiscard]] simulated::DeviceControl control() const { return {device_, proc_addr_}; }

  template <class Pointer>
  [[nodiscard]] Pointer function(char const* name) const {
    return reinterpret_cast<Pointer>(proc_addr_(device_, name));
  }
  /// Calls a function whose first argument is the device.
  template <class Pointer, class... Arguments>
  std::invoke_result_t<Pointer, VkDevice, Arguments...> call(char const* name, Arguments... arguments) const {
    return function<Pointer>(name)(device_, arguments...);
  }

  [[nodiscard]] VkQueue queue(std::uint32_t family, std::uint32_t index = 0) const {
    VkQueue queue = nullptr;
    call<PFN_vkGetDeviceQueue>("vkGetDeviceQueue", family, index, &queue);
    return queue;
  }

  // Memory. What fails gives null.

  VkResult try_allocate(VkDeviceSize size, std::uint32_t type, VkDeviceMemory& memory, void const* chain = nullptr) {
    VkMemoryAllocateInfo const info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, chain, size, type};
    VkResult const result = call<PFN_vkAllocateMemory>("vkAllocateMemory", &info, nullptr, &memory);
    if (result == VK_SUCCESS) {
      keep<PFN_vkFreeMemory>("vkFreeMemory", memory);
    }
    return result;
  }
  [[nodiscard]] VkDeviceMemory allocate(VkDeviceSize size, std::uint32_t type, void const* chain = nullptr) {
    VkDeviceMemory memory = VK_NULL_HANDLE;
    static_cast<void>(try_allocate(size, type, memory, chain));
    return memory;
  }
  void free(VkDeviceMemory memory) { destroy<PFN_vkFreeMemory>("vkFreeMemory", memory); }

  VkResult try_map(VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size, void** address) const {
    return call<PFN_vkMapMemory>("vkMapMemory", memory, offset, size, VkMemoryMapFlags{0}, address);
  }
  [[nodiscard]] char* map(VkDeviceMemory memory, VkDeviceSize offset = 0, VkDeviceSize size = VK_WHOLE_SIZE) const {
    void* address = nullptr;
    static_cast<void>(try_map(memory, offset, size, &address));
    return static_cast<char*>(address);
  }
  void unmap(VkDeviceMemory memory) const { call<PFN_vkUnmapMemory>("vkUnmapMemory", memory); }

  VkResult flush(VkDeviceMemory memory, VkDeviceSize offset = 0, VkDeviceSize size = VK_WHOLE_SIZE) const {
    VkMappedMemoryRange const range{VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, nullptr, memory, offset, size};
    return call<PFN_vkFlushMappedMemoryRanges>("vkFlushMappedMemoryRanges", 1U, &range);
  }
  VkResult invalidate(VkDeviceMemory memory, VkDeviceSize offset = 0, VkDeviceSize size = VK_WHOLE_SIZE) const {
    VkMappedMemoryRange const range{VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, nullptr, memory, offset, size};
    return call<PFN_vkInvalidateMappedMemoryRanges>("vkInvalidateMappedMemoryRanges", 1U, &range);
  }

  // Buffers and images.

  [[nodiscard]] VkBuffer create_buffer(VkDeviceSize size, VkBufferUsageFlags usage = copies,
                                       VkBufferCreateFlags flags = 0, void const* chain = nullptr,
                                       VkSharingMode sharing = VK_SHARING_MODE_EXCLUSIVE) {
    VkBufferCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    info.pNext = chain;
    info.flags = flags;
    info.size = size;
    info.usage = usage;
    info.sharingMode = sharing;
    info.queueFamilyIndexCount = sharing == VK_SHARING_MODE_CONCURRENT ? family_count() : 0;
    info.pQueueFamilyIndices = families_.data();
    return make<PFN_vkDestroyBuffer, VkBuffer>("vkDestroyBuffer", [&](VkBuffer* buffer) {
      return call<PFN_vkCreateBuffer>("vkCreateBuffer", &info, nullptr, buffer);
    });
  }
  [[nodiscard]] VkImage create_image(VkImageCreateInfo info) {
    info.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO;
    info.samples = VK_SAMPLE_COUNT_1_BIT;
    return make<PFN_vkDestroyImage, VkImage>("vkDestroyImage", [&](VkImage* image) {
      return call<PFN_vkCreateImage>("vkCreateImage", &info, nullptr, image);
    });
  }
  /// Of one row of texels of four bytes.
  [[nodiscard]] VkImage create_image(std::uint32_t texels, VkImageUsageFlags usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT,
                                     VkImageTiling tiling = VK_IMAGE_TILING_OPTIMAL) {
    VkImageCreateInfo info{};
    info.imageType = VK_IMAGE_TYPE_2D;
    info.format = VK_FORMAT_R8G8B8A8_UNORM;
    info.extent = {texels, 1, 1};
    info.mipLevels = 1;
    info.arrayLayers = 1;
    info.tiling = tiling;
    info.usage = usage;
    return create_image(info);
  }
  void destroy_buffer(VkBuffer buffer) { destroy<PFN_vkDestroyBuffer>("vkDestroyBuffer", buffer); }
  void destroy_image(VkImage image) { destroy<PFN_vkDestroyImage>("vkDestroyImage", image); }

  [[nodiscard]] VkMemoryRequirements requirements(VkBuffer buffer) const {
    VkMemoryRequirements needs{};
    call<PFN_vkGetBufferMemoryRequirements>("vkGetBufferMemoryRequirements", buffer, &needs);
    return needs;
  }
  [[nodiscard]] VkMemoryRequirements image_requirements(VkImage image) const {
    VkMemoryRequirements needs{};
    call<PFN_vkGetImageMemoryRequirements>("vkGetImageMemoryRequirements", image, &needs);
    return needs;
  }
  VkResult bind(VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset = 0) const {
    return call<PFN_vkBindBufferMemory>("vkBindBufferMemory", buffer, memory, offset);
  }
  VkResult bind_image(VkImage image, VkDeviceMemory memory, VkDeviceSize offset = 0) const {
    return call<PFN_vkBindImageMemory>("vkBindImageMemory", image, memory, offset);
  }
  /// A buffer for all queues, in memory of its own.
  [[nodiscard]] VkBuffer create_bound_buffer(VkDeviceSize size, std::uint32_t type, VkDeviceMemory& memory) {
    VkBuffer const buffer = create_buffer(size, copies, 0, nullptr,
                                          family_count() > 1 ? VK_SHARING_MODE_CONCURRENT : VK_SHARING_MODE_EXCLUSIVE);
    memory = allocate(requirements(buffer).size, type);
    bind(buffer, memory);
    return buffer;
  }

  // Synchronization.

  [[nodiscard]] VkFence create_fence() {
    VkFenceCreateInfo const info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, nullptr, 0};
    return make<PFN_vkDestroyFence, VkFence>("vkDestroyFence", [&](VkFence* fence) {
      return call<PFN_vkCreateFence>("vkCreateFence", &info, nullptr, fence);
    });
  }
  void destroy_fence(VkFence fence) { destroy<PFN_vkDestroyFence>("vkDestroyFence", fence); }
  VkResult wait(VkFence fence, std::uint64_t timeout = UINT64_MAX) const {
    return call<PFN_vkWaitForFences>("vkWaitForFences", 1U, &fence, VkBool32{VK_TRUE}, timeout);
  }

  [[nodiscard]] VkSemaphore create_semaphore() { return create_semaphore(nullptr); }
  [[nodiscard]] VkSemaphore create_timeline(std::uint64_t value = 0) {
    VkSemaphoreTypeCreateInfo const type{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO, nullptr,
                                         VK_SEMAPHORE_TYPE_TIMELINE, value};
    return create_semaphore(&type);
  }
  void destroy_semaphore(VkSemaphore semaphore) { destroy<PFN_vkDestroySemaphore>("vkDestroySemaphore", semaphore); }
  VkResult wait(VkSemaphore semaphore, std::uint64_t value, std::uint64_t timeout) const {
    VkSemaphoreWaitInfo const info{VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO, nullptr, 0, 1, &semaphore, &value};
    return call<PFN_vkWaitSemaphores>("vkWaitSemaphores", &info, timeout);
  }
  VkResult signal(VkSemaphore semaphore, std::uint64_t value) const {
    VkSemaphoreSignalInfo const info{VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, nullptr, semaphore, value};
    return call<PFN_vkSignalSemaphore>("vkSignalSemaphore", &info);
  }
  [[nodiscard]] std::uint64_t value(VkSemaphore semaphore) const {
    std::uint64_t value = 0;
    call<PFN_vkGetSemaphoreCounterValue>("vkGetSemaphoreCounterValue", semaphore, &value);
    return value;
  }

  [[nodiscard]] VkEvent create_event() {
    VkEventCreateInfo const info{VK_STRUCTURE_TYPE_EVENT_CREATE_INFO, nullptr, 0};
    return make<PFN_vkDestroyEvent, VkEvent>("vkDestroyEvent", [&](VkEvent* event) {
      return call<PFN_vkCreateEvent>("vkCreateEvent", &info, nullptr, event);
    });
  }
  void destroy_event(VkEvent event) { destroy<PFN_vkDestroyEvent>("vkDestroyEvent", event); }

  // Commands.

  [[nodiscard]] VkCommandBuffer allocate_commands(std::uint32_t family,
                                                  VkCommandBufferLevel level = VK_COMMAND_BUFFER_LEVEL_PRIMARY) {
    VkCommandBufferAllocateInfo const info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, nullptr, pool(family), level,
                                           1};
    VkCommandBuffer commands = nullptr;
    call<PFN_vkAllocateCommandBuffers>("vkAllocateCommandBuffers", &info, &commands);
    return commands;
  }
  void record(VkCommandBuffer commands, std::function<void(VkCommandBuffer)> const& body,
              VkCommandBufferUsageFlags usage = 0) const {
    VkCommandBufferBeginInfo const info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, nullptr, usage, nullptr};
    function<PFN_vkBeginCommandBuffer>("vkBeginCommandBuffer")(commands, &info);
    body(commands);
    function<PFN_vkEndCommandBuffer>("vkEndCommandBuffer")(commands);
  }
  void barrier(VkCommandBuffer commands, VkPipelineStageFlags source, VkAccessFlags source_access,
               VkPipelineStageFlags target, VkAccessFlags target_access) const {
    VkMemoryBarrier const barrier{VK_STRUCTURE_TYPE_MEMORY_BARRIER, nullptr, source_access, target_access};
    function<PFN_vkCmdPipelineBarrier>("vkCmdPipelineBarrier")(commands, source, target, 0, 1, &barrier, 0, nullptr, 0,
                                                               nullptr);
  }
  /// All commands from here on come after all before, and see what they wrote.
  void order_commands(VkCommandBuffer commands) const {
    constexpr VkAccessFlags all = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT;
    barrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_ACCESS_MEMORY_WRITE_BIT,
            VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, all);
  }
  /// The host sees what was written, once it has waited.
  void show_to_host(VkCommandBuffer commands) const {
    barrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_ACCESS_MEMORY_WRITE_BIT, VK_PIPELINE_STAGE_HOST_BIT,
            VK_ACCESS_HOST_READ_BIT);
  }
  /// A command buffer that holds what `body` records.
  [[nodiscard]] VkCommandBuffer bare_commands(std::uint32_t family, std::function<void(VkCommandBuffer)> const& body,
                                              VkCommandBufferUsageFlags usage = 0) {
    VkCommandBuffer const commands = allocate_commands(family);
    record(commands, body, usage);
    return commands;
  }
  /// The same after all that came before, and for the host to see.
  [[nodiscard]] VkCommandBuffer commands(std::uint32_t family, std::function<void(VkCommandBuffer)> const& body,
                                         VkCommandBufferUsageFlags usage = 0) {
    auto const ordered = [&](VkCommandBuffer recorded) {
      order_commands(recorded);
      body(recorded);
      show_to_host(recorded);
    };
    return bare_commands(family, ordered, usage);
  }
  /// One that fills the buffer with a character.
  [[nodiscard]] VkCommandBuffer fill(VkBuffer buffer, char letter, std::uint32_t family = 0) {
    return commands(family, [&](VkCommandBuffer commands) {
      auto const value = static_cast<std::uint32_t>(static_cast<unsigned char>(letter)) * 0x01010101U;
      function<PFN_vkCmdFillBuffer>("vkCmdFillBuffer")(commands, buffer, 0, VK_WHOLE_SIZE, value);
    });
  }
  /// One that copies a region of a buffer.
  [[nodiscard]] VkCommandBuffer copy(VkBuffer from, VkBuffer to, VkBufferCopy const& region, std::uint32_t family = 0) {
    return commands(family, [&](VkCommandBuffer commands) {
      function<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer")(commands, from, to, 1, &region);
    });
  }

  VkResult submit(VkQueue queue, std::vector<RawSubmit> const& submits, VkFence fence = VK_NULL_HANDLE) const {
    std::vector<VkTimelineSemaphoreSubmitInfo> values;
    values.reserve(submits.size());
    std::vector<VkPipelineStageFlags> const stages(16, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
    std::vector<VkSubmitInfo> infos;
    for (RawSubmit const& submit : submits) {
      values.push_back({VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO, nullptr,
                        static_cast<std::uint32_t>(submit.wait_values.size()), submit.wait_values.data(),
                        static_cast<std::uint32_t>(submit.signal_values.size()), submit.signal_values.data()});
      infos.push_back({VK_STRUCTURE_TYPE_SUBMIT_INFO, &values.back(), static_cast<std::uint32_t>(submit.waits.size()),
                       submit.waits.data(), stages.data(), static_cast<std::uint32_t>(submit.command_buffers.size()),
                       submit.command_buffers.data(), static_cast<std::uint32_t>(submit.signals.size()),
                       submit.signals.data()});
    }
    return function<PFN_vkQueueSubmit>("vkQueueSubmit")(queue, static_cast<std::uint32_t>(infos.size()), infos.data(),
                                                        fence);
  }
  VkResult wait_idle(VkQueue queue) const { return function<PFN_vkQueueWaitIdle>("vkQueueWaitIdle")(queue); }
  /// Carries out one command buffer.
  void run(VkQueue queue, VkCommandBuffer commands) const {
    submit(queue, {{.command_buffers = {commands}}});
    wait_idle(queue);
  }

  static constexpr VkBufferUsageFlags copies = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

 private:
  template <class Pointer, class Handle>
  void keep(char const* destroy, Handle handle) {
    made_.emplace_back(id(handle), [this, destroy, handle] { call<Pointer>(destroy, handle, nullptr); });
  }
  template <class Pointer, class Handle, class Create>
  Handle make(char const* destroy, Create create) {
    Handle handle = VK_NULL_HANDLE;
    if (create(&handle) == VK_SUCCESS && handle != VK_NULL_HANDLE) {
      keep<Pointer>(destroy, handle);
    }
    return handle;
  }
  template <class Pointer, class Handle>
  void destroy(char const* name, Handle handle) {
    std::erase_if(made_, [&](auto const& made) { return made.first == id(handle); });
    call<Pointer>(name, handle, nullptr);
  }
  template <class Handle>
  static std::uint64_t id(Handle handle) {
    if constexpr (std::is_pointer_v<Handle>) {
      return reinterpret_cast<std::uintptr_t>(handle);
    } else {
      return handle;  // Vulkan's handles are integers on 32-bit platforms.
    }
  }

  VkSemaphore create_semaphore(void const* chain) {
    VkSemaphoreCreateInfo const info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, chain, 0};
    return make<PFN_vkDestroySemaphore, VkSemaphore>("vkDestroySemaphore", [&](VkSemaphore* semaphore) {
      return call<PFN_vkCreateSemaphore>("vkCreateSemaphore", &info, nullptr, semaphore);
    });
  }

  VkCommandPool pool(std::uint32_t family) {
    VkCommandPool& pool = pools_[family];
    if (pool == VK_NULL_HANDLE) {
      VkCommandPoolCreateInfo const info{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, nullptr,
                                         VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT, family};
      pool = make<PFN_vkDestroyCommandPool, VkCommandPool>("vkDestroyCommandPool", [&](VkCommandPool* made) {
        return call<PFN_vkCreateCommandPool>("vkCreateCommandPool", &info, nullptr, made);
      });
    }
    return pool;
  }

  [[nodiscard]] std::uint32_t family_count() const { return static_cast<std::uint32_t>(families_.size()); }

  RawInstance instance_;
  VkDevice device_ = nullptr;
  PFN_vkGetDeviceProcAddr proc_addr_ = nullptr;
  std::vector<VkQueue> queues_;
  std::vector<std::uint32_t> families_;
  std::vector<std::pair<std::uint64_t, std::function<void()>>> made_;
  std::map<std::uint32_t, VkCommandPool> pools_;
};

}  // namespace ashlar::test
