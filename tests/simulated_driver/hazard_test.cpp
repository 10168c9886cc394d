// Commands that touch the same bytes with no dependency between them are noted, and so are writes that the host waits
// for without a barrier.

#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "simulated_driver/waiter.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr char const* conflict = "(ASHLAR-conflict)";
constexpr char const* unseen = "(ASHLAR-no-host-barrier)";

struct Scene {
  /// Commands that fill a buffer, and no more.
  VkCommandBuffer fill(VkBuffer target, std::uint32_t family = 0) {
    return vulkan.bare_commands(
        family, [&](VkCommandBuffer commands) { record_fill(commands, target); },
        VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT);
  }
  VkCommandBuffer copy(VkBuffer from, VkBuffer to, std::uint32_t family = 0) {
    return vulkan.bare_commands(family, [&](VkCommandBuffer commands) { record_copy(commands, from, to); });
  }
  void record_fill(VkCommandBuffer commands, VkBuffer target) const {
    vulkan.function<PFN_vkCmdFillBuffer>("vkCmdFillBuffer")(commands, target, 0, 64, 0);
  }
  void record_copy(VkCommandBuffer commands, VkBuffer from, VkBuffer to) const {
    VkBufferCopy const region{0, 0, 64};
    vulkan.function<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer")(commands, from, to, 1, &region);
  }
  void submit(RawSubmit const& submit) const { vulkan.submit(queue, {submit}); }
  /// Waits for all, and takes what was noted.
  std::string finish() {
    vulkan.call<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle");
    return violations(driver);
  }
  VkBuffer create_bound_buffer(std::uint32_t type) {
    VkDeviceMemory memory = VK_NULL_HANDLE;
    return vulkan.create_bound_buffer(64, type, memory);
  }

  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkQueue queue = vulkan.queue(0);
  VkQueue other = vulkan.queue(1);
  VkBuffer a = create_bound_buffer(device_local);
  VkBuffer b = create_bound_buffer(device_local);
  VkBuffer c = create_bound_buffer(device_local);
};

}  // namespace

TEST_CASE("commands of a queue that conflict need a barrier", "[simulated_driver][misuse]") {
  Scene scene;
  SECTION("a write after a write") {
    scene.submit({.command_buffers = {scene.fill(scene.a)}});
    scene.submit({.command_buffers = {scene.fill(scene.a)}});
    CHECK_THAT(scene.finish(),
               ContainsSubstring("vkCmdFillBuffer (submission 2 of queue 0) writes what vkCmdFillBuffer "
                                 "(submission 1 of queue 0) wrote, with no dependency"));
  }
  SECTION("a read after a write") {
    scene.submit({.command_buffers = {scene.fill(scene.a), scene.copy(scene.a, scene.b)}});
    CHECK_THAT(scene.finish(), ContainsSubstring("vkCmdCopyBuffer (submission 1 of queue 0) reads what"));
  }
  SECTION("a write after a read") {
    scene.submit({.command_buffers = {scene.copy(scene.a, scene.b), scene.fill(scene.a)}});
    CHECK_THAT(scene.finish(), ContainsSubstring("writes what vkCmdCopyBuffer (submission 1 of queue 0) read"));
  }
  SECTION("two regions of one copy to the same bytes") {
    VkBufferCopy const regions[] = {{0, 0, 32}, {32, 16, 32}};
    scene.submit({.command_buffers = {scene.vulkan.bare_commands(0, [&](VkCommandBuffer commands) {
                    scene.vulkan.function<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer")(commands, scene.a, scene.b, 2,
                                                                                  regions);
                  })}});
    CHECK_THAT(scene.finish(), ContainsSubstring(conflict));
  }
  SECTION("reads do not conflict, nor do commands on other bytes") {
    scene.submit({.command_buffers = {scene.copy(scene.a, scene.b), scene.copy(scene.a, scene.c)}});
    CHECK(scene.finish().empty());
  }
}

TEST_CASE("only a barrier of the right stages and accesses helps", "[simulated_driver][misuse]") {
  Scene scene;
  auto const run = [&](VkPipelineStageFlags source, VkAccessFlags source_access, VkPipelineStageFlags target,
                       VkAccessFlags target_access, bool write_first) {
    scene.vulkan.run(scene.queue, scene.vulkan.bare_commands(0, [&](VkCommandBuffer commands) {
      write_first ? scene.record_fill(commands, scene.a) : scene.record_copy(commands, scene.a, scene.b);
      scene.vulkan.barrier(commands, source, source_access, target, target_access);
      write_first ? scene.record_copy(commands, scene.a, scene.b) : scene.record_fill(commands, scene.a);
    }));
    return scene.finish();
  };
  constexpr VkPipelineStageFlags transfer = VK_PIPELINE_STAGE_TRANSFER_BIT;
  constexpr VkPipelineStageFlags compute = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
  constexpr VkAccessFlags reads = VK_ACCESS_TRANSFER_READ_BIT;
  constexpr VkAccessFlags writes = VK_ACCESS_TRANSFER_WRITE_BIT;
  CHECK(run(transfer, writes, transfer, reads, true).empty());
  CHECK(run(VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_ACCESS_MEMORY_WRITE_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
            VK_ACCESS_MEMORY_READ_BIT, true)
            .empty());
  CHECK_THAT(run(transfer, 0, transfer, reads, true), ContainsSubstring(conflict));
  CHECK_THAT(run(transfer, writes, transfer, 0, true), ContainsSubstring(conflict));
  CHECK_THAT(run(transfer, writes, transfer, writes, true), ContainsSubstring(conflict));
  CHECK_THAT(run(compute, 0, transfer, reads, true), ContainsSubstring(conflict));
  CHECK_THAT(run(transfer, writes, compute, 0, true), ContainsSubstring(conflict));
  CHECK(run(transfer, 0, transfer, 0, false).empty());  // A write after a read needs an order, and no more.
  CHECK_THAT(run(compute, 0, transfer, 0, false), ContainsSubstring(conflict));
}

TEST_CASE("barriers of one command do not chain with each other", "[simulated_driver][misuse]") {
  Scene scene;
  VkMemoryBarrier2 barriers[2]{};
  for (VkMemoryBarrier2& barrier : barriers) {
    barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER_2;
  }
  barriers[0].srcStageMask = VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT;
  barriers[0].srcAccessMask = VK_ACCESS_2_TRANSFER_WRITE_BIT;
  barriers[0].dstStageMask = VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT;
  barriers[1].srcStageMask = VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT;
  barriers[1].dstStageMask = VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT;
  barriers[1].dstAccessMask = VK_ACCESS_2_TRANSFER_READ_BIT;
  VkDependencyInfo const info{VK_STRUCTURE_TYPE_DEPENDENCY_INFO, nullptr, 0, 2, barriers, 0, nullptr, 0, nullptr};
  scene.vulkan.run(scene.queue, scene.vulkan.bare_commands(0, [&](VkCommandBuffer commands) {
    scene.record_copy(commands, scene.a, scene.b);
    scene.vulkan.function<PFN_vkCmdPipelineBarrier2>("vkCmdPipelineBarrier2")(commands, &info);
    scene.record_fill(commands, scene.a);
  }));
  CHECK_THAT(scene.finish(), ContainsSubstring(conflict));
}

TEST_CASE("barriers chain", "[simulated_driver]") {
  Scene scene;
  scene.vulkan.run(scene.queue, scene.vulkan.bare_commands(0, [&](VkCommandBuffer commands) {
    scene.record_fill(commands, scene.a);
    scene.vulkan.barrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT,
                         VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0);
    scene.vulkan.barrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, VK_PIPELINE_STAGE_TRANSFER_BIT,
                         VK_ACCESS_TRANSFER_READ_BIT);
    scene.record_copy(commands, scene.a, scene.b);
  }));
  CHECK(scene.finish().empty());
}

TEST_CASE("a barrier of a buffer helps that buffer's bytes", "[simulated_driver][misuse]") {
  Scene scene;
  auto const run = [&](VkBuffer named) {
    VkBufferMemoryBarrier barrier{};
    barrier.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER;
    barrier.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
    barrier.dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT;
    barrier.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
    barrier.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
    barrier.buffer = named;
    barrier.size = VK_WHOLE_SIZE;
    scene.vulkan.run(scene.queue, scene.vulkan.bare_commands(0, [&](VkCommandBuffer commands) {
      scene.record_fill(commands, scene.a);
      scene.vulkan.function<PFN_vkCmdPipelineBarrier>("vkCmdPipelineBarrier")(commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                                                                              VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0,
                                                                              nullptr, 1, &barrier, 0, nullptr);
      scene.record_copy(commands, scene.a, scene.b);
    }));
    return scene.finish();
  };
  CHECK(run(scene.a).empty());
  CHECK_THAT(run(scene.c), ContainsSubstring(conflict));
}

TEST_CASE("submissions to two queues that conflict need a semaphore", "[simulated_driver][misuse]") {
  Scene scene;
  VkSemaphore const semaphore = scene.vulkan.create_semaphore();
  SECTION("without one") {
    scene.submit({.command_buffers = {scene.fill(scene.a)}});
    scene.vulkan.submit(scene.other, {{.command_buffers = {scene.copy(scene.a, scene.b, 1)}}});
    CHECK_THAT(scene.finish(), ContainsSubstring(conflict));
  }
  SECTION("with a barrier, which orders one queue alone") {
    scene.submit({.command_buffers = {scene.fill(scene.a)}});
    scene.vulkan.submit(scene.other, {{.command_buffers = {scene.vulkan.copy(scene.a, scene.b, {0, 0, 64}, 1)}}});
    CHECK_THAT(scene.finish(), ContainsSubstring(conflict));
  }
  SECTION("with a binary one") {
    scene.submit({.command_buffers = {scene.fill(scene.a)}, .signals = {semaphore}});
    scene.vulkan.submit(scene.other, {{.command_buffers = {scene.copy(scene.a, scene.b, 1)}, .waits = {semaphore}}});
    CHECK(scene.finish().empty());
  }
  SECTION("with a timeline through a third queue") {
    VkSemaphore const timeline = scene.vulkan.create_timeline();
    scene.submit({.command_buffers = {scene.fill(scene.a)}, .signals = {timeline}, .signal_values = {1}});
    scene.vulkan.submit(scene.vulkan.queue(2),
                        {{.waits = {timeline}, .wait_values = {1}, .signals = {timeline}, .signal_values = {2}}});
    scene.vulkan.submit(
        scene.other, {{.command_buffers = {scene.copy(scene.a, scene.b, 1)}, .waits = {timeline}, .wait_values = {2}}});
    CHECK(scene.finish().empty());
  }
}

TEST_CASE("the host orders two queues if it waits before the second is submitted, or signals to it",
          "[simulated_driver][misuse]") {
  Scene scene;
  SECTION("with a wait of the host between the two") {
    VkFence const fence = scene.vulkan.create_fence();
    scene.vulkan.submit(scene.queue, {{.command_buffers = {scene.fill(scene.a)}}}, fence);
    CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
    scene.vulkan.submit(scene.other, {{.command_buffers = {scene.copy(scene.a, scene.b, 1)}}});
    CHECK(scene.finish().empty());
  }
  SECTION("with a wait of the host after both were submitted") {
    VkFence const fence = scene.vulkan.create_fence();
    scene.vulkan.control().hold(scene.other);
    scene.vulkan.submit(scene.queue, {{.command_buffers = {scene.fill(scene.a)}}}, fence);
    scene.vulkan.submit(scene.other, {{.command_buffers = {scene.copy(scene.a, scene.b, 1)}}});
    CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
    scene.vulkan.control().release(scene.other);
    CHECK_THAT(scene.finish(), ContainsSubstring(conflict));
  }
  SECTION("with a wait of the host, and its signal to the other") {
    VkFence const fence = scene.vulkan.create_fence();
    VkSemaphore const timeline = scene.vulkan.create_timeline();
    scene.vulkan.submit(
        scene.other, {{.command_buffers = {scene.copy(scene.a, scene.b, 1)}, .waits = {timeline}, .wait_values = {1}}});
    scene.vulkan.submit(scene.queue, {{.command_buffers = {scene.fill(scene.a)}}}, fence);
    CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
    scene.vulkan.signal(timeline, 1);
    CHECK(scene.finish().empty());
  }
}

TEST_CASE("a timeline orders what its value was signaled after", "[simulated_driver][misuse]") {
  Scene scene;
  SECTION("with the value that the timeline began with") {
    VkSemaphore const timeline = scene.vulkan.create_timeline();
    VkFence const fence = scene.vulkan.create_fence();
    scene.submit({.command_buffers = {scene.fill(scene.a)}, .signals = {timeline}, .signal_values = {1}});
    scene.vulkan.control().hold(scene.other);
    scene.vulkan.submit(
        scene.other, {{.command_buffers = {scene.copy(scene.a, scene.b, 1)}, .waits = {timeline}, .wait_values = {0}}},
        fence);
    scene.vulkan.wait_idle(scene.queue);
    scene.vulkan.control().release(scene.other);
    CHECK_THAT(scene.finish(), ContainsSubstring(conflict));
  }
  SECTION("with an older value of the timeline") {
    VkSemaphore const timeline = scene.vulkan.create_timeline();
    scene.submit({.signals = {timeline}, .signal_values = {1}});
    scene.submit({.command_buffers = {scene.fill(scene.a)}, .signals = {timeline}, .signal_values = {2}});
    scene.vulkan.submit(
        scene.other, {{.command_buffers = {scene.copy(scene.a, scene.b, 1)}, .waits = {timeline}, .wait_values = {1}}});
    CHECK_THAT(scene.finish(), ContainsSubstring(conflict));
  }
}

TEST_CASE("a semaphore orders the stages that wait for it", "[simulated_driver][misuse]") {
  Scene scene;
  VkSemaphore const semaphore = scene.vulkan.create_semaphore();
  scene.submit({.command_buffers = {scene.fill(scene.a)}, .signals = {semaphore}});
  VkCommandBuffer const copy = scene.copy(scene.a, scene.b, 1);
  VkPipelineStageFlags const stage = GENERATE(VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT);
  VkSubmitInfo const info{VK_STRUCTURE_TYPE_SUBMIT_INFO, nullptr, 1, &semaphore, &stage, 1, &copy, 0, nullptr};
  scene.vulkan.function<PFN_vkQueueSubmit>("vkQueueSubmit")(scene.other, 1, &info, VK_NULL_HANDLE);
  bool const noted = scene.finish().find(conflict) != std::string::npos;
  CHECK(noted == (stage == VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT));
}

TEST_CASE("a barrier goes on from the stages that waited for a semaphore", "[simulated_driver]") {
  Scene scene;
  VkSemaphore const semaphore = scene.vulkan.create_semaphore();
  scene.submit({.command_buffers = {scene.fill(scene.a)}, .signals = {semaphore}});
  constexpr VkPipelineStageFlags compute = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
  VkCommandBuffer const copy = scene.vulkan.bare_commands(1, [&](VkCommandBuffer commands) {
    scene.vulkan.barrier(commands, compute, 0, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT);
    scene.record_copy(commands, scene.a, scene.b);
  });
  VkSubmitInfo const info{VK_STRUCTURE_TYPE_SUBMIT_INFO, nullptr, 1, &semaphore, &compute, 1, &copy, 0, nullptr};
  scene.vulkan.function<PFN_vkQueueSubmit>("vkQueueSubmit")(scene.other, 1, &info, VK_NULL_HANDLE);
  CHECK(scene.finish().empty());
}

TEST_CASE("a write that the host waits for needs a barrier to the host", "[simulated_driver][misuse]") {
  Scene scene;
  std::uint32_t const type = GENERATE(coherent, cached);
  VkBuffer const visible = scene.create_bound_buffer(type);
  auto const fill_and_show = [&](bool show) {
    return scene.vulkan.bare_commands(0, [&](VkCommandBuffer commands) {
      scene.record_fill(commands, visible);
      if (show) {
        scene.vulkan.show_to_host(commands);
      }
    });
  };
  VkFence const fence = scene.vulkan.create_fence();
  SECTION("with one") {
    scene.vulkan.submit(scene.queue, {{.command_buffers = {fill_and_show(true)}}}, fence);
    CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
    CHECK(scene.finish().empty());
  }
  SECTION("without one") {
    scene.vulkan.submit(scene.queue, {{.command_buffers = {fill_and_show(false)}}}, fence);
    CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
    CHECK_THAT(violations(scene.driver), ContainsSubstring(unseen));
  }
  SECTION("with one before the write") {
    VkCommandBuffer const show =
        scene.vulkan.bare_commands(0, [&](VkCommandBuffer commands) { scene.vulkan.show_to_host(commands); });
    scene.submit({.command_buffers = {show, fill_and_show(false)}});
    CHECK_THAT(scene.finish(), ContainsSubstring(unseen));
  }
  SECTION("with one in a later submission, which the host does not wait for") {
    VkCommandBuffer const show =
        scene.vulkan.bare_commands(0, [&](VkCommandBuffer commands) { scene.vulkan.show_to_host(commands); });
    scene.vulkan.control().hold(scene.queue, 2);
    scene.vulkan.submit(scene.queue, {{.command_buffers = {fill_and_show(false)}}}, fence);
    scene.submit({.command_buffers = {show}});
    scene.submit({});
    CHECK(scene.vulkan.control().table().wait_at_hold(scene.queue, long_enough) == VK_TRUE);
    CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
    CHECK_THAT(violations(scene.driver), ContainsSubstring(unseen));
    scene.vulkan.control().release(scene.queue);
  }
  SECTION("with one on a queue that waits for the first") {
    VkSemaphore const semaphore = scene.vulkan.create_semaphore();
    VkCommandBuffer const show =
        scene.vulkan.bare_commands(1, [&](VkCommandBuffer commands) { scene.vulkan.show_to_host(commands); });
    scene.submit({.command_buffers = {fill_and_show(false)}, .signals = {semaphore}});
    scene.vulkan.submit(scene.other, {{.command_buffers = {show}, .waits = {semaphore}}}, fence);
    CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
    CHECK(scene.finish().empty());
  }
}

TEST_CASE("the device may keep to itself what it writes to its own memory", "[simulated_driver]") {
  Scene scene;
  scene.submit({.command_buffers = {scene.fill(scene.a)}});
  CHECK(scene.finish().empty());
}

}  // namespace ashlar::test
