#include <ashlar/device/device.hpp>
#include <ashlar/error.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/fake_vulkan.hpp"

namespace {

using ashlar::Device;
using ashlar::DeviceFeatures;
using ashlar::QueueCreateInfo;
using ashlar::QueueFlag;
using ashlar::ValidationError;
using ashlar::test::ChainTypes;
using ashlar::test::FakeDevice;
using ashlar::test::FakeVulkan;
using Catch::Matchers::Contains;

constexpr VkQueueFlags general = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT;
constexpr VkQueueFlags sparse = VK_QUEUE_SPARSE_BINDING_BIT;
constexpr VkQueueFlags video_decode = 0x20;

constexpr DeviceFeatures core_1_3{
    .buffer_device_address = true, .timeline_semaphore = true, .synchronization2 = true, .maintenance4 = true};

/// A device of the fake's only physical device.
Device create(FakeVulkan& fake, FakeDevice const& physical_device, ashlar::DeviceCreateInfo info = {}) {
  fake.devices = {physical_device};
  info.physical_device =
      ashlar::Instance::create({.get_instance_proc_addr = FakeVulkan::get_instance_proc_addr}).physical_devices()[0];
  return Device::create(info);
}

/// A struct of Vulkan with its type, and what follows it.
template <class Struct>
Struct chained(VkStructureType type, void* next = nullptr) {
  Struct result{};
  result.sType = type;
  result.pNext = next;
  return result;
}

VkPhysicalDeviceVulkan12Features vulkan12_features(void* next = nullptr) {
  return chained<VkPhysicalDeviceVulkan12Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES, next);
}

VkPhysicalDeviceVulkan13Features vulkan13_features(void* next = nullptr) {
  return chained<VkPhysicalDeviceVulkan13Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES, next);
}

bool stands_twice(ChainTypes types) {
  std::sort(types.begin(), types.end());
  return std::adjacent_find(types.begin(), types.end()) != types.end();
}

bool has(ChainTypes const& types, VkStructureType type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

/// Families and counts of the queues that were created.
std::vector<std::pair<std::uint32_t, std::uint32_t>> created_queues(FakeVulkan const& fake) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> result;
  for (VkDeviceQueueCreateInfo const& queue : fake.created.queues) {
    result.emplace_back(queue.queueFamilyIndex, queue.queueCount);
  }
  return result;
}

using Queues = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

}  // namespace

TEST_CASE("a device lives as long as its last copy or queue, and its instance as long as it", "[device]") {
  FakeVulkan fake;
  Device device = create(fake, {});
  ashlar::Queue queue = device.queue(0);
  CHECK(device.handle() == fake.device_handle());
  Device copy = device;
  CHECK(copy == device);
  device = {};
  copy = {};
  CHECK_FALSE(device);
  CHECK(fake.live_devices == 1);
  CHECK(fake.live_instances == 1);
  queue = {};
  CHECK(fake.live_devices == 0);
  CHECK(fake.live_instances == 0);
}

TEST_CASE("what the device has and ashlar profits from is enabled", "[device][features]") {
  FakeVulkan fake;
  SECTION("in the core of 1.3, without extensions") {
    Device const device = create(fake, {.features = core_1_3});
    CHECK(fake.created.enabled == core_1_3);
    CHECK(device.features() == core_1_3);
    CHECK(fake.created.extensions.empty());
  }
  SECTION("only what is there") {
    DeviceFeatures const some{.timeline_semaphore = true, .maintenance4 = true};
    Device const device = create(fake, {.features = some});
    CHECK(fake.created.enabled == some);
    CHECK(device.features() == some);
    CHECK(fake.created.chain.size() == 2);
  }
  SECTION("memory budget and priority by their extensions") {
    Device const device =
        create(fake, {.features = {.memory_priority = true},
                      .extensions = {VK_EXT_MEMORY_BUDGET_EXTENSION_NAME, VK_EXT_MEMORY_PRIORITY_EXTENSION_NAME}});
    CHECK(device.features() == DeviceFeatures{.memory_budget = true, .memory_priority = true});
    CHECK(fake.created.enabled == DeviceFeatures{.memory_priority = true});
    CHECK(device.extension_enabled(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME));
    CHECK(device.extension_enabled(VK_EXT_MEMORY_PRIORITY_EXTENSION_NAME));
  }
  SECTION("by extensions where the core is older") {
    Device const device = create(
        fake, {.api_version = VK_API_VERSION_1_2,
               .features = core_1_3,
               .extensions = {VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME, VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME}});
    CHECK(device.features() ==
          DeviceFeatures{.buffer_device_address = true, .timeline_semaphore = true, .synchronization2 = true});
    CHECK(fake.created.enabled == device.features());
    CHECK(fake.created.extensions == std::vector<std::string>{VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME});
  }
}

TEST_CASE("a portability driver's subset extension is enabled, as it must be", "[device]") {
  FakeVulkan fake;
  Device const device = create(fake, {.extensions = {"VK_KHR_portability_subset"}});
  CHECK(device.extension_enabled("VK_KHR_portability_subset"));
}

TEST_CASE("a struct that the user chained is used and not chained twice", "[device][features]") {
  FakeVulkan fake;
  FakeDevice const physical_device{.features = core_1_3};

  SECTION("Vulkan12Features governs device addresses and timelines") {
    auto features = vulkan12_features();
    features.scalarBlockLayout = VK_TRUE;
    Device const device = create(fake, physical_device, {.features = &features});
    CHECK(device.features() == core_1_3);
    CHECK(features.bufferDeviceAddress == VK_TRUE);
    CHECK(features.timelineSemaphore == VK_TRUE);
    CHECK(features.scalarBlockLayout == VK_TRUE);
    CHECK(features.bufferDeviceAddressCaptureReplay == VK_FALSE);
    CHECK_FALSE(has(fake.created.chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES));
    CHECK_FALSE(has(fake.created.chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES));
    CHECK(fake.created.chain.size() == 3);
  }
  SECTION("Vulkan13Features governs synchronization2 and maintenance4") {
    auto features = vulkan13_features();
    Device const device = create(fake, physical_device, {.features = &features});
    CHECK(device.features() == core_1_3);
    CHECK(features.synchronization2 == VK_TRUE);
    CHECK(features.maintenance4 == VK_TRUE);
    CHECK_FALSE(has(fake.created.chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES));
    CHECK_FALSE(has(fake.created.chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES));
    CHECK(fake.created.chain.size() == 3);
  }
  SECTION("single structs govern their own feature") {
    auto maintenance4 =
        chained<VkPhysicalDeviceMaintenance4Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES);
    auto synchronization2 = chained<VkPhysicalDeviceSynchronization2Features>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES, &maintenance4);
    auto timeline = chained<VkPhysicalDeviceTimelineSemaphoreFeatures>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES, &synchronization2);
    auto address = chained<VkPhysicalDeviceBufferDeviceAddressFeatures>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES, &timeline);
    Device const device = create(fake, physical_device, {.features = &address});
    CHECK(device.features() == core_1_3);
    CHECK(fake.created.chain.size() == 4);
    CHECK(address.bufferDeviceAddress == VK_TRUE);
    CHECK(maintenance4.maintenance4 == VK_TRUE);
  }
  SECTION("VkPhysicalDeviceFeatures2 stands for pEnabledFeatures") {
    auto vulkan13 = vulkan13_features();
    auto vulkan12 = vulkan12_features(&vulkan13);
    auto features = chained<VkPhysicalDeviceFeatures2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &vulkan12);
    Device const device = create(fake, physical_device, {.features = &features});
    CHECK(device.features() == core_1_3);
    CHECK(fake.created.enabled_features_null);
    CHECK(fake.created.chain == ChainTypes{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                           VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                                           VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES});
  }
  SECTION("structs of other features are passed on") {
    auto other =
        chained<VkPhysicalDevice16BitStorageFeatures>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES);
    Device const device = create(fake, physical_device, {.features = &other});
    CHECK(device.features() == core_1_3);
    CHECK(has(fake.created.chain, other.sType));
  }
  CHECK_FALSE(stands_twice(fake.created.chain));
}

TEST_CASE("a feature that the device lacks is not turned on in the user's struct", "[device][features]") {
  FakeVulkan fake;
  auto features = vulkan12_features();
  Device const device = create(fake, {.features = {.timeline_semaphore = true}}, {.features = &features});
  CHECK(features.bufferDeviceAddress == VK_FALSE);
  CHECK(features.timelineSemaphore == VK_TRUE);
  CHECK_FALSE(device.features().buffer_device_address);
}

TEST_CASE("VK_EXT_buffer_device_address excludes ours", "[device][features]") {
  FakeVulkan fake;
  FakeDevice const physical_device{.features = core_1_3, .extensions = {VK_EXT_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME}};
  SECTION("when its struct is chained") {
    auto features = chained<VkPhysicalDeviceBufferDeviceAddressFeaturesEXT>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES_EXT);
    features.bufferDeviceAddress = VK_TRUE;
    CHECK_FALSE(create(fake, physical_device, {.features = &features}).features().buffer_device_address);
  }
  SECTION("when it is enabled") {
    CHECK_FALSE(create(fake, physical_device, {.extensions = {VK_EXT_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME}})
                    .features()
                    .buffer_device_address);
  }
  CHECK_FALSE(fake.created.enabled.buffer_device_address);
  CHECK(fake.created.enabled.timeline_semaphore);
}

TEST_CASE("after a failure the user's chain is as it was, and nothing is leaked", "[device][features]") {
  FakeVulkan fake;
  auto vulkan13 = vulkan13_features();
  vulkan13.maintenance4 = VK_TRUE;
  auto features = vulkan12_features(&vulkan13);
  SECTION("of vkCreateDevice") { fake.create_device_result = VK_ERROR_OUT_OF_HOST_MEMORY; }
  SECTION("of a function that is missing") { fake.missing_function = "vkMapMemory"; }
  try {
    (void)create(fake, {.features = core_1_3}, {.features = &features});
    FAIL("a device was created");
  } catch (ashlar::VulkanError const& error) {
    CHECK(error.function() == (fake.missing_function.empty() ? std::string{"vkCreateDevice"} : fake.missing_function));
  }
  CHECK(features.bufferDeviceAddress == VK_FALSE);
  CHECK(features.timelineSemaphore == VK_FALSE);
  CHECK(features.pNext == &vulkan13);
  CHECK(vulkan13.synchronization2 == VK_FALSE);
  CHECK(vulkan13.maintenance4 == VK_TRUE);
  CHECK(vulkan13.pNext == nullptr);
  CHECK(fake.live_devices == 0);
  CHECK(fake.live_instances == 0);
}

TEST_CASE("the user's device extensions are enabled, each once", "[device]") {
  FakeVulkan fake;
  FakeDevice const physical_device{
      .extensions = {VK_KHR_SWAPCHAIN_EXTENSION_NAME, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME}};
  Device const device = create(fake, physical_device,
                               {.extensions = {VK_KHR_SWAPCHAIN_EXTENSION_NAME, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME,
                                               VK_KHR_SWAPCHAIN_EXTENSION_NAME}});
  std::vector<std::string> enabled = fake.created.extensions;
  std::sort(enabled.begin(), enabled.end());
  CHECK(enabled == std::vector<std::string>{VK_EXT_MEMORY_BUDGET_EXTENSION_NAME, VK_KHR_SWAPCHAIN_EXTENSION_NAME});
  CHECK(device.extension_enabled(VK_KHR_SWAPCHAIN_EXTENSION_NAME));
}

TEST_CASE("an unknown device extension is refused by name", "[device]") {
  FakeVulkan fake;
  CHECK_THROWS_AS(create(fake, {}, {.extensions = {"VK_EXT_nothing"}}), ashlar::NotFoundError);
  CHECK_THROWS_WITH(create(fake, {.name = "Brick"}, {.extensions = {"VK_EXT_nothing"}}),
                    Contains("VK_EXT_nothing") && Contains("Brick"));
}

TEST_CASE("a physical device of Vulkan 1.0 is refused", "[device]") {
  FakeVulkan fake;
  CHECK_THROWS_AS(create(fake, {.api_version = VK_API_VERSION_1_0}), ashlar::NotFoundError);
}

TEST_CASE("by default there is a general queue and one of each special family", "[device][queues]") {
  FakeVulkan fake;
  SECTION("one family does everything") {
    (void)create(fake, {.queue_families = {general}});
    CHECK(created_queues(fake) == Queues{{0, 1}});
  }
  SECTION("as a discrete GPU has them") {
    (void)create(fake, {.queue_families = {general | sparse, VK_QUEUE_TRANSFER_BIT | sparse,
                                           VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT | sparse,
                                           VK_QUEUE_TRANSFER_BIT | sparse | video_decode}});
    CHECK(created_queues(fake) == Queues{{0, 1}, {2, 1}, {1, 1}});
  }
  SECTION("the general family need not be the first") {
    (void)create(fake, {.queue_families = {VK_QUEUE_TRANSFER_BIT, VK_QUEUE_GRAPHICS_BIT, general}});
    CHECK(created_queues(fake) == Queues{{2, 1}, {0, 1}});
  }
  SECTION("without graphics the compute family is the general one") {
    (void)create(fake, {.queue_families = {VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT}});
    CHECK(created_queues(fake) == Queues{{0, 1}});
  }
  SECTION("a device without a usable queue is no problem") {
    Device const device = create(fake, {.queue_families = {video_decode}});
    CHECK(created_queues(fake) == Queues{{0, 1}});
    CHECK_THROWS_AS(device.queue(QueueFlag::Transfer), ValidationError);
  }
}

TEST_CASE("the user's queues are created", "[device][queues]") {
  FakeVulkan fake;
  Device const device = create(fake, {.queue_families = {general, VK_QUEUE_TRANSFER_BIT}},
                               {.queues = {{.family = 1, .count = 3}, {.family = 0, .priority = 0.5F}}});
  CHECK(created_queues(fake) == Queues{{1, 3}, {0, 1}});
  REQUIRE(device.queue_count() == 4);
  CHECK(device.queue(2).family() == 1);
  CHECK(device.queue(2).index() == 2);
  CHECK(device.queue(2).handle() == FakeVulkan::queue_handle(1, 2));
  CHECK(device.queue(3).handle() == FakeVulkan::queue_handle(0, 0));
  CHECK(device.queue(3).flags() == (QueueFlag::Graphics | QueueFlag::Compute | QueueFlag::Transfer));
  CHECK(device.queue_families().size() == 2);
  CHECK(device.queue_families()[0] == 1);
  CHECK(device.queue(1) == device.queue(1));
  CHECK_FALSE(device.queue(1) == device.queue(2));
}

TEST_CASE("queues that the device does not have are refused", "[device][queues]") {
  FakeVulkan fake;
  auto const vuid_of = [&](std::vector<QueueCreateInfo> const& queues) -> std::string {
    try {
      (void)create(fake, {.queue_families = {general, general}, .queues_per_family = 2}, {.queues = queues});
    } catch (ValidationError const& error) {
      CHECK(error.context() == std::string{"Device::create"});
      return error.vuid();
    }
    return "accepted";
  };
  CHECK(vuid_of({{.family = 2}}) == "VUID-VkDeviceQueueCreateInfo-queueFamilyIndex-00381");
  CHECK(vuid_of({{.count = 3}}) == "VUID-VkDeviceQueueCreateInfo-queueCount-00382");
  CHECK(vuid_of({{.count = 0}}) == "VUID-VkDeviceQueueCreateInfo-queueCount-00382");
  CHECK(vuid_of({{.priority = 1.5F}}) == "VUID-VkDeviceQueueCreateInfo-pQueuePriorities-00383");
  CHECK(vuid_of({{.priority = std::numeric_limits<float>::quiet_NaN()}}) ==
        "VUID-VkDeviceQueueCreateInfo-pQueuePriorities-00383");
  CHECK(vuid_of({{.family = 1}, {.family = 1}}) == "VUID-VkDeviceCreateInfo-queueFamilyIndex-02802");
  CHECK(vuid_of({{.family = 1, .count = 2}}) == "accepted");
}

TEST_CASE("the queue that can do what is asked and least else", "[device][queues]") {
  FakeVulkan fake;
  Device const device =
      create(fake, {.queue_families = {general | sparse, VK_QUEUE_COMPUTE_BIT, VK_QUEUE_TRANSFER_BIT}},
             {.queues = {{.family = 0, .count = 2}, {.family = 1, .count = 2}, {.family = 2}}});
  CHECK(device.queue(QueueFlag::Graphics) == device.queue(0));  // Of equals the first.
  CHECK(device.queue(QueueFlag::Compute) == device.queue(2));
  CHECK(device.queue(QueueFlag::Compute | QueueFlag::Graphics) == device.queue(0));
  CHECK(device.queue(QueueFlag::Transfer) == device.queue(4));
  CHECK(device.queue(QueueFlag::SparseBinding) == device.queue(0));
  CHECK_THROWS_AS(device.queue(QueueFlag::Protected), ValidationError);
  CHECK_THROWS_WITH(device.queue(QueueFlag::Protected | QueueFlag::Compute),
                    Contains("Compute | Protected") && Contains("Compute | Transfer;"));
}

TEST_CASE("allocation callbacks reach vkCreateDevice", "[device]") {
  FakeVulkan fake;
  VkAllocationCallbacks const callbacks{};
  SECTION("from the device's create info") { (void)create(fake, {}, {.allocation_callbacks = &callbacks}); }
  SECTION("from the instance's, for the default device") {
    fake.devices = {{}};
    (void)Device::create_default({.device = "0",
                                  .instance = {.allocation_callbacks = &callbacks,
                                               .get_instance_proc_addr = FakeVulkan::get_instance_proc_addr}});
  }
  CHECK(fake.created.allocation_callbacks == &callbacks);
}

TEST_CASE("names reach Vulkan where debug utils are on", "[device]") {
  FakeVulkan fake;
  SECTION("on") {
    fake.instance_extensions = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
    Device const device = create(fake, {}, {.name = "first"});
    device.set_name(VK_OBJECT_TYPE_QUEUE, 1, "second");
    CHECK(fake.names == std::vector<std::string>{"ashlar queue 0 of family 0", "first", "second"});
  }
  SECTION("off") {
    create(fake, {}, {.name = "first"}).set_name(VK_OBJECT_TYPE_QUEUE, 1, "second");
    CHECK(fake.names.empty());
  }
}

TEST_CASE("waiting for the device reports what Vulkan says", "[device]") {
  FakeVulkan fake;
  Device const device = create(fake, {});
  CHECK_NOTHROW(device.wait_idle());
  fake.wait_result = VK_ERROR_DEVICE_LOST;
  CHECK_THROWS_AS(device.wait_idle(), ashlar::VulkanError);
  CHECK_THROWS_AS(device.drain(), ashlar::VulkanError);
  CHECK_THROWS_AS(device.queue(0).wait_idle(), ashlar::VulkanError);
}
