// Objects that two threads use at once, although one of the calls has to have them for itself, are noted.

#include <functional>
#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "simulated_driver/waiter.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

/// A call is held on another thread; what is called meanwhile comes second.
struct Scene {
  /// What `second` breaks while `first`, a call of `function`, is held.
  std::string meet(char const* function, std::function<void()> const& first, std::function<void()> const& second) {
    driver.block_next(function);
    Waiter waiter{[&] {
      first();
      return VK_SUCCESS;
    }};
    driver.wait_until_blocked(function);
    second();
    std::string const noted = violations(driver);
    driver.release(function);
    waiter.join();
    CHECK(driver.take_violations().empty());  // The first is not to blame.
    return noted;
  }

  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
};

}  // namespace

TEST_CASE("a queue that two threads use at once is noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkQueue const queue = scene.vulkan.queue(1);
  VkQueue const other = scene.vulkan.queue(1, 1);
  auto const submit = [&](VkQueue to) { return [&, to] { scene.vulkan.submit(to, {}); }; };
  auto const wait = [&](VkQueue of) { return [&, of] { scene.vulkan.wait_idle(of); }; };
  auto const wait_all = [&] { scene.vulkan.call<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle"); };
  CHECK(scene.meet("vkQueueSubmit", submit(queue), submit(queue)) ==
        "vkQueueSubmit: a VkQueue is used by another thread at the same time, by vkQueueSubmit (ASHLAR-two-threads)\n");
  CHECK(
      scene.meet("vkQueueSubmit", submit(queue), wait(queue)) ==
      "vkQueueWaitIdle: a VkQueue is used by another thread at the same time, by vkQueueSubmit (ASHLAR-two-threads)\n");
  CHECK(scene.meet("vkQueueSubmit", submit(queue), wait_all) ==
        "vkDeviceWaitIdle: a VkQueue is used by another thread at the same time, by vkQueueSubmit "
        "(ASHLAR-two-threads)\n");
  CHECK(scene.meet("vkDeviceWaitIdle", wait_all, submit(queue)) ==
        "vkQueueSubmit: a VkQueue is used by another thread at the same time, by vkDeviceWaitIdle "
        "(ASHLAR-two-threads)\n");
  CHECK(scene.meet("vkQueueSubmit", submit(queue), submit(other)).empty());
  CHECK(scene.meet("vkQueueSubmit", submit(queue), wait(other)).empty());
  submit(queue)();  // Whose turn it is, is nobody's business.
  CHECK(scene.driver.take_violations().empty());
}

TEST_CASE("a wait is a use of the queue until it ends", "[simulated_driver][misuse]") {
  Scene scene;
  VkQueue const queue = scene.vulkan.queue(0);
  VkSemaphore const timeline = scene.vulkan.create_timeline();
  scene.vulkan.submit(queue, {{.waits = {timeline}, .wait_values = {1}}});
  std::string noted;
  {
    scene.driver.block_next("vkQueueWaitIdle");
    Waiter waiter{[&] { return scene.vulkan.wait_idle(queue); }};
    scene.driver.wait_until_blocked("vkQueueWaitIdle");
    scene.driver.release("vkQueueWaitIdle");
    scene.vulkan.submit(queue, {});  // The queue is not idle before the signal.
    noted = violations(scene.driver);
    scene.vulkan.signal(timeline, 1);
  }
  CHECK(
      noted ==
      "vkQueueSubmit: a VkQueue is used by another thread at the same time, by vkQueueWaitIdle (ASHLAR-two-threads)\n");
}

TEST_CASE("threads may put labels on one queue at once", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawInstance const instance{{VK_EXT_DEBUG_UTILS_EXTENSION_NAME}};
  VkDevice device = nullptr;
  REQUIRE(create_raw_device(instance, driver.gpu(), device) == VK_SUCCESS);
  VkQueue queue = nullptr;
  instance.function<PFN_vkGetDeviceQueue>("vkGetDeviceQueue")(device, 0, 0, &queue);
  auto const end_label = instance.function<PFN_vkQueueEndDebugUtilsLabelEXT>("vkQueueEndDebugUtilsLabelEXT");
  REQUIRE(end_label != nullptr);
  driver.block_next("vkQueueEndDebugUtilsLabelEXT");
  Waiter waiter{[&] {
    end_label(queue);
    return VK_SUCCESS;
  }};
  driver.wait_until_blocked("vkQueueEndDebugUtilsLabelEXT");
  end_label(queue);
  driver.release("vkQueueEndDebugUtilsLabelEXT");
  waiter.join();
  CHECK(driver.take_violations().empty());
  instance.function<PFN_vkDestroyDevice>("vkDestroyDevice")(device, nullptr);
}

TEST_CASE("memory that two threads use at once is noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkDeviceMemory const memory = scene.vulkan.allocate(4096, cached);
  VkDeviceMemory const other = scene.vulkan.allocate(4096, cached);
  VkBuffer const buffer = scene.vulkan.create_buffer(64);
  static_cast<void>(scene.vulkan.map(memory));
  auto const flush = [&] { scene.vulkan.flush(memory); };
  auto const unmap = [&] { scene.vulkan.unmap(memory); };
  CHECK(scene.meet("vkUnmapMemory", unmap, [&] { scene.vulkan.bind(buffer, memory); }) ==
        "vkBindBufferMemory: a VkDeviceMemory is used by another thread at the same time, by vkUnmapMemory "
        "(ASHLAR-two-threads)\n");
  auto const map = [&] { static_cast<void>(scene.vulkan.map(memory)); };
  CHECK(scene.meet("vkMapMemory", map, [&] { scene.vulkan.bind(scene.vulkan.create_buffer(64), memory, 64); }) ==
        "vkBindBufferMemory: a VkDeviceMemory is used by another thread at the same time, by vkMapMemory "
        "(ASHLAR-two-threads)\n");
  CHECK(scene.meet("vkFlushMappedMemoryRanges", flush, flush).empty());  // Both share it.
  CHECK(scene
            .meet("vkFlushMappedMemoryRanges", flush,
                  [&] { scene.vulkan.bind(scene.vulkan.create_buffer(64), memory, 128); })
            .empty());
  CHECK(scene.meet("vkFlushMappedMemoryRanges", flush, [&] { static_cast<void>(scene.vulkan.map(other)); }).empty());
  CHECK(scene.meet("vkFlushMappedMemoryRanges", [&] { scene.vulkan.flush(other); }, unmap).empty());
  auto const free_nothing = [&] { scene.vulkan.free(VK_NULL_HANDLE); };
  CHECK(scene.meet("vkFreeMemory", free_nothing, free_nothing).empty());
  CHECK(scene.meet(
            "vkUnmapMemory", [&] { scene.vulkan.unmap(other); }, [&] { scene.vulkan.flush(other); }) ==
        "vkFlushMappedMemoryRanges: a VkDeviceMemory is used by another thread at the same time, by vkUnmapMemory "
        "(ASHLAR-two-threads)\n");
}

TEST_CASE("buffers and images that two threads use at once are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkDeviceMemory const memory = scene.vulkan.allocate(4096, cached);
  VkBuffer const buffer = scene.vulkan.create_buffer(64);
  VkImage const image = scene.vulkan.create_image(16);
  auto const bind = [&] { scene.vulkan.bind(buffer, memory); };
  auto const ask = [&] { static_cast<void>(scene.vulkan.requirements(buffer)); };
  CHECK(scene.meet("vkBindBufferMemory", bind, ask) ==
        "vkGetBufferMemoryRequirements: a VkBuffer is used by another thread at the same time, by vkBindBufferMemory "
        "(ASHLAR-two-threads)\n");
  CHECK(scene.meet("vkGetBufferMemoryRequirements", ask, ask).empty());
  VkBindImageMemoryInfo const info{VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_INFO, nullptr, image, memory, 1024};
  auto const bind_image = [&] { scene.vulkan.call<PFN_vkBindImageMemory2>("vkBindImageMemory2", 1U, &info); };
  CHECK(scene.meet("vkBindImageMemory2", bind_image,
                   [&] { static_cast<void>(scene.vulkan.image_requirements(image)); }) ==
        "vkGetImageMemoryRequirements: a VkImage is used by another thread at the same time, by vkBindImageMemory2 "
        "(ASHLAR-two-threads)\n");
  CHECK(scene.meet(
            "vkDestroyBuffer", [&] { scene.vulkan.destroy_buffer(buffer); }, ask) ==
        "vkGetBufferMemoryRequirements: a VkBuffer is used by another thread at the same time, by vkDestroyBuffer "
        "(ASHLAR-two-threads)\n");
}

TEST_CASE("fences, semaphores and events that two threads use at once are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkFence const fence = scene.vulkan.create_fence();
  VkQueue const queue = scene.vulkan.queue(0);
  auto const submit = [&] { scene.vulkan.submit(queue, {}, fence); };
  auto const reset = [&] { scene.vulkan.call<PFN_vkResetFences>("vkResetFences", 1U, &fence); };
  auto const ask = [&] { scene.vulkan.wait(fence, 0); };
  CHECK(
      scene.meet("vkQueueSubmit", submit, ask) ==
      "vkWaitForFences: a VkFence is used by another thread at the same time, by vkQueueSubmit (ASHLAR-two-threads)\n");
  scene.vulkan.wait(fence);
  CHECK(
      scene.meet("vkResetFences", reset, ask) ==
      "vkWaitForFences: a VkFence is used by another thread at the same time, by vkResetFences (ASHLAR-two-threads)\n");
  CHECK(scene.meet("vkWaitForFences", ask, ask).empty());
  VkSemaphore const semaphore = scene.vulkan.create_timeline();
  auto const value = [&] { static_cast<void>(scene.vulkan.value(semaphore)); };
  CHECK(scene.meet("vkGetSemaphoreCounterValue", value, [&] { scene.vulkan.signal(semaphore, 1); }).empty());
  CHECK(scene.meet(
            "vkDestroySemaphore", [&] { scene.vulkan.destroy_semaphore(semaphore); }, value) ==
        "vkGetSemaphoreCounterValue: a VkSemaphore is used by another thread at the same time, by vkDestroySemaphore "
        "(ASHLAR-two-threads)\n");
  VkEvent const event = scene.vulkan.create_event();
  auto const set = [&] { scene.vulkan.call<PFN_vkSetEvent>("vkSetEvent", event); };
  CHECK(scene.meet("vkSetEvent", set, set) ==
        "vkSetEvent: a VkEvent is used by another thread at the same time, by vkSetEvent (ASHLAR-two-threads)\n");
}

TEST_CASE("command buffers of one pool that two threads use at once are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkCommandBuffer const first = scene.vulkan.allocate_commands(0);
  VkCommandBuffer const second = scene.vulkan.allocate_commands(0);
  VkCommandBuffer const other = scene.vulkan.allocate_commands(1);
  auto const reset = [&](VkCommandBuffer commands) {
    return [&, commands] { scene.vulkan.function<PFN_vkResetCommandBuffer>("vkResetCommandBuffer")(commands, 0); };
  };
  CHECK(scene.meet("vkResetCommandBuffer", reset(first), reset(second)) ==
        "vkResetCommandBuffer: a VkCommandPool is used by another thread at the same time, by vkResetCommandBuffer "
        "(ASHLAR-two-threads)\n");
  CHECK(
      scene.meet("vkResetCommandBuffer", reset(first), [&] { static_cast<void>(scene.vulkan.allocate_commands(0)); }) ==
      "vkAllocateCommandBuffers: a VkCommandPool is used by another thread at the same time, by vkResetCommandBuffer "
      "(ASHLAR-two-threads)\n");
  CHECK(scene.meet("vkResetCommandBuffer", reset(first), reset(other)).empty());
  CHECK(scene.meet("vkResetCommandBuffer", reset(first), reset(first)) ==
        "vkResetCommandBuffer: a VkCommandPool is used by another thread at the same time, by vkResetCommandBuffer "
        "(ASHLAR-two-threads)\n"
        "vkResetCommandBuffer: a VkCommandBuffer is used by another thread at the same time, by vkResetCommandBuffer "
        "(ASHLAR-two-threads)\n");
}

TEST_CASE("a device that is destroyed while another thread uses it is noted", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawInstance const instance;
  VkDevice device = nullptr;
  REQUIRE(create_raw_device(instance, driver.gpu(), device) == VK_SUCCESS);
  auto const wait_idle = instance.function<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle");
  auto const destroy = instance.function<PFN_vkDestroyDevice>("vkDestroyDevice");
  VkQueue queue = nullptr;
  driver.block_next("vkDestroyDevice");
  Waiter waiter{[&] {
    destroy(device, nullptr);
    return VK_SUCCESS;
  }};
  driver.wait_until_blocked("vkDestroyDevice");
  instance.function<PFN_vkGetDeviceQueue>("vkGetDeviceQueue")(device, 0, 0, &queue);
  CHECK(violations(driver) ==
        "vkGetDeviceQueue: a VkDevice is used by another thread at the same time, by vkDestroyDevice "
        "(ASHLAR-two-threads)\n");
  wait_idle(device);
  CHECK_THAT(violations(driver), Catch::Matchers::ContainsSubstring("a VkQueue is used by another thread"));
  driver.release("vkDestroyDevice");
  waiter.join();
}

}  // namespace ashlar::test
