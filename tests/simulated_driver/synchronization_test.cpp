// Fences, semaphores and events.

#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "simulated_driver/waiter.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

/// A buffer that the device sees as 'x's, and a log of what it held.
struct Scene {
  explicit Scene(SimulatedDriver& its_driver) : driver{its_driver} { driver.device_write(memory, 0, "xxxx"); }

  [[nodiscard]] std::string bytes() const { return driver.device_read(memory, 0, 4); }
  [[nodiscard]] RawSubmit fill(char letter, std::uint32_t family = 0) {
    return {.command_buffers = {vulkan.fill(buffer, letter, family)}};
  }

  SimulatedDriver& driver;
  RawVulkan vulkan{driver};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer buffer = vulkan.create_bound_buffer(4, coherent, memory);
  VkQueue first = vulkan.queue(0);
  VkQueue second = vulkan.queue(1);
};

}  // namespace

TEST_CASE("a fence is signaled after all that was submitted before it", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkFence const fence = scene.vulkan.create_fence();
  scene.vulkan.control().hold(scene.first, 1);
  CHECK(scene.vulkan.submit(scene.first, {scene.fill('a'), scene.fill('b')}, fence) == VK_SUCCESS);
  REQUIRE(scene.vulkan.control().table().wait_at_hold(scene.first, long_enough) == VK_TRUE);
  CHECK(scene.vulkan.wait(fence, 0) == VK_TIMEOUT);
  scene.vulkan.control().release(scene.first);
  CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
  CHECK(scene.bytes() == "bbbb");
  CHECK(scene.vulkan.call<PFN_vkResetFences>("vkResetFences", 1U, &fence) == VK_SUCCESS);
  CHECK(scene.vulkan.call<PFN_vkGetFenceStatus>("vkGetFenceStatus", fence) == VK_NOT_READY);
  CHECK(scene.vulkan.submit(scene.first, {}, fence) == VK_SUCCESS);  // Nothing but a fence.
  CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
}

TEST_CASE("a fence may be signaled from the start", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan const vulkan{driver};
  VkFenceCreateInfo const info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, nullptr, VK_FENCE_CREATE_SIGNALED_BIT};
  VkFence fence = VK_NULL_HANDLE;
  CHECK(vulkan.call<PFN_vkCreateFence>("vkCreateFence", &info, nullptr, &fence) == VK_SUCCESS);
  CHECK(vulkan.wait(fence, 0) == VK_SUCCESS);
  vulkan.call<PFN_vkDestroyFence>("vkDestroyFence", fence, nullptr);
}

TEST_CASE("a wait is for all fences, or for any", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkFence const fences[] = {scene.vulkan.create_fence(), scene.vulkan.create_fence()};
  scene.vulkan.submit(scene.first, {}, fences[1]);
  scene.vulkan.wait_idle(scene.first);
  auto const wait = [&](VkBool32 all) {
    return scene.vulkan.call<PFN_vkWaitForFences>("vkWaitForFences", 2U, fences, all, std::uint64_t{0});
  };
  CHECK(wait(VK_TRUE) == VK_TIMEOUT);
  CHECK(wait(VK_FALSE) == VK_SUCCESS);
}

TEST_CASE("a binary semaphore orders two queues, once", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkSemaphore const semaphore = scene.vulkan.create_semaphore();
  for (char const letter : {'a', 'b'}) {
    scene.vulkan.control().hold(scene.first);
    RawSubmit signaling = scene.fill('-');
    signaling.signals = {semaphore};
    scene.vulkan.submit(scene.first, {signaling});
    RawSubmit waiting = scene.fill(letter, 1);
    waiting.waits = {semaphore};
    VkFence const fence = scene.vulkan.create_fence();
    scene.vulkan.submit(scene.second, {waiting}, fence);
    CHECK(scene.vulkan.wait(fence, 0) == VK_TIMEOUT);
    scene.vulkan.control().release(scene.first);
    CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
    CHECK(scene.bytes() == std::string(4, letter));
  }
}

TEST_CASE("a timeline semaphore is waited for and signaled by the host", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkSemaphore const semaphore = scene.vulkan.create_timeline(5);
  CHECK(scene.vulkan.value(semaphore) == 5);
  CHECK(scene.vulkan.wait(semaphore, 5, 0) == VK_SUCCESS);
  CHECK(scene.vulkan.wait(semaphore, 6, 0) == VK_TIMEOUT);
  RawSubmit submit = scene.fill('a');
  submit.waits = {semaphore};
  submit.wait_values = {7};
  submit.signals = {semaphore};
  submit.signal_values = {9};
  scene.vulkan.submit(scene.first, {submit});
  CHECK(scene.vulkan.signal(semaphore, 6) == VK_SUCCESS);
  CHECK(scene.vulkan.value(semaphore) == 6);
  CHECK(scene.vulkan.wait(semaphore, 9, 0) == VK_TIMEOUT);
  CHECK(scene.vulkan.signal(semaphore, 7) == VK_SUCCESS);
  CHECK(scene.vulkan.wait(semaphore, 9, UINT64_MAX) == VK_SUCCESS);
  CHECK(scene.vulkan.value(semaphore) == 9);
  CHECK(scene.bytes() == "aaaa");
}

TEST_CASE("a host's wait ends with another host's signal", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkSemaphore const semaphore = vulkan.create_timeline();
  Waiter waiter{[&] { return vulkan.wait(semaphore, 1, UINT64_MAX); }};
  while (driver.calls("vkWaitSemaphores") == 0) {
    std::this_thread::yield();
  }
  CHECK_FALSE(waiter.returned());
  CHECK(vulkan.signal(semaphore, 1) == VK_SUCCESS);
  CHECK(waiter.join() == VK_SUCCESS);
}

TEST_CASE("a wait is for all timeline semaphores, or for any", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkSemaphore const semaphores[] = {vulkan.create_timeline(), vulkan.create_timeline(3)};
  std::uint64_t const values[] = {1, 3};
  auto const wait = [&](VkSemaphoreWaitFlags flags) {
    VkSemaphoreWaitInfo const info{VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO, nullptr, flags, 2, semaphores, values};
    return vulkan.call<PFN_vkWaitSemaphores>("vkWaitSemaphores", &info, std::uint64_t{0});
  };
  CHECK(wait(0) == VK_TIMEOUT);
  CHECK(wait(VK_SEMAPHORE_WAIT_ANY_BIT) == VK_SUCCESS);
}

TEST_CASE("queues may wait for a timeline semaphore before it is signaled", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkSemaphore const semaphore = scene.vulkan.create_timeline();
  // The first queue waits for the second, whose submission comes later.
  RawSubmit last = scene.fill('b');
  last.waits = {semaphore};
  last.wait_values = {1};
  last.signals = {semaphore};
  last.signal_values = {2};
  scene.vulkan.submit(scene.first, {last});
  RawSubmit early = scene.fill('a', 1);
  early.signals = {semaphore};
  early.signal_values = {1};
  CHECK(scene.vulkan.value(semaphore) == 0);
  CHECK(scene.bytes() == "xxxx");
  scene.vulkan.submit(scene.second, {early});
  CHECK(scene.vulkan.wait(semaphore, 2, UINT64_MAX) == VK_SUCCESS);
  CHECK(scene.bytes() == "bbbb");
}

TEST_CASE("binary and timeline semaphores may stand side by side in a submission", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkSemaphore const binary = scene.vulkan.create_semaphore();
  VkSemaphore const timeline = scene.vulkan.create_timeline();
  scene.vulkan.submit(scene.second, {{.signals = {binary, timeline}, .signal_values = {77, 4}}});
  RawSubmit submit = scene.fill('a');
  submit.waits = {binary, timeline};
  submit.wait_values = {88, 5};
  VkFence const fence = scene.vulkan.create_fence();
  scene.vulkan.submit(scene.first, {submit}, fence);
  CHECK(scene.vulkan.wait(timeline, 4, UINT64_MAX) == VK_SUCCESS);
  CHECK(scene.vulkan.wait(fence, 0) == VK_TIMEOUT);
  CHECK(scene.vulkan.signal(timeline, 5) == VK_SUCCESS);
  CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
}

TEST_CASE("a queue waits for an event that the host sets", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkEvent const event = scene.vulkan.create_event();
  VkFence const fence = scene.vulkan.create_fence();
  VkCommandBuffer const commands = scene.vulkan.commands(0, [&](VkCommandBuffer recorded) {
    scene.vulkan.function<PFN_vkCmdWaitEvents>("vkCmdWaitEvents")(recorded, 1, &event, VK_PIPELINE_STAGE_HOST_BIT,
                                                                  VK_PIPELINE_STAGE_TRANSFER_BIT, 0, nullptr, 0,
                                                                  nullptr, 0, nullptr);
    scene.vulkan.function<PFN_vkCmdFillBuffer>("vkCmdFillBuffer")(recorded, scene.buffer, 0, 4, 0x61616161U);
  });
  scene.vulkan.submit(scene.first, {{.command_buffers = {commands}}}, fence);
  CHECK(scene.vulkan.wait(fence, 0) == VK_TIMEOUT);
  CHECK(scene.bytes() == "xxxx");
  CHECK(scene.vulkan.call<PFN_vkGetEventStatus>("vkGetEventStatus", event) == VK_EVENT_RESET);
  CHECK(scene.vulkan.call<PFN_vkSetEvent>("vkSetEvent", event) == VK_SUCCESS);
  CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
  CHECK(scene.bytes() == "aaaa");
  CHECK(scene.vulkan.call<PFN_vkResetEvent>("vkResetEvent", event) == VK_SUCCESS);
  CHECK(scene.vulkan.call<PFN_vkGetEventStatus>("vkGetEventStatus", event) == VK_EVENT_RESET);
}

TEST_CASE("a queue sets an event, for the host and for another queue", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkEvent const event = scene.vulkan.create_event();
  VkDependencyInfo dependency{};
  dependency.sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO;
  VkFence const fence = scene.vulkan.create_fence();
  VkCommandBuffer const waiting = scene.vulkan.commands(1, [&](VkCommandBuffer recorded) {
    scene.vulkan.function<PFN_vkCmdWaitEvents2>("vkCmdWaitEvents2")(recorded, 1, &event, &dependency);
  });
  scene.vulkan.submit(scene.second, {{.command_buffers = {waiting}}}, fence);
  CHECK(scene.vulkan.wait(fence, 0) == VK_TIMEOUT);
  bool const second_version = GENERATE(false, true);
  scene.vulkan.run(scene.first, scene.vulkan.commands(0, [&](VkCommandBuffer recorded) {
    if (second_version) {
      scene.vulkan.function<PFN_vkCmdSetEvent2>("vkCmdSetEvent2")(recorded, event, &dependency);
    } else {
      scene.vulkan.function<PFN_vkCmdSetEvent>("vkCmdSetEvent")(recorded, event, VK_PIPELINE_STAGE_TRANSFER_BIT);
    }
  }));
  CHECK(scene.vulkan.call<PFN_vkGetEventStatus>("vkGetEventStatus", event) == VK_EVENT_SET);
  CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
  scene.vulkan.run(scene.first, scene.vulkan.commands(0, [&](VkCommandBuffer recorded) {
    scene.vulkan.function<PFN_vkCmdResetEvent>("vkCmdResetEvent")(recorded, event, VK_PIPELINE_STAGE_TRANSFER_BIT);
  }));
  CHECK(scene.vulkan.call<PFN_vkGetEventStatus>("vkGetEventStatus", event) == VK_EVENT_RESET);
}

}  // namespace ashlar::test
