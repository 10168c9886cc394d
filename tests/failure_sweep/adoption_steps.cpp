// A device that somebody else created.

#include <ashlar/memory/standard_memory_allocator.hpp>

#include <cstdint>
#include <vector>

#include "failure_sweep/script.hpp"
#include "simulated_driver/raw_instance.hpp"

namespace ashlar::test {

namespace {

class AdoptionStage : public Stage {
 public:
  explicit AdoptionStage(Driver& its_driver) : Stage{its_driver}, instance_{{VK_EXT_DEBUG_UTILS_EXTENSION_NAME}} {
    queue_info_.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue_info_.queueCount = 1;
    queue_info_.pQueuePriorities = &priority_;
    create_info_.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    create_info_.queueCreateInfoCount = 1;
    create_info_.pQueueCreateInfos = &queue_info_;
    physical_device_ = instance_.physical_devices().at(0);
    instance_.function<PFN_vkCreateDevice>("vkCreateDevice")(physical_device_, &create_info_, nullptr, &device_);
    instance_.function<PFN_vkGetDeviceQueue>("vkGetDeviceQueue")(device_, 0, 0, &queue_);
  }

  ~AdoptionStage() override {
    let_go();
    instance_.function<PFN_vkDestroyDevice>("vkDestroyDevice")(device_, nullptr);
  }

  void adopt() {
    AdoptedQueue const queues[] = {{.handle = queue_}};
    device = Device::adopt({.instance = instance_.handle(),
                            .physical_device = physical_device_,
                            .device = device_,
                            .get_instance_proc_addr = simulated::get_instance_proc_addr,
                            .api_version = VK_API_VERSION_1_3,
                            .create_info = &create_info_,
                            .queues = queues,
                            .debug_utils = true,
                            .message_callback = instance_info().message_callback});
  }

  void use() {
    AllocationCreateInfo const upload{.usage = MemoryUsage::Upload};
    if (!is_served(bytes, upload)) {
      return;
    }
    StandardMemoryAllocator const allocator{device};
    allocating(bytes, upload, [&] {
      auto const buffer = Buffer::from_iter(allocator, {.usage = BufferUsage::StorageBuffer}, upload,
                                            std::vector<std::uint32_t>(bytes / 4, 7));
      buffer_ = buffer.as_bytes();
    });
  }

  void wait() { device.queue(0).wait_idle(); }

  void let_go_of_the_buffer() {
    quietly([&] { buffer_ = {}; });
  }

  void drain() { require(device.drain().empty(), "something of ashlar's lives on the adopted device"); }

  void let_go() {
    quietly([&] {
      buffer_ = {};
      device = {};
    });
  }

 private:
  static constexpr std::uint64_t bytes = 256;

  RawInstance instance_;
  float priority_ = 1;
  VkDeviceQueueCreateInfo queue_info_{};
  VkDeviceCreateInfo create_info_{};
  VkPhysicalDevice physical_device_ = nullptr;
  VkDevice device_ = nullptr;
  VkQueue queue_ = nullptr;
  Subbuffer<std::byte[]> buffer_;
};

}  // namespace

Chapter adoption_chapter() {
  using S = AdoptionStage;
  return chapter<S>("adoption", {
                                    step("adopt a device", &S::adopt),
                                    step("a buffer on it", &S::use),
                                    step("wait for its queue", &S::wait),
                                    step("let go of the buffer", &S::let_go_of_the_buffer),
                                    step("drain it", &S::drain),
                                    step("let go of it", &S::let_go),
                                });
}

}  // namespace ashlar::test
