// Submissions with wrong semaphores, fences and stages are noted, and barriers with wrong stages and ranges.

#include <string>
#include <vector>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;

struct Scene {
  std::string submit(RawSubmit const& submit, VkFence fence = VK_NULL_HANDLE) {
    vulkan.submit(queue, {submit}, fence);
    return violations(driver);
  }
  /// Waits for a semaphore in a stage, on a queue of a family; without values.
  std::string wait_in(VkPipelineStageFlags stage, VkSemaphore semaphore, std::uint32_t family = 0) {
    VkSubmitInfo const info{VK_STRUCTURE_TYPE_SUBMIT_INFO, nullptr, 1, &semaphore, &stage, 0, nullptr, 0, nullptr};
    vulkan.function<PFN_vkQueueSubmit>("vkQueueSubmit")(vulkan.queue(family), 1, &info, VK_NULL_HANDLE);
    return violations(driver);
  }
  std::string wait_in2(VkPipelineStageFlags2 stage, VkSemaphore semaphore, std::uint32_t family = 0) {
    VkSemaphoreSubmitInfo const wait{VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO, nullptr, semaphore, 0, stage, 0};
    VkSubmitInfo2 const info{VK_STRUCTURE_TYPE_SUBMIT_INFO_2, nullptr, 0, 1, &wait, 0, nullptr, 0, nullptr};
    vulkan.function<PFN_vkQueueSubmit2>("vkQueueSubmit2")(vulkan.queue(family), 1, &info, VK_NULL_HANDLE);
    return violations(driver);
  }
  std::string barrier(std::uint32_t family, VkPipelineStageFlags source, VkAccessFlags source_access,
                      VkPipelineStageFlags target, VkAccessFlags target_access) {
    static_cast<void>(vulkan.bare_commands(family, [&](VkCommandBuffer commands) {
      vulkan.barrier(commands, source, source_access, target, target_access);
    }));
    return violations(driver);
  }
  std::string buffer_barrier(VkBuffer buffer, VkDeviceSize offset, VkDeviceSize size) {
    VkBufferMemoryBarrier const info{VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
                                     nullptr,
                                     0,
                                     0,
                                     VK_QUEUE_FAMILY_IGNORED,
                                     VK_QUEUE_FAMILY_IGNORED,
                                     buffer,
                                     offset,
                                     size};
    static_cast<void>(vulkan.bare_commands(0, [&](VkCommandBuffer commands) {
      vulkan.function<PFN_vkCmdPipelineBarrier>("vkCmdPipelineBarrier")(commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                                                                        VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, nullptr,
                                                                        1, &info, 0, nullptr);
    }));
    return violations(driver);
  }

  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkQueue queue = vulkan.queue(0);
};

}  // namespace

TEST_CASE("binary semaphores are signaled once, and waited for once", "[simulated_driver][misuse]") {
  Scene scene;
  VkSemaphore const semaphore = scene.vulkan.create_semaphore();
  CHECK(scene.submit({.signals = {semaphore}}).empty());
  CHECK(scene.submit({.waits = {semaphore}}).empty());
  CHECK(scene.submit({.signals = {semaphore}}).empty());
  CHECK_THAT(scene.submit({.signals = {semaphore}}), ContainsSubstring("VUID-vkQueueSubmit-pSignalSemaphores-00067"));
  CHECK(scene.submit({.waits = {semaphore}}).empty());
  scene.vulkan.control().hold(scene.queue);  // Nothing will ever signal it: the device is lost before that hangs.
  CHECK_THAT(scene.submit({.waits = {semaphore}}), ContainsSubstring("VUID-vkQueueSubmit-pWaitSemaphores-03238"));
  CHECK_THAT(scene.wait_in2(VK_PIPELINE_STAGE_2_COPY_BIT, semaphore),
             ContainsSubstring("VUID-vkQueueSubmit2-semaphore-03873"));
  scene.vulkan.control().lose();
}

TEST_CASE("waits in stages that make no sense are noted", "[simulated_driver][misuse]") {
  Scene scene;
  auto const signaled = [&] {
    VkSemaphore const semaphore = scene.vulkan.create_semaphore();
    CHECK(scene.submit({.signals = {semaphore}}).empty());
    return semaphore;
  };
  CHECK(scene.wait_in(VK_PIPELINE_STAGE_TRANSFER_BIT, signaled()).empty());
  CHECK(scene.wait_in(VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, signaled(), 1).empty());
  CHECK_THAT(scene.wait_in(VK_PIPELINE_STAGE_HOST_BIT, signaled()),
             ContainsSubstring("VUID-VkSubmitInfo-pWaitDstStageMask-00078"));
  CHECK_THAT(scene.wait_in(VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, signaled(), 2),
             ContainsSubstring("VUID-vkQueueSubmit-pWaitDstStageMask-00066"));
  CHECK_THAT(scene.wait_in(VK_PIPELINE_STAGE_VERTEX_SHADER_BIT, signaled(), 1),
             ContainsSubstring("VUID-vkQueueSubmit-pWaitDstStageMask-00066"));
  CHECK_THAT(scene.wait_in2(VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT, signaled(), 2),
             ContainsSubstring("VUID-vkQueueSubmit2-stageMask-03870"));
}

TEST_CASE("a wait in no stage needs synchronization2", "[simulated_driver][misuse]") {
  Gpu gpu = test_gpu();
  gpu.hidden = {"synchronization2"};
  SimulatedDriver driver{gpu};
  RawVulkan vulkan{driver};
  VkSemaphore const semaphore = vulkan.create_semaphore();
  vulkan.submit(vulkan.queue(0), {{.signals = {semaphore}}});
  VkPipelineStageFlags const none = 0;
  VkSubmitInfo const info{VK_STRUCTURE_TYPE_SUBMIT_INFO, nullptr, 1, &semaphore, &none, 0, nullptr, 0, nullptr};
  vulkan.function<PFN_vkQueueSubmit>("vkQueueSubmit")(vulkan.queue(0), 1, &info, VK_NULL_HANDLE);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkSubmitInfo-pWaitDstStageMask-03937"));
}

TEST_CASE("timeline semaphores need as many values as there are semaphores", "[simulated_driver][misuse]") {
  Scene scene;
  VkSemaphore const timeline = scene.vulkan.create_timeline(1);
  CHECK(scene.submit({.waits = {timeline}, .wait_values = {1}}).empty());
  CHECK_THAT(scene.submit({.waits = {timeline}}), ContainsSubstring("VUID-VkSubmitInfo-pNext-03240"));
  CHECK_THAT(scene.wait_in(VK_PIPELINE_STAGE_TRANSFER_BIT, timeline),
             ContainsSubstring("VUID-VkSubmitInfo-pWaitSemaphores-03239"));
  scene.vulkan.wait_idle(scene.queue);
  scene.vulkan.control().hold(scene.queue);
  CHECK_THAT(scene.submit({.signals = {timeline}}), ContainsSubstring("VUID-VkSubmitInfo-pNext-03241"));
  scene.vulkan.control().release(scene.queue);
  scene.vulkan.wait_idle(scene.queue);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkSubmitInfo-pSignalSemaphores-03242"));
}

TEST_CASE("the host signals values that no submission has yet to reach", "[simulated_driver][misuse]") {
  Scene scene;
  VkSemaphore const timeline = scene.vulkan.create_timeline();
  scene.vulkan.control().hold(scene.queue);
  CHECK(scene.submit({.signals = {timeline}, .signal_values = {5}}).empty());
  scene.vulkan.signal(timeline, 4);
  CHECK(scene.driver.take_violations().empty());
  SECTION("the same") { scene.vulkan.signal(timeline, 5); }
  SECTION("a greater one") { scene.vulkan.signal(timeline, 6); }
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkSemaphoreSignalInfo-value-03259"));
  scene.vulkan.control().release(scene.queue);
  scene.vulkan.wait_idle(scene.queue);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkSubmitInfo-pSignalSemaphores-03242"));
}

TEST_CASE("a fence is for one submission at a time", "[simulated_driver][misuse]") {
  Scene scene;
  VkFence const fence = scene.vulkan.create_fence();
  scene.vulkan.control().hold(scene.queue);
  CHECK(scene.submit({}, fence).empty());
  CHECK_THAT(scene.submit({}, fence), ContainsSubstring("VUID-vkQueueSubmit-fence-00064"));
  VkSubmitInfo2 const info{VK_STRUCTURE_TYPE_SUBMIT_INFO_2, nullptr, 0, 0, nullptr, 0, nullptr, 0, nullptr};
  auto const submit2 = scene.vulkan.function<PFN_vkQueueSubmit2>("vkQueueSubmit2");
  submit2(scene.queue, 1, &info, fence);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkQueueSubmit2-fence-04895"));
  scene.vulkan.control().release(scene.queue);
  CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
  submit2(scene.queue, 1, &info, fence);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkQueueSubmit2-fence-04894"));
}

TEST_CASE("barriers have stages of the queue family, and accesses of the stages", "[simulated_driver][misuse]") {
  Scene scene;
  constexpr VkPipelineStageFlags transfer = VK_PIPELINE_STAGE_TRANSFER_BIT;
  constexpr VkPipelineStageFlags compute = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
  constexpr VkPipelineStageFlags host = VK_PIPELINE_STAGE_HOST_BIT;
  CHECK(scene.barrier(1, compute, VK_ACCESS_SHADER_WRITE_BIT, transfer, VK_ACCESS_TRANSFER_READ_BIT).empty());
  CHECK(scene.barrier(2, transfer, VK_ACCESS_TRANSFER_WRITE_BIT, host, VK_ACCESS_HOST_READ_BIT).empty());
  CHECK_THAT(scene.barrier(2, compute, 0, transfer, 0),
             ContainsSubstring("VUID-vkCmdPipelineBarrier-srcStageMask-06461"));
  CHECK_THAT(scene.barrier(2, transfer, 0, compute, 0),
             ContainsSubstring("VUID-vkCmdPipelineBarrier-dstStageMask-06462"));
  CHECK_THAT(scene.barrier(0, host, VK_ACCESS_TRANSFER_WRITE_BIT, transfer, 0),
             ContainsSubstring("VUID-vkCmdPipelineBarrier-srcAccessMask-02815"));
  CHECK_THAT(scene.barrier(0, transfer, 0, transfer, VK_ACCESS_HOST_READ_BIT),
             ContainsSubstring("VUID-vkCmdPipelineBarrier-dstAccessMask-02816"));
}

TEST_CASE("barriers of buffers lie in them", "[simulated_driver][misuse]") {
  Scene scene;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer const buffer = scene.vulkan.create_bound_buffer(64, coherent, memory);
  CHECK(scene.buffer_barrier(buffer, 32, 32).empty());
  CHECK(scene.buffer_barrier(buffer, 63, VK_WHOLE_SIZE).empty());
  CHECK_THAT(scene.buffer_barrier(buffer, 64, VK_WHOLE_SIZE),
             ContainsSubstring("VUID-VkBufferMemoryBarrier-offset-01187"));
  CHECK_THAT(scene.buffer_barrier(buffer, 32, 33), ContainsSubstring("VUID-VkBufferMemoryBarrier-size-01189"));
  CHECK_THAT(scene.buffer_barrier(buffer, 32, 0), ContainsSubstring("VUID-VkBufferMemoryBarrier-size-01188"));
  CHECK_THAT(scene.buffer_barrier(scene.vulkan.create_buffer(64), 0, 64),
             ContainsSubstring("VUID-VkBufferMemoryBarrier-buffer-01931"));
}

}  // namespace ashlar::test
