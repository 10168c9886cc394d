// Proves that a run has the driver and the validation layer that it is named after. Asks the loader itself:
// the rest of the device tests would pass on any other driver, too.

#include <dlfcn.h>
#include <vulkan/vulkan_core.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

std::string environment(char const* name) {
  char const* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

PFN_vkGetInstanceProcAddr open_loader() {
  void* const loader = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  REQUIRE(loader != nullptr);
  return reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(loader, "vkGetInstanceProcAddr"));
}

template <class Function>
Function load(PFN_vkGetInstanceProcAddr proc_addr, VkInstance instance, char const* name) {
  auto const function = reinterpret_cast<Function>(proc_addr(instance, name));
  REQUIRE(function != nullptr);
  return function;
}

std::vector<VkPhysicalDeviceProperties> devices() {
  auto const proc_addr = open_loader();
  VkApplicationInfo application = {};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.apiVersion = VK_API_VERSION_1_1;
  VkInstanceCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = &application;
  VkInstance instance = nullptr;
  REQUIRE(load<PFN_vkCreateInstance>(proc_addr, nullptr, "vkCreateInstance")(&info, nullptr, &instance) == VK_SUCCESS);

  auto const enumerate = load<PFN_vkEnumeratePhysicalDevices>(proc_addr, instance, "vkEnumeratePhysicalDevices");
  std::uint32_t count = 0;
  REQUIRE(enumerate(instance, &count, nullptr) == VK_SUCCESS);
  std::vector<VkPhysicalDevice> handles(count);
  REQUIRE(enumerate(instance, &count, handles.data()) == VK_SUCCESS);

  auto const query = load<PFN_vkGetPhysicalDeviceProperties>(proc_addr, instance, "vkGetPhysicalDeviceProperties");
  std::vector<VkPhysicalDeviceProperties> properties(count);
  std::transform(handles.begin(), handles.end(), properties.begin(), [&](VkPhysicalDevice handle) {
    VkPhysicalDeviceProperties result = {};
    query(handle, &result);
    return result;
  });
  load<PFN_vkDestroyInstance>(proc_addr, instance, "vkDestroyInstance")(instance, nullptr);
  return properties;
}

std::string version(std::uint32_t packed) {
  return std::to_string(VK_API_VERSION_MAJOR(packed)) + "." + std::to_string(VK_API_VERSION_MINOR(packed)) + "." +
         std::to_string(VK_API_VERSION_PATCH(packed));
}

}  // namespace

TEST_CASE("the run has the driver that it is named after", "[driver]") {
  std::string const driver = environment("ASHLAR_TEST_DRIVER");
  auto const found = devices();
  for (auto const& device : found) {
    UNSCOPED_INFO("Vulkan lists " << device.deviceName);
  }
  if (driver == "gpu") {
    CHECK(std::any_of(found.begin(), found.end(), [](auto const& device) {
      return device.deviceType == VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU ||
             device.deviceType == VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU ||
             device.deviceType == VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU;
    }));
  } else {
    INFO("ASHLAR_TEST_DRIVER is \"" << driver << "\"; ctest sets it");
    REQUIRE((driver == "swiftshader" || driver == "lavapipe" || driver == "simulated"));
    REQUIRE(found.size() == 1);
    std::string const name = found[0].deviceName;
    if (driver == "simulated") {
      CHECK(name == environment("ASHLAR_SIM_GPU").substr(0, VK_MAX_PHYSICAL_DEVICE_NAME_SIZE - 1));
    } else {
      CHECK_THAT(name, Catch::Matchers::StartsWith(driver == "lavapipe" ? "llvmpipe" : "SwiftShader"));
    }
  }
}

TEST_CASE("the run has the validation layer that it is named after, and no other layer", "[driver][layer]") {
  auto const enumerate =
      load<PFN_vkEnumerateInstanceLayerProperties>(open_loader(), nullptr, "vkEnumerateInstanceLayerProperties");
  std::uint32_t count = 0;
  REQUIRE(enumerate(&count, nullptr) == VK_SUCCESS);
  std::vector<VkLayerProperties> layers(count);
  REQUIRE(enumerate(&count, layers.data()) == VK_SUCCESS);
  REQUIRE(layers.size() == 1);
  CHECK(layers[0].layerName == std::string{"VK_LAYER_KHRONOS_validation"});
  CHECK(version(layers[0].specVersion) == environment("ASHLAR_TEST_VALIDATION_VERSION"));
}
