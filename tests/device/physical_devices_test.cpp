#include <ashlar/device/instance.hpp>
#include <ashlar/device/physical_device.hpp>

#include <cstdint>
#include <limits>
#include <string>

#include "support/catch.hpp"
#include "support/fake_vulkan.hpp"

namespace {

using ashlar::DeviceFeatures;
using ashlar::PhysicalDevice;
using ashlar::QueueFlag;
using ashlar::test::ChainTypes;
using ashlar::test::FakeDevice;
using ashlar::test::FakeVulkan;

constexpr DeviceFeatures every_feature{.buffer_device_address = true,
                                       .timeline_semaphore = true,
                                       .synchronization2 = true,
                                       .maintenance4 = true,
                                       .memory_budget = true,
                                       .memory_priority = true};

/// The only device of a fake loader. It keeps its instance alive.
PhysicalDevice only_device(FakeVulkan& fake, FakeDevice const& device) {
  fake.devices = {device};
  return ashlar::Instance::create({.get_instance_proc_addr = FakeVulkan::get_instance_proc_addr}).physical_devices()[0];
}

}  // namespace

TEST_CASE("a physical device keeps its instance alive and leads back to it", "[physical_device]") {
  FakeVulkan fake;
  {
    PhysicalDevice const device = only_device(fake, {});
    CHECK(fake.live_instances == 1);
    CHECK(device.handle() == fake.physical_device_handle(0));
    CHECK(device.instance().handle() == fake.instance_handle());
    CHECK(device == device.instance().physical_devices()[0]);
  }
  CHECK(fake.live_instances == 0);
}

TEST_CASE("physical devices are iterated in the driver's order", "[physical_device]") {
  FakeVulkan fake;
  fake.devices = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
  auto const instance = ashlar::Instance::create({.get_instance_proc_addr = FakeVulkan::get_instance_proc_addr});
  std::string names;
  for (PhysicalDevice const& device : instance.physical_devices()) {
    names += device.name();
  }
  CHECK(names == "abc");
}

TEST_CASE("the properties are the driver's", "[physical_device]") {
  FakeVulkan fake;
  PhysicalDevice const device =
      only_device(fake, {.name = "Brick", .type = VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU, .max_buffer_size = 12345});
  CHECK(device.name() == std::string{"Brick"});
  CHECK(device.properties().deviceName == std::string{"Brick"});
  CHECK(device.type() == ashlar::DeviceType::IntegratedGpu);
  CHECK(device.memory().device_type == ashlar::DeviceType::IntegratedGpu);
  CHECK(device.memory().heap_count == 1);
  CHECK(device.memory().heaps[0].size == std::uint64_t{8} << 30);
  CHECK(device.memory().heaps[0].flags == ashlar::MemoryHeapFlag::DeviceLocal);
  CHECK(device.memory().type_count == 2);
  CHECK(device.memory().types[1].properties ==
        (ashlar::MemoryProperty::DeviceLocal | ashlar::MemoryProperty::HostVisible |
         ashlar::MemoryProperty::HostCoherent));
  CHECK(device.limits().max_memory_allocation_count == 4096);
  CHECK(device.limits().max_memory_allocation_size == std::uint64_t{1} << 32);
  CHECK(device.limits().max_buffer_size == 12345);
  CHECK(device.limits().non_coherent_atom_size == 64);
}

TEST_CASE("the version is the lesser of the instance's and the device's", "[physical_device]") {
  FakeVulkan fake;
  CHECK(only_device(fake, {.api_version = VK_MAKE_API_VERSION(0, 1, 4, 7)}).api_version() == VK_API_VERSION_1_3);
  CHECK(only_device(fake, {.api_version = VK_API_VERSION_1_2}).api_version() == VK_API_VERSION_1_2);
  fake.loader_version = VK_API_VERSION_1_1;
  CHECK(only_device(fake, {.api_version = VK_API_VERSION_1_3}).api_version() == VK_API_VERSION_1_1);
}

TEST_CASE("a device of Vulkan 1.0 is listed but not asked what 1.0 does not know", "[physical_device]") {
  FakeVulkan fake;
  PhysicalDevice const device = only_device(fake, {.name = "Old", .api_version = VK_API_VERSION_1_0});
  CHECK(device.name() == std::string{"Old"});
  CHECK(device.api_version() == VK_API_VERSION_1_0);
  CHECK(fake.features_chain.empty());
  CHECK(fake.properties_chain.empty());
}

TEST_CASE("only structs that the version or an extension knows are chained to the queries", "[physical_device]") {
  FakeVulkan fake;
  SECTION("1.1 without extensions knows none") {
    PhysicalDevice const device =
        only_device(fake, {.api_version = VK_API_VERSION_1_1, .features = every_feature, .max_buffer_size = 5});
    CHECK(fake.features_chain.empty());
    CHECK(fake.properties_chain == ChainTypes{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES});
    CHECK(device.features() == DeviceFeatures{});
    CHECK(device.limits().max_buffer_size == std::numeric_limits<std::uint64_t>::max());
  }
  SECTION("1.1 with extensions knows theirs") {
    PhysicalDevice const device = only_device(
        fake, {.api_version = VK_API_VERSION_1_1,
               .features = every_feature,
               .extensions = {VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME, VK_KHR_MAINTENANCE_4_EXTENSION_NAME},
               .max_buffer_size = 5});
    CHECK_THAT(fake.features_chain, Catch::Matchers::UnorderedEquals(
                                        ChainTypes{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
                                                   VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES}));
    CHECK(device.features() == DeviceFeatures{.timeline_semaphore = true, .maintenance4 = true});
    CHECK(device.limits().max_buffer_size == 5);
  }
  SECTION("1.2 has device addresses and timelines in its core") {
    PhysicalDevice const device = only_device(fake, {.api_version = VK_API_VERSION_1_2, .features = every_feature});
    CHECK(device.features() == DeviceFeatures{.buffer_device_address = true, .timeline_semaphore = true});
    CHECK(fake.features_chain.size() == 2);
  }
  SECTION("1.3 has synchronization2 and maintenance4 in its core; the memory extensions stay extensions") {
    PhysicalDevice const device =
        only_device(fake, {.features = every_feature,
                           .extensions = {VK_EXT_MEMORY_BUDGET_EXTENSION_NAME, VK_EXT_MEMORY_PRIORITY_EXTENSION_NAME}});
    CHECK(device.features() == every_feature);
    CHECK(fake.features_chain.size() == 5);
  }
}

TEST_CASE("an extension without its feature is no memory priority", "[physical_device]") {
  FakeVulkan fake;
  PhysicalDevice const device = only_device(fake, {.extensions = {VK_EXT_MEMORY_PRIORITY_EXTENSION_NAME}});
  CHECK_FALSE(device.features().memory_priority);
  CHECK(device.has_extension(VK_EXT_MEMORY_PRIORITY_EXTENSION_NAME));
  CHECK_FALSE(device.has_extension(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME));
}

TEST_CASE("queue families that draw or compute can transfer", "[physical_device]") {
  FakeVulkan fake;
  PhysicalDevice const device =
      only_device(fake, {.queue_families = {VK_QUEUE_GRAPHICS_BIT, VK_QUEUE_COMPUTE_BIT, VK_QUEUE_SPARSE_BINDING_BIT,
                                            VK_QUEUE_TRANSFER_BIT},
                         .queues_per_family = 3});
  REQUIRE(device.queue_family_count() == 4);
  CHECK(device.queue_family(0).flags == (QueueFlag::Graphics | QueueFlag::Transfer));
  CHECK(device.queue_family(1).flags == (QueueFlag::Compute | QueueFlag::Transfer));
  CHECK(device.queue_family(2).flags == QueueFlag::SparseBinding);
  CHECK(device.queue_family(3).flags == QueueFlag::Transfer);
  CHECK(device.queue_family(3).queue_count == 3);
}
