#include <ashlar/device/device.hpp>
#include <ashlar/error.hpp>

#include <string>

#include "memory/memory_fixture.hpp"
#include "support/simulated_driver.hpp"

namespace ashlar::test {

// Where there is a loader messengers are its own.
TEST_CASE("an instance whose messenger fails is destroyed without it", "[instance][failure][counts_queries]") {
  SimulatedDriver driver{gpu_profile("Mali-T760")};
  InstanceCreateInfo info = driver.instance_info();
  info.message_callback = [](Message const&, void*) {};
  driver.fail_next("vkCreateDebugUtilsMessengerEXT", VK_ERROR_OUT_OF_HOST_MEMORY);
  auto const error = thrown_by<VulkanError>([&] { return Instance::create(info); });
  CHECK(error.function() == std::string{"vkCreateDebugUtilsMessengerEXT"});
  CHECK(driver.live_objects() == 0);
}

// A loader enumerates devices by itself.
TEST_CASE("where no driver came up an instance has no devices", "[instance][failure][counts_queries]") {
  SimulatedDriver driver{gpu_profile("Mali-T760")};
  driver.fail_next("vkEnumeratePhysicalDevices", VK_ERROR_INITIALIZATION_FAILED);
  CHECK(Instance::create(driver.instance_info()).physical_devices().empty());
  driver.fail_next("vkEnumeratePhysicalDevices", VK_ERROR_INITIALIZATION_FAILED);
  CHECK_THROWS_AS(Device::create_default({.instance = driver.instance_info()}), NotFoundError);
}

}  // namespace ashlar::test
