// Instances and devices take memory from the application's callbacks.

#include <cstdlib>

#include "simulated_driver/raw_instance.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

/// Memory that the driver has of the application.
struct Application {
  [[nodiscard]] VkAllocationCallbacks callbacks() {
    VkAllocationCallbacks callbacks{};
    callbacks.pUserData = this;
    callbacks.pfnAllocation = [](void* user_data, std::size_t size, std::size_t /*alignment*/,
                                 VkSystemAllocationScope scope) -> void* {
      auto& self = *static_cast<Application*>(user_data);
      self.last_scope = scope;
      self.live += self.exhausted ? 0 : 1;
      return self.exhausted ? nullptr : std::malloc(size);
    };
    callbacks.pfnReallocation = [](void*, void*, std::size_t, std::size_t, VkSystemAllocationScope) -> void* {
      return nullptr;
    };
    callbacks.pfnFree = [](void* user_data, void* memory) {
      static_cast<Application*>(user_data)->live -= memory != nullptr ? 1 : 0;
      std::free(memory);
    };
    return callbacks;
  }

  int live = 0;
  bool exhausted = false;
  VkSystemAllocationScope last_scope = VK_SYSTEM_ALLOCATION_SCOPE_COMMAND;
};

}  // namespace

TEST_CASE("an instance is made in the application's memory, or not at all", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  Application application;
  VkAllocationCallbacks const callbacks = application.callbacks();
  VkInstanceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  VkInstance instance = nullptr;
  auto const create = instance_function<PFN_vkCreateInstance>(nullptr, "vkCreateInstance");
  application.exhausted = true;
  CHECK(create(&info, &callbacks, &instance) == VK_ERROR_OUT_OF_HOST_MEMORY);
  CHECK(driver.live_objects() == 0);
  application.exhausted = false;
  REQUIRE(create(&info, &callbacks, &instance) == VK_SUCCESS);
  CHECK(application.live == 1);
  CHECK(application.last_scope == VK_SYSTEM_ALLOCATION_SCOPE_INSTANCE);
  instance_function<PFN_vkDestroyInstance>(instance, "vkDestroyInstance")(instance, &callbacks);
  CHECK(application.live == 0);
}

TEST_CASE("a device is made in the application's memory, or not at all", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  RawInstance const instance;
  Application application;
  VkAllocationCallbacks const callbacks = application.callbacks();
  VkDeviceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  VkDevice device = nullptr;
  auto const create = instance.function<PFN_vkCreateDevice>("vkCreateDevice");
  application.exhausted = true;
  CHECK(create(instance.physical_devices().at(0), &info, &callbacks, &device) == VK_ERROR_OUT_OF_HOST_MEMORY);
  CHECK(driver.live_objects() == 1);
  application.exhausted = false;
  REQUIRE(create(instance.physical_devices().at(0), &info, &callbacks, &device) == VK_SUCCESS);
  CHECK(application.live == 1);
  CHECK(application.last_scope == VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
  instance.function<PFN_vkDestroyDevice>("vkDestroyDevice")(device, &callbacks);
  CHECK(application.live == 0);
}

}  // namespace ashlar::test
