#pragma once

#include <ashlar/device/device.hpp>

#include <cstdint>
#include <vector>

#include "device/vulkan.hpp"
#include "simulated_driver/icd.hpp"
#include "simulated_driver/raw_instance.hpp"

namespace ashlar::fuzzing {

/// A device that is not ashlar's.
class ForeignDevice {
 public:
  explicit ForeignDevice(simulated::Gpu const& gpu) : features_{gpu} {
    info_.pNext = gpu.api_version >= VK_API_VERSION_1_3 ? features_.chain() : nullptr;
    test::create_raw_device(instance_, gpu, device_, info_.pNext);
    physical_device_ = instance_.physical_devices().at(0);
    infos_ = test::queue_infos(gpu);
    info_.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    info_.queueCreateInfoCount = static_cast<std::uint32_t>(infos_.size());
    info_.pQueueCreateInfos = infos_.data();
  }
  ForeignDevice(ForeignDevice const&) = delete;
  ForeignDevice& operator=(ForeignDevice const&) = delete;
  ~ForeignDevice() { instance_.function<PFN_vkDestroyDevice>("vkDestroyDevice")(device_, nullptr); }

  DeviceAdoptInfo adopt_info() const {
    return {.instance = instance_.handle(),
            .physical_device = physical_device_,
            .device = device_,
            .get_instance_proc_addr = simulated::get_instance_proc_addr,
            .api_version = VK_API_VERSION_1_3,
            .create_info = &info_,
            .message_callback = [](Message const&, void*) {}};
  }

 private:
  test::RawInstance instance_;
  test::RawFeatures features_;
  std::vector<VkDeviceQueueCreateInfo> infos_;
  VkDeviceCreateInfo info_{};
  VkPhysicalDevice physical_device_ = nullptr;
  VkDevice device_ = nullptr;
};

}  // namespace ashlar::fuzzing
