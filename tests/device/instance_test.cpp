#include <ashlar/device/instance.hpp>
#include <ashlar/error.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/fake_vulkan.hpp"

namespace {

using ashlar::Instance;
using ashlar::test::ChainTypes;
using ashlar::test::FakeVulkan;
using Catch::Matchers::Contains;

Instance create(ashlar::InstanceCreateInfo info = {}) {
  info.get_instance_proc_addr = FakeVulkan::get_instance_proc_addr;
  return Instance::create(info);
}

void ignore(ashlar::Message const& /*message*/, void* /*user_data*/) {}

/// A loader whose validation layer alone offers VK_EXT_debug_utils.
void add_validation_layer(FakeVulkan& fake) {
  fake.layers = {"VK_LAYER_KHRONOS_validation"};
  fake.layer_extensions = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME, VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME};
}

}  // namespace

TEST_CASE("an instance lives as long as its last copy", "[instance]") {
  FakeVulkan fake;
  Instance instance = create();
  CHECK(instance.handle() == fake.instance_handle());
  CHECK(fake.live_instances == 1);
  {
    Instance const copy = instance;
    CHECK(copy == instance);
    instance = {};
    CHECK_FALSE(instance);
    CHECK(fake.live_instances == 1);
  }
  CHECK(fake.live_instances == 0);
}

TEST_CASE("an instance asks for the newest version up to 1.3", "[instance]") {
  FakeVulkan fake;
  fake.loader_version = VK_MAKE_API_VERSION(0, 1, 4, 350);
  CHECK(create().api_version() == VK_API_VERSION_1_3);
  CHECK(fake.application_version == VK_API_VERSION_1_3);
  fake.loader_version = VK_MAKE_API_VERSION(0, 1, 1, 70);
  CHECK(create().api_version() == VK_MAKE_API_VERSION(0, 1, 1, 70));
}

TEST_CASE("a loader of Vulkan 1.0 is refused", "[instance]") {
  FakeVulkan fake;
  SECTION("that says so") { fake.loader_version = VK_MAKE_API_VERSION(0, 1, 0, 65); }
  SECTION("that lacks the function to ask") { fake.missing_function = "vkEnumerateInstanceVersion"; }
  CHECK_THROWS_AS(create(), ashlar::NotFoundError);
  CHECK(fake.live_instances == 0);
}

TEST_CASE("a missing instance function is named, and the instance is not leaked", "[instance]") {
  FakeVulkan fake;
  fake.missing_function = GENERATE("vkCreateInstance", "vkCreateDevice", "vkGetPhysicalDeviceFeatures2");
  try {
    (void)create();
    FAIL("an instance came without " << fake.missing_function);
  } catch (ashlar::VulkanError const& error) {
    CHECK(error.function() == fake.missing_function);
    CHECK(error.result() == VK_ERROR_INITIALIZATION_FAILED);
  }
  CHECK(fake.live_instances == 0);
}

TEST_CASE("a failing vkCreateInstance is reported", "[instance]") {
  FakeVulkan fake;
  SECTION("as a Vulkan error") {
    fake.create_instance_result = VK_ERROR_OUT_OF_HOST_MEMORY;
    CHECK_THROWS_AS(create(), ashlar::VulkanError);
  }
  SECTION("as a missing driver, with what to install") {
    fake.create_instance_result = VK_ERROR_INCOMPATIBLE_DRIVER;
    CHECK_THROWS_AS(create(), ashlar::NotFoundError);
    CHECK_THROWS_WITH(create(), Contains("mesa-vulkan-drivers") && Contains("VK_DRIVER_FILES"));
  }
}

TEST_CASE("a failure to list the devices destroys the instance", "[instance]") {
  FakeVulkan fake;
  fake.enumerate_result = VK_ERROR_OUT_OF_HOST_MEMORY;
  CHECK_THROWS_AS(create(), ashlar::VulkanError);
  CHECK(fake.live_instances == 0);
}

TEST_CASE("a loader whose drivers all fail has no devices", "[instance]") {
  FakeVulkan fake;
  fake.enumerate_result = VK_ERROR_INITIALIZATION_FAILED;
  CHECK(create().physical_devices().empty());
}

TEST_CASE("the user's instance extensions are enabled, each once", "[instance]") {
  FakeVulkan fake;
  fake.instance_extensions = {VK_KHR_SURFACE_EXTENSION_NAME, VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
  Instance const instance = create({.extensions = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME, VK_KHR_SURFACE_EXTENSION_NAME}});
  std::vector<std::string> enabled = fake.enabled_instance_extensions;
  std::sort(enabled.begin(), enabled.end());
  CHECK(enabled == std::vector<std::string>{VK_EXT_DEBUG_UTILS_EXTENSION_NAME, VK_KHR_SURFACE_EXTENSION_NAME});
  CHECK(instance.debug_utils());
}

TEST_CASE("an unknown instance extension is refused by name", "[instance]") {
  FakeVulkan fake;
  CHECK_THROWS_AS(create({.extensions = {"VK_EXT_nothing"}}), ashlar::NotFoundError);
  CHECK_THROWS_WITH(create({.extensions = {"VK_EXT_nothing"}}), Contains("VK_EXT_nothing"));
}

TEST_CASE("portability drivers are asked for where the loader hides them", "[instance]") {
  FakeVulkan fake;
  (void)create();
  CHECK(fake.instance_flags == 0);
  fake.instance_extensions = {VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME};
  (void)create();
  CHECK(fake.instance_flags == VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR);
  CHECK(fake.enabled_instance_extensions == fake.instance_extensions);
}

TEST_CASE("without debug utils nothing is chained", "[instance]") {
  FakeVulkan fake;
  Instance const instance = create({.message_callback = ignore});
  CHECK_FALSE(instance.debug_utils());
  CHECK(fake.instance_chain.empty());
  CHECK(fake.live_messengers == 0);
}

TEST_CASE("messages are heard from the instance's creation to its destruction", "[instance]") {
  FakeVulkan fake;
  fake.instance_extensions = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
  {
    Instance const instance = create({.message_callback = ignore});
    CHECK(fake.instance_chain == ChainTypes{VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT});
    CHECK(fake.live_messengers == 1);
  }
  CHECK(fake.live_messengers == 0);
}

TEST_CASE("without validation and a callback the loader's warnings are not asked for", "[instance]") {
  FakeVulkan fake;
  fake.instance_extensions = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
  Instance const instance = create();
  CHECK(instance.debug_utils());
  CHECK(fake.instance_chain.empty());
  CHECK(fake.live_messengers == 0);
}

TEST_CASE("validation needs the layer, and the text says what to install", "[instance][validation]") {
  FakeVulkan fake;
  CHECK_THROWS_AS(create({.validation = ashlar::Validation::Core}), ashlar::NotFoundError);
  CHECK_THROWS_WITH(create({.validation = ashlar::Validation::Core}), Contains("vulkan-validationlayers"));
}

TEST_CASE("core validation enables the layer and its messages", "[instance][validation]") {
  FakeVulkan fake;
  add_validation_layer(fake);
  Instance const instance = create({.validation = ashlar::Validation::Core});
  CHECK(fake.enabled_layer_count == 1);
  CHECK(fake.enabled_instance_extensions == std::vector<std::string>{VK_EXT_DEBUG_UTILS_EXTENSION_NAME});
  CHECK(fake.instance_chain == ChainTypes{VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT});
  CHECK(instance.debug_utils());
}

TEST_CASE("synchronization validation is asked for by its extension", "[instance][validation]") {
  FakeVulkan fake;
  add_validation_layer(fake);
  Instance const instance = create({.validation = ashlar::Validation::Synchronization});
  CHECK(fake.instance_chain ==
        ChainTypes{VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT, VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT});
  CHECK(fake.enabled_instance_extensions == fake.layer_extensions);
}

TEST_CASE("a layer without synchronization validation is refused when asked for it", "[instance][validation]") {
  FakeVulkan fake;
  fake.layers = {"VK_LAYER_KHRONOS_validation"};
  CHECK_THROWS_AS(create({.validation = ashlar::Validation::Synchronization}), ashlar::NotFoundError);
}

TEST_CASE("allocation callbacks reach vkCreateInstance", "[instance]") {
  FakeVulkan fake;
  VkAllocationCallbacks const callbacks{};
  (void)create({.allocation_callbacks = &callbacks});
  CHECK(fake.instance_allocation_callbacks == &callbacks);
}
