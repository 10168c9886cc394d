// A device that is lost: every wait ends, and nothing more is carried out.

#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "simulated_driver/waiter.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

/// A buffer that the device sees as 'x's, and a queue that is held with a submission before it.
struct Scene {
  explicit Scene(SimulatedDriver& its_driver) : driver{its_driver} { driver.device_write(memory, 0, "xxxx"); }

  [[nodiscard]] std::string bytes() const { return driver.device_read(memory, 0, 4); }
  [[nodiscard]] RawSubmit fill(char letter) { return {.command_buffers = {vulkan.fill(buffer, letter)}}; }
  void hold_with_work() {
    vulkan.control().hold(queue);
    REQUIRE(vulkan.submit(queue, {fill('a')}, fence) == VK_SUCCESS);
    REQUIRE(vulkan.control().table().wait_at_hold(queue, long_enough) == VK_TRUE);
  }

  SimulatedDriver& driver;
  RawVulkan vulkan{driver};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer buffer = vulkan.create_bound_buffer(4, coherent, memory);
  VkQueue queue = vulkan.queue(0);
  VkFence fence = vulkan.create_fence();
  VkSemaphore semaphore = vulkan.create_timeline();
};

/// The ways to wait, by the name of the function.
VkResult wait_by(Scene const& scene, std::string const& function) {
  if (function == "vkWaitForFences") {
    return scene.vulkan.wait(scene.fence);
  }
  if (function == "vkWaitSemaphores") {
    return scene.vulkan.wait(scene.semaphore, 1, UINT64_MAX);
  }
  return function == "vkQueueWaitIdle" ? scene.vulkan.wait_idle(scene.queue)
                                       : scene.vulkan.call<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle");
}

}  // namespace

TEST_CASE("the loss of a device ends every wait, and drops what has not begun", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  scene.hold_with_work();
  std::string const function =
      GENERATE(as<std::string>{}, "vkWaitForFences", "vkWaitSemaphores", "vkQueueWaitIdle", "vkDeviceWaitIdle");
  INFO(function);
  std::uint64_t const calls = driver.calls(function.c_str());
  Waiter waiter{[&] { return wait_by(scene, function); }};
  while (driver.calls(function.c_str()) == calls) {
    std::this_thread::yield();
  }
  CHECK_FALSE(waiter.returned());
  scene.vulkan.control().lose();
  CHECK(waiter.join() == VK_ERROR_DEVICE_LOST);
  scene.vulkan.control().release(scene.queue);
  CHECK(scene.bytes() == "xxxx");
}

TEST_CASE("what is asked of a lost device fails", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkEvent const event = scene.vulkan.create_event();
  scene.vulkan.control().lose();
  for (char const* const function : {"vkWaitForFences", "vkWaitSemaphores", "vkQueueWaitIdle", "vkDeviceWaitIdle"}) {
    CHECK(wait_by(scene, function) == VK_ERROR_DEVICE_LOST);
  }
  CHECK(scene.vulkan.submit(scene.queue, {scene.fill('a')}) == VK_ERROR_DEVICE_LOST);
  VkSubmitInfo2 submit{};
  submit.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2;
  CHECK(scene.vulkan.function<PFN_vkQueueSubmit2>("vkQueueSubmit2")(scene.queue, 1, &submit, VK_NULL_HANDLE) ==
        VK_ERROR_DEVICE_LOST);
  CHECK(scene.vulkan.call<PFN_vkGetFenceStatus>("vkGetFenceStatus", scene.fence) == VK_ERROR_DEVICE_LOST);
  CHECK(scene.vulkan.call<PFN_vkGetEventStatus>("vkGetEventStatus", event) == VK_ERROR_DEVICE_LOST);
  std::uint64_t value = 0;
  CHECK(scene.vulkan.call<PFN_vkGetSemaphoreCounterValue>("vkGetSemaphoreCounterValue", scene.semaphore, &value) ==
        VK_ERROR_DEVICE_LOST);
  CHECK(scene.bytes() == "xxxx");
}

TEST_CASE("a queue that waits for an event ends with the device", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkEvent const event = scene.vulkan.create_event();
  VkCommandBuffer const commands = scene.vulkan.commands(0, [&](VkCommandBuffer recorded) {
    scene.vulkan.function<PFN_vkCmdWaitEvents>("vkCmdWaitEvents")(recorded, 1, &event, VK_PIPELINE_STAGE_HOST_BIT,
                                                                  VK_PIPELINE_STAGE_TRANSFER_BIT, 0, nullptr, 0,
                                                                  nullptr, 0, nullptr);
  });
  scene.vulkan.submit(scene.queue, {{.command_buffers = {commands}}}, scene.fence);
  scene.vulkan.control().lose();
  CHECK(scene.vulkan.wait(scene.fence) == VK_ERROR_DEVICE_LOST);
}

TEST_CASE("other devices outlive the loss of one", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan const lost{driver};
  Scene other{driver};
  lost.control().lose();
  CHECK(other.vulkan.submit(other.queue, {other.fill('a')}, other.fence) == VK_SUCCESS);
  CHECK(other.vulkan.wait(other.fence) == VK_SUCCESS);
  CHECK(other.bytes() == "aaaa");
}

TEST_CASE("a call that fails with VK_ERROR_DEVICE_LOST loses the device", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  scene.vulkan.control().fail_next("vkAllocateMemory", VK_ERROR_DEVICE_LOST);
  VkDeviceMemory memory = VK_NULL_HANDLE;
  CHECK(scene.vulkan.try_allocate(16, cached, memory) == VK_ERROR_DEVICE_LOST);
  CHECK(scene.vulkan.wait(scene.fence, 0) == VK_ERROR_DEVICE_LOST);
  CHECK(scene.vulkan.submit(scene.queue, {scene.fill('a')}) == VK_ERROR_DEVICE_LOST);
}

TEST_CASE("a submit that loses the device carries out as many submissions as it is told to", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  auto const elements = GENERATE(as<std::uint32_t>{}, 0, 1, 2);
  scene.vulkan.control().fail_half_way("vkQueueSubmit", VK_ERROR_DEVICE_LOST, elements);
  CHECK(scene.vulkan.submit(scene.queue, {scene.fill('a'), scene.fill('b'), scene.fill('c')}, scene.fence) ==
        VK_ERROR_DEVICE_LOST);
  CHECK(scene.vulkan.wait(scene.fence) == VK_ERROR_DEVICE_LOST);
  CHECK(scene.bytes() == std::string(4, std::string{"xab"}[elements]));
  CHECK(scene.vulkan.submit(scene.queue, {scene.fill('d')}) == VK_ERROR_DEVICE_LOST);
}

TEST_CASE("a submit that fails otherwise does nothing", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  scene.vulkan.control().fail_half_way("vkQueueSubmit", VK_ERROR_OUT_OF_HOST_MEMORY, 1);
  CHECK(scene.vulkan.submit(scene.queue, {scene.fill('a')}, scene.fence) == VK_ERROR_OUT_OF_HOST_MEMORY);
  CHECK(scene.vulkan.wait_idle(scene.queue) == VK_SUCCESS);
  CHECK(scene.vulkan.wait(scene.fence, 0) == VK_TIMEOUT);
  CHECK(scene.bytes() == "xxxx");
  CHECK(scene.vulkan.submit(scene.queue, {scene.fill('b')}, scene.fence) == VK_SUCCESS);
  CHECK(scene.vulkan.wait(scene.fence) == VK_SUCCESS);
  CHECK(scene.bytes() == "bbbb");
}

}  // namespace ashlar::test
