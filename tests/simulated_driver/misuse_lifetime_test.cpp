// What is destroyed, freed or reset while a submission may still use it is noted. A submission may, until the host has
// waited for it.

#include <functional>
#include <string>
#include <vector>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;

/// One submission that uses an object of each kind.
struct Scene {
  Scene() {
    VkCommandBuffer const commands = vulkan.commands(0, [&](VkCommandBuffer recorded) {
      vulkan.function<PFN_vkCmdSetEvent>("vkCmdSetEvent")(recorded, event, VK_PIPELINE_STAGE_TRANSFER_BIT);
      vulkan.function<PFN_vkCmdFillBuffer>("vkCmdFillBuffer")(recorded, buffer, 0, 64, 0);
      VkBufferImageCopy const region{0, 0, 0, {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1}, {0, 0, 0}, {16, 1, 1}};
      vulkan.order_commands(recorded);
      vulkan.function<PFN_vkCmdCopyBufferToImage>("vkCmdCopyBufferToImage")(recorded, buffer, image,
                                                                            VK_IMAGE_LAYOUT_GENERAL, 1, &region);
    });
    vulkan.submit(queue, {{.command_buffers = {commands}, .signals = {semaphore}}}, fence);
  }
  VkImage create_bound_image() {
    VkImage const made = vulkan.create_image(16);
    vulkan.bind_image(made, vulkan.allocate(vulkan.image_requirements(made).size, device_local));
    return made;
  }
  std::string after(std::function<void()> const& act) {
    act();
    return violations(driver);
  }

  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkQueue queue = vulkan.queue(0);
  VkFence fence = vulkan.create_fence();
  VkSemaphore semaphore = vulkan.create_semaphore();
  VkEvent event = vulkan.create_event();
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer buffer = vulkan.create_bound_buffer(64, coherent, memory);
  VkImage image = create_bound_image();
};

}  // namespace

TEST_CASE("what a submission uses may go once the host has waited for it", "[simulated_driver][misuse]") {
  Scene scene;
  bool const waits = GENERATE(true, false);
  if (waits) {
    CHECK(scene.vulkan.wait(scene.fence) == VK_SUCCESS);
  }
  auto const noted = [&](char const* vuid, std::function<void()> const& act) {
    CHECK((scene.after(act).find(vuid) != std::string::npos) == !waits);
  };
  noted("VUID-vkResetFences-pFences-01123",
        [&] { scene.vulkan.call<PFN_vkResetFences>("vkResetFences", 1U, &scene.fence); });
  noted("VUID-vkDestroyFence-fence-01120", [&] { scene.vulkan.destroy_fence(scene.fence); });
  noted("VUID-vkDestroySemaphore-semaphore-01137", [&] { scene.vulkan.destroy_semaphore(scene.semaphore); });
  noted("VUID-vkDestroyEvent-event-01145", [&] { scene.vulkan.destroy_event(scene.event); });
  noted("VUID-vkDestroyImage-image-01000", [&] { scene.vulkan.destroy_image(scene.image); });
  noted("VUID-vkDestroyBuffer-buffer-00922", [&] { scene.vulkan.destroy_buffer(scene.buffer); });
  noted("VUID-vkFreeMemory-memory-00677", [&] { scene.vulkan.free(scene.memory); });
  scene.vulkan.wait_idle(scene.queue);
  static_cast<void>(scene.driver.take_violations());
}

TEST_CASE("each way in which the host waits ends the use", "[simulated_driver]") {
  Scene scene;
  auto const waited = GENERATE(
      as<std::function<void(Scene&)>>{}, [](Scene& one) { CHECK(one.vulkan.wait(one.fence) == VK_SUCCESS); },
      [](Scene& one) {
        while (one.vulkan.call<PFN_vkGetFenceStatus>("vkGetFenceStatus", one.fence) == VK_NOT_READY) {
        }
      },
      [](Scene& one) { one.vulkan.wait_idle(one.queue); },
      [](Scene& one) { one.vulkan.call<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle"); },
      [](Scene& one) {
        VkSemaphore const later = one.vulkan.create_timeline();
        one.vulkan.submit(one.queue, {{.signals = {later}, .signal_values = {1}}});
        CHECK(one.vulkan.wait(later, 1, UINT64_MAX) == VK_SUCCESS);
      });
  waited(scene);
  CHECK(scene.after([&] { scene.vulkan.destroy_buffer(scene.buffer); }).empty());
}

TEST_CASE("waiting for another queue does not end the use", "[simulated_driver][misuse]") {
  Scene scene;
  scene.vulkan.wait_idle(scene.vulkan.queue(1));
  CHECK_THAT(scene.after([&] { scene.vulkan.destroy_buffer(scene.buffer); }),
             ContainsSubstring("VUID-vkDestroyBuffer-buffer-00922"));
  scene.vulkan.wait_idle(scene.queue);
  static_cast<void>(scene.driver.take_violations());  // The commands may have found the buffer gone.
}

TEST_CASE("a lost device uses nothing", "[simulated_driver]") {
  Scene scene;
  scene.vulkan.control().lose();
  CHECK(scene.after([&] { scene.vulkan.destroy_buffer(scene.buffer); }).empty());
}

}  // namespace ashlar::test
