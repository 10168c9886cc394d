#include <ashlar/device/device.hpp>
#include <ashlar/error.hpp>

#include <string>

#include "support/catch.hpp"
#include "support/environment_variable.hpp"
#include "support/fake_vulkan.hpp"

namespace {

using ashlar::Device;
using ashlar::test::EnvironmentVariable;
using ashlar::test::FakeVulkan;
using Catch::Matchers::Contains;

std::string selected(char const* wanted = "") {
  return Device::create_default(
             {.device = wanted, .instance = {.get_instance_proc_addr = FakeVulkan::get_instance_proc_addr}})
      .physical_device()
      .name();
}

/// One device of each type, the worst first, and a second discrete one.
void add_devices(FakeVulkan& fake) {
  fake.devices = {{.name = "Other thing", .type = VK_PHYSICAL_DEVICE_TYPE_OTHER},
                  {.name = "llvmpipe", .type = VK_PHYSICAL_DEVICE_TYPE_CPU},
                  {.name = "Virtio GPU", .type = VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU},
                  {.name = "Iris GPU", .type = VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU},
                  {.name = "Radeon GPU", .type = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU},
                  {.name = "GeForce GPU 3", .type = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU}};
}

}  // namespace

TEST_CASE("discrete comes before integrated, virtual, CPU and other", "[device_selection]") {
  EnvironmentVariable const variable{"ASHLAR_DEVICE", nullptr};
  FakeVulkan fake;
  add_devices(fake);
  for (char const* const expected :
       {"Radeon GPU", "GeForce GPU 3", "Iris GPU", "Virtio GPU", "llvmpipe", "Other thing"}) {
    CHECK(selected() == expected);
    std::erase_if(fake.devices, [&](auto const& device) { return device.name == expected; });
  }
}

TEST_CASE("a device is chosen by its index", "[device_selection]") {
  EnvironmentVariable const variable{"ASHLAR_DEVICE", nullptr};
  FakeVulkan fake;
  add_devices(fake);
  CHECK(selected("1") == "llvmpipe");
  CHECK(selected("3") == "Iris GPU");  // And not the one with a 3 in its name.
  CHECK_THROWS_AS(selected("6"), ashlar::NotFoundError);
  CHECK_THROWS_AS(selected("99999999999999999999999999"), ashlar::NotFoundError);
}

TEST_CASE("a device is chosen by a part of its name, without regard to case", "[device_selection]") {
  EnvironmentVariable const variable{"ASHLAR_DEVICE", nullptr};
  FakeVulkan fake;
  add_devices(fake);
  CHECK(selected("LLVM") == "llvmpipe");
  CHECK(selected("geforce gpu 3") == "GeForce GPU 3");
  CHECK(selected("gpu") == "Radeon GPU");  // The best of several.
}

TEST_CASE("the environment chooses where the argument does not", "[device_selection]") {
  FakeVulkan fake;
  add_devices(fake);
  EnvironmentVariable const variable{"ASHLAR_DEVICE", "virtio"};
  CHECK(selected() == "Virtio GPU");
  CHECK(selected("llvmpipe") == "llvmpipe");
  EnvironmentVariable const empty{"ASHLAR_DEVICE", ""};
  CHECK(selected() == "Radeon GPU");
}

TEST_CASE("an error lists the devices that were seen", "[device_selection]") {
  EnvironmentVariable const variable{"ASHLAR_DEVICE", nullptr};
  FakeVulkan fake;
  add_devices(fake);
  CHECK_THROWS_WITH(selected("Voodoo"), Contains("\"Voodoo\"") && Contains("0: Other thing (other, Vulkan 1.3.0)") &&
                                            Contains("5: GeForce GPU 3 (discrete GPU, Vulkan 1.3.0)"));
}

TEST_CASE("without a device the error says what to install", "[device_selection]") {
  EnvironmentVariable const variable{"ASHLAR_DEVICE", nullptr};
  FakeVulkan const fake;
  CHECK_THROWS_AS(selected(), ashlar::NotFoundError);
  CHECK_THROWS_WITH(selected(), Contains("no device at all") && Contains("mesa-vulkan-drivers"));
}

TEST_CASE("devices of Vulkan 1.0 are passed over", "[device_selection]") {
  EnvironmentVariable const variable{"ASHLAR_DEVICE", nullptr};
  FakeVulkan fake;
  fake.devices = {{.name = "Old", .type = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, .api_version = VK_API_VERSION_1_0},
                  {.name = "New", .type = VK_PHYSICAL_DEVICE_TYPE_CPU, .api_version = VK_API_VERSION_1_1}};
  CHECK(selected() == "New");
  CHECK_THROWS_WITH(selected("0"), Contains("0: Old (discrete GPU, Vulkan 1.0.0)"));
  CHECK_THROWS_AS(selected("old"), ashlar::NotFoundError);
}
