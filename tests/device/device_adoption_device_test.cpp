#include <ashlar/device/device.hpp>
#include <ashlar/error.hpp>

#include "device/vulkan.hpp"
#include "support/catch.hpp"
#include "support/vulkan_fixture.hpp"

namespace {

using ashlar::Device;
using ashlar::DeviceAdoptInfo;
using ashlar::DeviceFeatures;
using ashlar::test::VulkanTest;

/// A device that the test makes with Vulkan alone, with timeline semaphores and nothing else.
class AdoptionTest : public VulkanTest {
 public:
  AdoptionTest() {
    queue_info_.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue_info_.queueCount = 1;
    queue_info_.pQueuePriorities = &priority_;
    timeline_.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES;
    timeline_.timelineSemaphore = VK_TRUE;
    create_info_.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    create_info_.pNext = &timeline_;
    create_info_.queueCreateInfoCount = 1;
    create_info_.pQueueCreateInfos = &queue_info_;
    physical_device_ = instance().physical_devices()[0].handle();
    REQUIRE(function<PFN_vkCreateDevice>("vkCreateDevice")(physical_device_, &create_info_, nullptr, &raw_device_) ==
            VK_SUCCESS);
    function<PFN_vkGetDeviceQueue>("vkGetDeviceQueue")(raw_device_, 0, 0, &queue_);
  }

  ~AdoptionTest() {
    function<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle")(raw_device_);
    function<PFN_vkDestroyDevice>("vkDestroyDevice")(raw_device_, nullptr);
  }

 protected:
  template <class Function>
  Function function(char const* name) {
    return reinterpret_cast<Function>(instance().proc_addr(name));
  }

  DeviceAdoptInfo adopt_info() {
    return {.instance = instance().handle(),
            .physical_device = physical_device_,
            .device = raw_device_,
            .api_version = instance().api_version(),
            .create_info = &create_info_,
            .debug_utils = instance().debug_utils()};
  }

  VkDevice raw_device_ = VK_NULL_HANDLE;
  VkQueue queue_ = VK_NULL_HANDLE;

 private:
  float priority_ = 1.0F;
  VkDeviceQueueCreateInfo queue_info_{};
  VkPhysicalDeviceTimelineSemaphoreFeatures timeline_{};
  VkDeviceCreateInfo create_info_{};
  VkPhysicalDevice physical_device_ = VK_NULL_HANDLE;
};

}  // namespace

TEST_CASE_METHOD(AdoptionTest, "a foreign device is used and left to its owner", "[adopt]") {
  DeviceAdoptInfo info = adopt_info();
  ashlar::AdoptedQueue const queues[] = {{.handle = queue_}};
  info.queues = queues;
  SECTION("through the system's loader") {}
  SECTION("through the owner's loader") {
    info.get_instance_proc_addr = function<PFN_vkGetInstanceProcAddr>("vkGetInstanceProcAddr");
  }
  Device const adopted = Device::adopt(info);
  CHECK(adopted.handle() == raw_device_);
  CHECK(adopted.features() == DeviceFeatures{.timeline_semaphore = true});
  CHECK(adopted.physical_device().memory().heap_count > 0);
  adopted.set_name(VK_OBJECT_TYPE_DEVICE, reinterpret_cast<std::uintptr_t>(raw_device_), "foreign");
  CHECK_NOTHROW(adopted.queue(0).wait_idle());
  CHECK(adopted.drain().empty());
}
