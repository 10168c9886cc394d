#include <ashlar/device/device.hpp>
#include <ashlar/error.hpp>

#include <string>
#include <vector>

#include "access.hpp"
#include "device/device_state.hpp"
#include "support/catch.hpp"
#include "support/fake_vulkan.hpp"

namespace {

using ashlar::AdoptedQueue;
using ashlar::Device;
using ashlar::DeviceAdoptInfo;
using ashlar::DeviceFeatures;
using ashlar::ValidationError;
using ashlar::test::FakeVulkan;
using Catch::Matchers::Contains;

/// A device that the test owns, and how it was made.
struct Foreign {
  FakeVulkan fake;
  float priority = 1.0F;
  VkDeviceQueueCreateInfo queue_infos[2]{};
  VkDeviceCreateInfo create_info{};

  Foreign() {
    fake.devices = {{.queue_families = {VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT, VK_QUEUE_TRANSFER_BIT,
                                        VK_QUEUE_COMPUTE_BIT}}};
    for (std::uint32_t i = 0; i < 2; ++i) {
      queue_infos[i].sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
      queue_infos[i].queueFamilyIndex = i;
      queue_infos[i].queueCount = 1;
      queue_infos[i].pQueuePriorities = &priority;
    }
    create_info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    create_info.queueCreateInfoCount = 2;
    create_info.pQueueCreateInfos = queue_infos;
  }

  DeviceAdoptInfo info() {
    return {.instance = fake.instance_handle(),
            .physical_device = fake.physical_device_handle(0),
            .device = fake.device_handle(),
            .get_instance_proc_addr = FakeVulkan::get_instance_proc_addr,
            .api_version = VK_API_VERSION_1_3,
            .create_info = &create_info};
  }
};

std::string problem_of(DeviceAdoptInfo const& info) {
  try {
    (void)Device::adopt(info);
  } catch (ValidationError const& error) {
    CHECK(error.context() == std::string{"Device::adopt"});
    return error.problem();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("an adopted device is used and not destroyed", "[adopt]") {
  Foreign foreign;
  foreign.fake.live_instances = 1;
  foreign.fake.live_devices = 1;
  {
    Device const device = Device::adopt(foreign.info());
    CHECK(device.handle() == foreign.fake.device_handle());
    CHECK(device.physical_device().handle() == foreign.fake.physical_device_handle(0));
    CHECK(device.physical_device().instance().handle() == foreign.fake.instance_handle());
    CHECK(device.physical_device().instance().physical_devices().size() == 1);
    CHECK(device.drain().empty());
  }
  CHECK(foreign.fake.live_instances == 1);
  CHECK(foreign.fake.live_devices == 1);
}

TEST_CASE("what is not declared is off", "[adopt]") {
  Foreign foreign;
  foreign.fake.devices[0].features = {.buffer_device_address = true, .timeline_semaphore = true};
  foreign.fake.devices[0].extensions = {VK_EXT_MEMORY_BUDGET_EXTENSION_NAME};
  Device const device = Device::adopt(foreign.info());
  CHECK(device.features() == DeviceFeatures{});
  CHECK_FALSE(device.extension_enabled(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME));
  CHECK(device.queue_count() == 0);
  CHECK_FALSE(device.physical_device().instance().debug_utils());
  device.set_name(VK_OBJECT_TYPE_QUEUE, 1, "name");
  CHECK(foreign.fake.names.empty());
}

TEST_CASE("features are taken from the create info", "[adopt]") {
  Foreign foreign;
  DeviceAdoptInfo info = foreign.info();
  VkPhysicalDeviceVulkan13Features vulkan13{};
  vulkan13.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES;
  vulkan13.synchronization2 = VK_TRUE;
  VkPhysicalDeviceVulkan12Features vulkan12{};
  vulkan12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  vulkan12.pNext = &vulkan13;
  vulkan12.bufferDeviceAddress = VK_TRUE;
  VkPhysicalDeviceTimelineSemaphoreFeatures timeline{};
  timeline.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES;
  timeline.timelineSemaphore = VK_TRUE;

  SECTION("from the structs of the versions") {
    foreign.create_info.pNext = &vulkan12;
    CHECK(Device::adopt(info).features() == DeviceFeatures{.buffer_device_address = true, .synchronization2 = true});
  }
  SECTION("from single structs") {
    foreign.create_info.pNext = &timeline;
    CHECK(Device::adopt(info).features() == DeviceFeatures{.timeline_semaphore = true});
  }
  SECTION("not from a struct that the version does not know") {
    foreign.create_info.pNext = &vulkan12;
    info.api_version = VK_API_VERSION_1_1;
    CHECK(Device::adopt(info).features() == DeviceFeatures{});
  }
  SECTION("not without the extension where the version needs it") {
    foreign.create_info.pNext = &timeline;
    info.api_version = VK_API_VERSION_1_1;
    CHECK(Device::adopt(info).features() == DeviceFeatures{});
    char const* const extension = VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME;
    foreign.create_info.enabledExtensionCount = 1;
    foreign.create_info.ppEnabledExtensionNames = &extension;
    CHECK(Device::adopt(info).features() == DeviceFeatures{.timeline_semaphore = true});
  }
}

TEST_CASE("extensions and families are taken from the create info", "[adopt]") {
  Foreign foreign;
  char const* const extensions[] = {VK_EXT_MEMORY_BUDGET_EXTENSION_NAME, VK_KHR_SWAPCHAIN_EXTENSION_NAME};
  foreign.create_info.enabledExtensionCount = 2;
  foreign.create_info.ppEnabledExtensionNames = extensions;
  foreign.queue_infos[0].queueFamilyIndex = 2;
  Device const device = Device::adopt(foreign.info());
  CHECK(device.features() == DeviceFeatures{.memory_budget = true});
  CHECK(device.extension_enabled(VK_KHR_SWAPCHAIN_EXTENSION_NAME));
  CHECK(std::vector<std::uint32_t>(device.queue_families().begin(), device.queue_families().end()) ==
        std::vector<std::uint32_t>{2, 1});
}

TEST_CASE("an adopted device's version is the lesser of the instance's and the device's", "[adopt]") {
  Foreign foreign;
  DeviceAdoptInfo info = foreign.info();
  info.api_version = VK_MAKE_API_VERSION(0, 1, 4, 0);
  foreign.fake.devices[0].api_version = VK_MAKE_API_VERSION(0, 1, 2, 50);
  CHECK(Device::adopt(info).api_version() == VK_MAKE_API_VERSION(0, 1, 2, 50));
}

TEST_CASE("allocations that exist already are counted, but are not ashlar's", "[adopt]") {
  Foreign foreign;
  DeviceAdoptInfo info = foreign.info();
  info.memory_allocation_count = 17;
  Device const device = Device::adopt(info);
  CHECK(ashlar::detail::Access::state(device).memory_allocation_count == 17);
  CHECK(device.drain().memory_allocations == 0);
}

TEST_CASE("an adopted queue has its family's flags", "[adopt]") {
  Foreign foreign;
  DeviceAdoptInfo info = foreign.info();
  AdoptedQueue const queues[] = {{.handle = FakeVulkan::queue_handle(1, 0), .family = 1, .index = 0}};
  info.queues = queues;
  Device const device = Device::adopt(info);
  REQUIRE(device.queue_count() == 1);
  CHECK(device.queue(0).handle() == FakeVulkan::queue_handle(1, 0));
  CHECK(device.queue(0).flags() == ashlar::QueueFlag::Transfer);
}

TEST_CASE("names are given where debug utils are declared", "[adopt]") {
  Foreign foreign;
  DeviceAdoptInfo info = foreign.info();
  info.debug_utils = true;
  Device::adopt(info).set_name(VK_OBJECT_TYPE_QUEUE, 1, "name");
  CHECK(foreign.fake.names == std::vector<std::string>{"name"});
}

TEST_CASE("what cannot be adopted is refused", "[adopt]") {
  Foreign foreign;
  DeviceAdoptInfo info = foreign.info();
  CHECK(problem_of(info) == "accepted");
  SECTION("without an instance") {
    info.instance = nullptr;
    CHECK_THAT(problem_of(info), Contains("instance is null"));
  }
  SECTION("without a physical device") {
    info.physical_device = nullptr;
    CHECK_THAT(problem_of(info), Contains("physical device is null"));
  }
  SECTION("without a device") {
    info.device = nullptr;
    CHECK_THAT(problem_of(info), Contains("device is null"));
  }
  SECTION("without its create info") {
    info.create_info = nullptr;
    CHECK_THAT(problem_of(info), Contains("create_info is null"));
  }
  SECTION("with an instance of Vulkan 1.0") {
    info.api_version = VK_API_VERSION_1_0;
    CHECK_THAT(problem_of(info), Contains("api_version"));
  }
  SECTION("with a device of Vulkan 1.0") {
    foreign.fake.devices[0].api_version = VK_API_VERSION_1_0;
    CHECK_THAT(problem_of(info), Contains("less than Vulkan 1.1"));
  }
}

TEST_CASE("queues that cannot be adopted are refused", "[adopt]") {
  Foreign foreign;
  DeviceAdoptInfo info = foreign.info();
  AdoptedQueue queues[] = {{.handle = FakeVulkan::queue_handle(0, 0)},
                           {.handle = FakeVulkan::queue_handle(1, 0), .family = 1}};
  info.queues = queues;
  CHECK(problem_of(info) == "accepted");
  SECTION("null") {
    queues[1].handle = nullptr;
    CHECK_THAT(problem_of(info), Contains("handle is null"));
  }
  SECTION("of a family that was not created") {
    queues[1].family = 2;
    CHECK_THAT(problem_of(info), Contains("create_info does not name"));
  }
  SECTION("of a family that does not exist") {
    queues[1].family = 3;
    foreign.queue_infos[1].queueFamilyIndex = 3;
    CHECK_THAT(problem_of(info), Contains("create_info does not name"));
  }
  SECTION("with half a lock") {
    queues[1].lock.lock = [](void* /*user_data*/) {};
    CHECK_THAT(problem_of(info), Contains("only one of its two functions"));
  }
  SECTION("twice") {
    queues[1] = queues[0];
    CHECK_THAT(problem_of(info), Contains("twice"));
  }
}

TEST_CASE("adopting names a function that is missing", "[adopt]") {
  Foreign foreign;
  foreign.fake.missing_function = "vkMapMemory";
  try {
    (void)Device::adopt(foreign.info());
    FAIL("adopted");
  } catch (ashlar::VulkanError const& error) {
    CHECK(error.function() == std::string{"vkMapMemory"});
  }
}

TEST_CASE("the device address function of an extension is found by the extension's name", "[adopt]") {
  Foreign foreign;
  DeviceAdoptInfo info = foreign.info();
  info.api_version = VK_API_VERSION_1_1;
  foreign.fake.missing_function = "vkGetBufferDeviceAddress";
  VkPhysicalDeviceBufferDeviceAddressFeatures address{};
  address.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES;
  address.bufferDeviceAddress = VK_TRUE;
  char const* const extension = VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME;
  foreign.create_info.pNext = &address;
  foreign.create_info.enabledExtensionCount = 1;
  foreign.create_info.ppEnabledExtensionNames = &extension;
  Device const device = Device::adopt(info);
  CHECK(ashlar::detail::Access::state(device).vk.vkGetBufferDeviceAddress != nullptr);
  info.api_version = VK_API_VERSION_1_2;
  CHECK_THROWS_AS(Device::adopt(info), ashlar::VulkanError);
}

TEST_CASE("drain names what still lives", "[adopt][drain]") {
  Foreign foreign;
  DeviceAdoptInfo info = foreign.info();
  std::vector<std::string> messages;
  info.message_callback = [](ashlar::Message const& message, void* user_data) {
    static_cast<std::vector<std::string>*>(user_data)->emplace_back(message.text);
  };
  info.message_user_data = &messages;
  Device const device = Device::adopt(info);
  auto& state = ashlar::detail::Access::state(device);
  state.buffer_count.add();
  state.buffer_count.add();
  state.own_memory_allocation_count = 1;
  state.heap_use[0] = 1024;
  state.heap_use[3] = 512;

  ashlar::LiveObjects const live = device.drain();
  CHECK(live.buffers == 2);
  CHECK(live.memory_allocations == 1);
  CHECK(live.memory_bytes == 1536);
  CHECK_FALSE(live.empty());
  CHECK(messages.empty());  // Nothing has a name.

  device.set_name(VK_OBJECT_TYPE_BUFFER, 7, "vertices");
  device.set_name(VK_OBJECT_TYPE_BUFFER, 8, "old");
  device.set_name(VK_OBJECT_TYPE_BUFFER, 8, "indices");
  device.set_name(VK_OBJECT_TYPE_DEVICE_MEMORY, 8, "block");  // Handles of different types may be equal.
  device.set_name(VK_OBJECT_TYPE_QUEUE, 10, "queue");
  (void)device.drain();
  REQUIRE(messages.size() == 1);
  CHECK_THAT(messages[0], Contains("buffers: 2, memory allocations: 1 of 1536 bytes (1.5 KiB)") &&
                              Contains("\"vertices\"") && Contains("\"indices\"") && Contains("\"block\"") &&
                              !Contains("old") && !Contains("queue"));

  messages.clear();
  state.buffer_names.forget(7);
  device.set_name(VK_OBJECT_TYPE_BUFFER, 8, "");
  state.memory_names.forget(8);
  (void)device.drain();
  CHECK(messages.empty());
}
