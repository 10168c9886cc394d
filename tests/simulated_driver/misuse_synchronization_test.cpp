// Wrong fences, semaphores and events are noted.

#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;

struct Scene {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
};

}  // namespace

TEST_CASE("a binary semaphore where a timeline is wanted is noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkSemaphore const binary = scene.vulkan.create_semaphore();
  VkSemaphore const timeline = scene.vulkan.create_timeline(1);
  static_cast<void>(scene.vulkan.value(binary));
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkGetSemaphoreCounterValue-semaphore-03255"));
  scene.vulkan.wait(binary, 0, 0);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkSemaphoreWaitInfo-pSemaphores-03256"));
  scene.vulkan.signal(binary, 1);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkSemaphoreSignalInfo-semaphore-03257"));
  CHECK(scene.vulkan.value(timeline) == 1);
  CHECK(scene.vulkan.wait(timeline, 1, 0) == VK_SUCCESS);
  CHECK(scene.vulkan.signal(timeline, 2) == VK_SUCCESS);
  CHECK(scene.driver.take_violations().empty());
  scene.vulkan.signal(timeline, 2);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkSemaphoreSignalInfo-value-03258"));
}

TEST_CASE("a semaphore that begins with a value is a timeline", "[simulated_driver][misuse]") {
  Scene scene;
  auto const create = [&](VkSemaphoreType type, std::uint64_t value) {
    VkSemaphoreTypeCreateInfo const of_type{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO, nullptr, type, value};
    VkSemaphoreCreateInfo const info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, &of_type, 0};
    VkSemaphore made = VK_NULL_HANDLE;
    scene.vulkan.call<PFN_vkCreateSemaphore>("vkCreateSemaphore", &info, nullptr, &made);
    scene.vulkan.call<PFN_vkDestroySemaphore>("vkDestroySemaphore", made, nullptr);
    return violations(scene.driver);
  };
  CHECK(create(VK_SEMAPHORE_TYPE_BINARY, 0).empty());
  CHECK(create(VK_SEMAPHORE_TYPE_TIMELINE, 1).empty());
  CHECK_THAT(create(VK_SEMAPHORE_TYPE_BINARY, 1),
             ContainsSubstring("VUID-VkSemaphoreTypeCreateInfo-semaphoreType-03279"));
}

TEST_CASE("waits and resets of nothing are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkFence const fence = scene.vulkan.create_fence();
  auto const wait = [&](std::uint32_t count) {
    scene.vulkan.call<PFN_vkWaitForFences>("vkWaitForFences", count, &fence, VkBool32{VK_TRUE}, std::uint64_t{0});
    return violations(scene.driver);
  };
  auto const reset = [&](std::uint32_t count) {
    scene.vulkan.call<PFN_vkResetFences>("vkResetFences", count, &fence);
    return violations(scene.driver);
  };
  CHECK(wait(1).empty());
  CHECK_THAT(wait(0), ContainsSubstring("VUID-vkWaitForFences-fenceCount-arraylength"));
  CHECK(reset(1).empty());
  CHECK_THAT(reset(0), ContainsSubstring("VUID-vkResetFences-fenceCount-arraylength"));
  VkSemaphoreWaitInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO, nullptr, 0, 0, nullptr, nullptr};
  scene.vulkan.call<PFN_vkWaitSemaphores>("vkWaitSemaphores", &info, std::uint64_t{0});
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkSemaphoreWaitInfo-semaphoreCount-arraylength"));
}

TEST_CASE("unknown flags of synchronization are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkFenceCreateInfo const fence_info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, nullptr, 2};
  VkFence fence = VK_NULL_HANDLE;
  scene.vulkan.call<PFN_vkCreateFence>("vkCreateFence", &fence_info, nullptr, &fence);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkFenceCreateInfo-flags-parameter"));
  scene.vulkan.call<PFN_vkDestroyFence>("vkDestroyFence", fence, nullptr);
  VkEventCreateInfo const event_info{VK_STRUCTURE_TYPE_EVENT_CREATE_INFO, nullptr, 2};
  VkEvent event = VK_NULL_HANDLE;
  scene.vulkan.call<PFN_vkCreateEvent>("vkCreateEvent", &event_info, nullptr, &event);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkEventCreateInfo-flags-parameter"));
  scene.vulkan.call<PFN_vkDestroyEvent>("vkDestroyEvent", event, nullptr);
  VkSemaphore const timeline = scene.vulkan.create_timeline();
  std::uint64_t const value = 0;
  VkSemaphoreWaitInfo info{
      VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO, nullptr, VK_SEMAPHORE_WAIT_ANY_BIT, 1, &timeline, &value};
  scene.vulkan.call<PFN_vkWaitSemaphores>("vkWaitSemaphores", &info, std::uint64_t{0});
  CHECK(scene.driver.take_violations().empty());
  info.flags = 2;
  scene.vulkan.call<PFN_vkWaitSemaphores>("vkWaitSemaphores", &info, std::uint64_t{0});
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkSemaphoreWaitInfo-flags-parameter"));
}

TEST_CASE("an event for the device only in the host's hands is noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkEventCreateInfo const info{VK_STRUCTURE_TYPE_EVENT_CREATE_INFO, nullptr, VK_EVENT_CREATE_DEVICE_ONLY_BIT};
  VkEvent event = VK_NULL_HANDLE;
  scene.vulkan.call<PFN_vkCreateEvent>("vkCreateEvent", &info, nullptr, &event);
  CHECK(scene.driver.take_violations().empty());
  scene.vulkan.call<PFN_vkGetEventStatus>("vkGetEventStatus", event);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkGetEventStatus-event-03940"));
  scene.vulkan.call<PFN_vkSetEvent>("vkSetEvent", event);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkSetEvent-event-03941"));
  scene.vulkan.call<PFN_vkResetEvent>("vkResetEvent", event);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkResetEvent-event-03823"));
  scene.vulkan.call<PFN_vkDestroyEvent>("vkDestroyEvent", event, nullptr);
  VkEvent const ordinary = scene.vulkan.create_event();
  scene.vulkan.call<PFN_vkSetEvent>("vkSetEvent", ordinary);
  CHECK(scene.vulkan.call<PFN_vkGetEventStatus>("vkGetEventStatus", ordinary) == VK_EVENT_SET);
  CHECK(scene.driver.take_violations().empty());
}

}  // namespace ashlar::test
