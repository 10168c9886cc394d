// The driver's control as C functions: in this process, and through the loader and the validation layer.

#include <cstring>
#include <stdexcept>
#include <string>

#include "simulated_driver/device_control.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "simulated_driver/waiter.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

/// A device as the run makes devices, and its functions and control as anybody gets them.
struct Scene {
  template <class Pointer>
  [[nodiscard]] Pointer function(char const* name) const {
    return reinterpret_cast<Pointer>(device.proc_addr(name));
  }

  SimulatedDriver driver{test_gpu()};
  Device device = driver.create_device();
  simulated::DeviceControl control{device.handle(), function<PFN_vkGetDeviceProcAddr>("vkGetDeviceProcAddr")};
};

VkResult allocate(Scene const& scene, VkDeviceMemory& memory) {
  VkMemoryAllocateInfo const info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, nullptr, 4096, cached};
  return scene.function<PFN_vkAllocateMemory>("vkAllocateMemory")(scene.device.handle(), &info, nullptr, &memory);
}

}  // namespace

TEST_CASE("a device's control fails its calls and counts them", "[simulated_driver]") {
  Scene const scene;
  std::uint64_t const before = scene.control.calls("vkAllocateMemory");
  scene.control.fail_next("vkAllocateMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY);
  VkDeviceMemory memory = VK_NULL_HANDLE;
  CHECK(allocate(scene, memory) == VK_ERROR_OUT_OF_DEVICE_MEMORY);
  CHECK(allocate(scene, memory) == VK_SUCCESS);
  CHECK(scene.control.calls("vkAllocateMemory") == before + 2);
  scene.function<PFN_vkFreeMemory>("vkFreeMemory")(scene.device.handle(), memory, nullptr);
}

TEST_CASE("a device's control reads and writes what the device sees", "[simulated_driver]") {
  Scene const scene;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  REQUIRE(allocate(scene, memory) == VK_SUCCESS);
  auto const& table = scene.control.table();
  table.write_memory(scene.device.handle(), memory, 100, 5, "bytes");
  std::string bytes(7, '\0');
  table.read_memory(scene.device.handle(), memory, 99, 7, bytes.data());
  CHECK(bytes == std::string(1, fresh) + "bytes" + std::string(1, fresh));
  CHECK_THROWS_AS(table.read_memory(scene.device.handle(), memory, 4095, 2, bytes.data()), std::invalid_argument);
  scene.function<PFN_vkFreeMemory>("vkFreeMemory")(scene.device.handle(), memory, nullptr);
  CHECK_THROWS_AS(table.read_memory(scene.device.handle(), memory, 0, 1, bytes.data()), std::invalid_argument);
}

TEST_CASE("a device's control holds its queues", "[simulated_driver]") {
  Scene const scene;
  VkQueue const queue = scene.device.queue(0).handle();
  scene.control.hold(queue);
  VkFenceCreateInfo const info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, nullptr, 0};
  VkFence fence = VK_NULL_HANDLE;
  VkDevice const device = scene.device.handle();
  REQUIRE(scene.function<PFN_vkCreateFence>("vkCreateFence")(device, &info, nullptr, &fence) == VK_SUCCESS);
  CHECK(scene.function<PFN_vkQueueSubmit>("vkQueueSubmit")(queue, 0, nullptr, fence) == VK_SUCCESS);
  CHECK(scene.control.table().wait_at_hold(queue, long_enough) == VK_TRUE);
  auto const wait = scene.function<PFN_vkWaitForFences>("vkWaitForFences");
  CHECK(wait(device, 1, &fence, VK_TRUE, 0) == VK_TIMEOUT);
  scene.control.release(queue);
  CHECK(wait(device, 1, &fence, VK_TRUE, UINT64_MAX) == VK_SUCCESS);
  scene.function<PFN_vkDestroyFence>("vkDestroyFence")(device, fence, nullptr);
}

TEST_CASE("a device's control limits its heaps", "[simulated_driver]") {
  Scene const scene;
  scene.control.occupy_heap(1, (VkDeviceSize{1} << 31U) - 4095);
  VkDeviceMemory memory = VK_NULL_HANDLE;
  CHECK(allocate(scene, memory) == VK_ERROR_OUT_OF_DEVICE_MEMORY);
  scene.control.occupy_heap(1, 0);
  CHECK(allocate(scene, memory) == VK_SUCCESS);
  scene.function<PFN_vkFreeMemory>("vkFreeMemory")(scene.device.handle(), memory, nullptr);
}

TEST_CASE("a device that is not the simulated driver's has no such control", "[simulated_driver]") {
  PFN_vkGetDeviceProcAddr const knows_nothing = [](VkDevice, char const*) -> PFN_vkVoidFunction { return nullptr; };
  CHECK_THROWS_AS(simulated::DeviceControl(nullptr, knows_nothing), std::runtime_error);
}

TEST_CASE("the control of what does not live is refused", "[simulated_driver]") {
  Scene const scene;
  auto const& table = scene.control.table();
  auto const device = reinterpret_cast<VkDevice>(std::uintptr_t{16});
  auto const queue = reinterpret_cast<VkQueue>(std::uintptr_t{16});
  CHECK_THROWS_AS(table.lose(device), std::invalid_argument);
  CHECK_THROWS_AS(table.calls(device, "vkAllocateMemory"), std::invalid_argument);
  CHECK_THROWS_AS(table.hold(queue, 0), std::invalid_argument);
}

}  // namespace ashlar::test
