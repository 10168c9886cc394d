#include <ashlar/device/device.hpp>
#include <ashlar/error.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "access.hpp"
#include "device/device_state.hpp"

#include "support/catch.hpp"
#include "support/environment_variable.hpp"
#include "support/fake_vulkan.hpp"
#include "support/vulkan_fixture.hpp"

namespace {

using ashlar::Device;
using ashlar::PhysicalDevice;
using ashlar::QueueFlag;
using ashlar::test::EnvironmentVariable;
using ashlar::test::FakeVulkan;
using ashlar::test::VulkanTest;

/// Allocations that Vulkan has taken and not given back.
std::atomic<int> live_allocations{0};
std::atomic<int> allocations{0};

/// Each allocation is preceded by its size, so that it can be moved to a larger one.
constexpr std::size_t header = 64;

void* VKAPI_CALL allocate(void* /*user_data*/, std::size_t size, std::size_t alignment,
                          VkSystemAllocationScope /*scope*/) {
  if (alignment > header) {
    return nullptr;
  }
  auto* const memory = static_cast<unsigned char*>(std::aligned_alloc(header, (size / header + 2) * header));
  std::memcpy(memory, &size, sizeof size);
  ++live_allocations;
  ++allocations;
  return memory + header;
}

void VKAPI_CALL release(void* /*user_data*/, void* memory) {
  if (memory != nullptr) {
    --live_allocations;
    std::free(static_cast<unsigned char*>(memory) - header);
  }
}

void* VKAPI_CALL reallocate(void* user_data, void* original, std::size_t size, std::size_t alignment,
                            VkSystemAllocationScope scope) {
  void* const moved = allocate(user_data, size, alignment, scope);
  if (original != nullptr && moved != nullptr) {
    std::size_t before = 0;
    std::memcpy(&before, static_cast<unsigned char*>(original) - header, sizeof before);
    std::memcpy(moved, original, before < size ? before : size);
    release(user_data, original);
  }
  return moved;
}

}  // namespace

TEST_CASE_METHOD(VulkanTest, "the default device comes up and waits", "[device]") {
  CHECK(device().api_version() >= VK_API_VERSION_1_1);
  CHECK(device().features() == device().physical_device().features());
  CHECK(device().queue_count() > 0);
  CHECK(device().queue(QueueFlag::Transfer).handle() != nullptr);
  CHECK_NOTHROW(device().wait_idle());
  CHECK_NOTHROW(device().queue(0).wait_idle());
  CHECK(device().drain().empty());
  CHECK(device().proc_addr("vkCreateBuffer") != nullptr);
  CHECK(device().proc_addr("vkNoSuchFunction") == nullptr);
  CHECK(instance().proc_addr("vkEnumeratePhysicalDevices") != nullptr);
}

TEST_CASE_METHOD(VulkanTest, "a device can be given a name", "[device]") {
  Device const named = Device::create({.physical_device = device().physical_device(), .name = "brick"});
  named.set_name(VK_OBJECT_TYPE_QUEUE, reinterpret_cast<std::uintptr_t>(named.queue(0).handle()), "queue");
  CHECK(instance().debug_utils());  // The loader always has it.
}

TEST_CASE_METHOD(VulkanTest, "a device outlives the instance and the physical device that it came from", "[device]") {
  Device own;
  {
    ashlar::Instance const other = ashlar::Instance::create(instance_info());
    own = Device::create({.physical_device = other.physical_devices()[0]});
  }
  ashlar::Queue const queue = own.queue(0);
  own = {};
  CHECK_NOTHROW(queue.wait_idle());
}

TEST_CASE_METHOD(VulkanTest, "features that the user chains are enabled beside ashlar's", "[device]") {
  PhysicalDevice const physical_device = device().physical_device();
  REQUIRE(physical_device.api_version() >= VK_API_VERSION_1_3);
  VkPhysicalDeviceVulkan13Features vulkan13{};
  vulkan13.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES;
  VkPhysicalDeviceVulkan12Features vulkan12{};
  vulkan12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  vulkan12.pNext = &vulkan13;
  VkPhysicalDeviceFeatures2 features{};
  features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  features.pNext = &vulkan12;
  Device const own = Device::create({.physical_device = physical_device, .features = &features});
  CHECK(own.features() == physical_device.features());
}

TEST_CASE_METHOD(VulkanTest, "a feature that the device lacks is Vulkan's error, and the chain is put back",
                 "[device]") {
  VkPhysicalDeviceVulkan12Features vulkan12{};
  vulkan12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  VkPhysicalDeviceFeatures2 features{};
  features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  PhysicalDevice const physical_device = device().physical_device();
  ashlar::detail::Access::state(instance()).vk.vkGetPhysicalDeviceFeatures2(physical_device.handle(), &features);
  auto* const first = &features.features.robustBufferAccess;
  auto* const missing = std::find(first, &features.features.inheritedQueries + 1, VkBool32{VK_FALSE});
  REQUIRE(missing != &features.features.inheritedQueries + 1);  // No device has every compressed texture format.
  *missing = VK_TRUE;
  features.pNext = &vulkan12;
  CHECK_THROWS_AS(Device::create({.physical_device = physical_device, .features = &features}), ashlar::VulkanError);
  CHECK(vulkan12.timelineSemaphore == VK_FALSE);
  CHECK(vulkan12.bufferDeviceAddress == VK_FALSE);
  (void)take_messages();
}

TEST_CASE_METHOD(VulkanTest, "what Vulkan allocates by callbacks it gives back", "[device]") {
  VkAllocationCallbacks callbacks{};
  callbacks.pfnAllocation = allocate;
  callbacks.pfnReallocation = reallocate;
  callbacks.pfnFree = release;
  ashlar::InstanceCreateInfo info = instance_info();
  info.allocation_callbacks = &callbacks;
  {
    Device const own = Device::create_default({.instance = info});
    own.wait_idle();
    CHECK(live_allocations > 0);
  }
  CHECK(allocations > 0);
  CHECK(live_allocations == 0);
}

TEST_CASE_METHOD(VulkanTest, "two devices of different loaders work side by side", "[device]") {
  FakeVulkan fake;
  fake.devices = {{}};
  Device const other = Device::create_default(
      {.device = "0", .instance = {.get_instance_proc_addr = FakeVulkan::get_instance_proc_addr}});
  CHECK_NOTHROW(device().wait_idle());
  fake.wait_result = VK_ERROR_DEVICE_LOST;
  CHECK_NOTHROW(device().wait_idle());
  CHECK_THROWS_AS(other.wait_idle(), ashlar::VulkanError);
  CHECK(ashlar::detail::Access::state(device()).vk.vkCreateBuffer !=
        ashlar::detail::Access::state(other).vk.vkCreateBuffer);
}

TEST_CASE("without a physical device the environment's is taken", "[device]") {
  EnvironmentVariable const variable{"ASHLAR_DEVICE", "no such device"};
  CHECK_THROWS_WITH(Device::create({}), Catch::Matchers::Contains("\"no such device\""));
}

TEST_CASE("a device comes up without validation", "[device]") {
  Device const device = Device::create_default();
  CHECK_NOTHROW(device.wait_idle());
  CHECK(device.drain().empty());
}
