// Wrong commands, submissions and synchronization are noted.

#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "simulated_driver/waiter.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;

struct Scene {
  /// What carrying out a command buffer breaks.
  std::string run(VkCommandBuffer commands) {
    vulkan.run(queue, commands);
    return violations(driver);
  }

  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkQueue queue = vulkan.queue(0);
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer buffer = vulkan.create_bound_buffer(64, coherent, memory);
};

}  // namespace

TEST_CASE("commands on what has no memory, or does not live any more, are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkBuffer const unbound = scene.vulkan.create_buffer(64);
  static_cast<void>(scene.vulkan.fill(unbound, 'a'));
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkCmdFillBuffer-dstBuffer-00031"));
  VkCommandBuffer const commands = scene.vulkan.fill(scene.buffer, 'a');
  CHECK(scene.run(commands).empty());
  SECTION("the memory is freed") {
    scene.vulkan.free(scene.memory);
    CHECK_THAT(scene.run(commands), ContainsSubstring("vkCmdFillBuffer: a buffer or image without memory"));
  }
  SECTION("the buffer is destroyed") {
    scene.vulkan.destroy_buffer(scene.buffer);
    CHECK_THAT(scene.run(commands), ContainsSubstring("vkCmdFillBuffer: a buffer or image that does not live"));
  }
}

TEST_CASE("wrong signals are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkSemaphore const timeline = scene.vulkan.create_timeline(5);
  scene.vulkan.signal(timeline, 5);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkSemaphoreSignalInfo-value-03258"));
  scene.vulkan.submit(scene.queue, {{.signals = {timeline}, .signal_values = {4}}});
  scene.vulkan.wait_idle(scene.queue);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkSubmitInfo-pSignalSemaphores-03242"));
  CHECK(scene.vulkan.value(timeline) == 5);
  VkSemaphore const binary = scene.vulkan.create_semaphore();
  scene.vulkan.signal(binary, 1);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkSignalSemaphore: a binary semaphore"));
  VkFence const fence = scene.vulkan.create_fence();
  scene.vulkan.submit(scene.queue, {}, fence);
  CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
  scene.vulkan.submit(scene.queue, {}, fence);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkQueueSubmit-fence-00063"));
}

TEST_CASE("synchronization whose feature is off is noted", "[simulated_driver][misuse]") {
  Gpu gpu = test_gpu();
  gpu.hidden = {"timelineSemaphore", "synchronization2"};
  SimulatedDriver driver{gpu};
  RawVulkan vulkan{driver};
  static_cast<void>(vulkan.create_timeline());
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkSemaphoreTypeCreateInfo-timelineSemaphore-03252"));
  auto const submit = vulkan.function<PFN_vkQueueSubmit2>("vkQueueSubmit2");
  CHECK(submit(vulkan.queue(0), 0, nullptr, VK_NULL_HANDLE) == VK_SUCCESS);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkQueueSubmit2-synchronization2-03866"));
}

TEST_CASE("queues and families that are not there are noted", "[simulated_driver][misuse]") {
  Scene scene;
  CHECK(scene.vulkan.queue(0, 1) == nullptr);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkGetDeviceQueue-queueFamilyIndex-00384"));
  VkDeviceQueueInfo2 const queue_info{VK_STRUCTURE_TYPE_DEVICE_QUEUE_INFO_2, nullptr, 0, 9, 0};
  VkQueue queue = nullptr;
  scene.vulkan.call<PFN_vkGetDeviceQueue2>("vkGetDeviceQueue2", &queue_info, &queue);
  CHECK(queue == nullptr);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkDeviceQueueInfo2-queueFamilyIndex-01842"));
  VkCommandPoolCreateInfo const info{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, nullptr, 0, 9};
  VkCommandPool pool = VK_NULL_HANDLE;
  scene.vulkan.call<PFN_vkCreateCommandPool>("vkCreateCommandPool", &info, nullptr, &pool);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkCreateCommandPool-queueFamilyIndex-01937"));
  scene.vulkan.call<PFN_vkDestroyCommandPool>("vkDestroyCommandPool", pool, nullptr);
  Gpu gpu = test_gpu();
  VkDevice device = nullptr;
  gpu.queue_families = {{VK_QUEUE_TRANSFER_BIT, 2}};
  CHECK(create_raw_device(scene.vulkan.instance(), gpu, device) == VK_ERROR_INITIALIZATION_FAILED);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkDeviceQueueCreateInfo-queueCount-00382"));
  gpu.queue_families.assign(4, {VK_QUEUE_TRANSFER_BIT, 1});
  CHECK(create_raw_device(scene.vulkan.instance(), gpu, device) == VK_ERROR_INITIALIZATION_FAILED);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkDeviceQueueCreateInfo-queueFamilyIndex-00381"));
}

TEST_CASE("command buffers that change while a queue has them are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkCommandPoolCreateInfo const info{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, nullptr, 0, 0};
  VkCommandPool pool = VK_NULL_HANDLE;
  REQUIRE(scene.vulkan.call<PFN_vkCreateCommandPool>("vkCreateCommandPool", &info, nullptr, &pool) == VK_SUCCESS);
  VkCommandBufferAllocateInfo const allocation{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, nullptr, pool,
                                               VK_COMMAND_BUFFER_LEVEL_PRIMARY, 1};
  VkCommandBuffer commands = nullptr;
  scene.vulkan.call<PFN_vkAllocateCommandBuffers>("vkAllocateCommandBuffers", &allocation, &commands);
  scene.vulkan.control().hold(scene.queue);
  scene.vulkan.submit(scene.queue, {{.command_buffers = {commands}}});
  scene.vulkan.record(commands, [](VkCommandBuffer) {});
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkBeginCommandBuffer-commandBuffer-00049"));
  scene.vulkan.function<PFN_vkResetCommandBuffer>("vkResetCommandBuffer")(commands, 0);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkResetCommandBuffer-commandBuffer-00045"));
  scene.vulkan.call<PFN_vkResetCommandPool>("vkResetCommandPool", pool, VkCommandPoolResetFlags{0});
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkResetCommandPool-commandPool-00040"));
  scene.vulkan.call<PFN_vkFreeCommandBuffers>("vkFreeCommandBuffers", pool, 1U, &commands);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkFreeCommandBuffers-pCommandBuffers-00047"));
  scene.vulkan.call<PFN_vkAllocateCommandBuffers>("vkAllocateCommandBuffers", &allocation, &commands);
  scene.vulkan.submit(scene.queue, {{.command_buffers = {commands}}});
  scene.vulkan.call<PFN_vkDestroyCommandPool>("vkDestroyCommandPool", pool, nullptr);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkDestroyCommandPool-commandPool-00041"));
  scene.vulkan.control().release(scene.queue);
  scene.vulkan.wait_idle(scene.queue);
}

TEST_CASE("command buffers may change once a queue is done with them", "[simulated_driver]") {
  Scene scene;
  VkCommandBuffer const commands = scene.vulkan.fill(scene.buffer, 'a');
  CHECK(scene.run(commands).empty());
  scene.vulkan.record(commands, [](VkCommandBuffer) {});
  CHECK(scene.driver.take_violations().empty());
}

}  // namespace ashlar::test
