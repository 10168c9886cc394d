// Command buffers in the wrong state are noted.

#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;

struct Scene {
  /// A command buffer of a pool that does not let single ones be reset.
  VkCommandBuffer allocate_of_strict_pool() {
    VkCommandPoolCreateInfo const info{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, nullptr, 0, 0};
    vulkan.call<PFN_vkCreateCommandPool>("vkCreateCommandPool", &info, nullptr, &strict_pool);
    VkCommandBufferAllocateInfo const allocation{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, nullptr, strict_pool,
                                                 VK_COMMAND_BUFFER_LEVEL_PRIMARY, 1};
    VkCommandBuffer commands = nullptr;
    vulkan.call<PFN_vkAllocateCommandBuffers>("vkAllocateCommandBuffers", &allocation, &commands);
    return commands;
  }
  ~Scene() { vulkan.call<PFN_vkDestroyCommandPool>("vkDestroyCommandPool", strict_pool, nullptr); }

  std::string begin(VkCommandBuffer commands) {
    VkCommandBufferBeginInfo const info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, nullptr, 0, nullptr};
    vulkan.function<PFN_vkBeginCommandBuffer>("vkBeginCommandBuffer")(commands, &info);
    return violations(driver);
  }
  std::string end(VkCommandBuffer commands) {
    vulkan.function<PFN_vkEndCommandBuffer>("vkEndCommandBuffer")(commands);
    return violations(driver);
  }
  std::string reset(VkCommandBuffer commands) {
    vulkan.function<PFN_vkResetCommandBuffer>("vkResetCommandBuffer")(commands, 0);
    return violations(driver);
  }
  std::string submit(VkCommandBuffer commands, std::uint32_t family = 0) {
    vulkan.submit(vulkan.queue(family), {{.command_buffers = {commands}}});
    return violations(driver);
  }
  std::string submit2(VkCommandBuffer commands) {
    VkCommandBufferSubmitInfo const buffer{VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO, nullptr, commands, 0};
    VkSubmitInfo2 const info{VK_STRUCTURE_TYPE_SUBMIT_INFO_2, nullptr, 0, 0, nullptr, 1, &buffer, 0, nullptr};
    vulkan.function<PFN_vkQueueSubmit2>("vkQueueSubmit2")(vulkan.queue(0), 1, &info, VK_NULL_HANDLE);
    return violations(driver);
  }

  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkCommandPool strict_pool = VK_NULL_HANDLE;
};

void nothing(VkCommandBuffer /*commands*/) {}

}  // namespace

TEST_CASE("a command buffer is recorded between its begin and its end", "[simulated_driver][misuse]") {
  Scene scene;
  VkCommandBuffer const commands = scene.vulkan.allocate_commands(0);
  CHECK_THAT(scene.end(commands), ContainsSubstring("VUID-vkEndCommandBuffer-commandBuffer-00059"));
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer const buffer = scene.vulkan.create_bound_buffer(64, coherent, memory);
  auto const fill = [&] {
    scene.vulkan.function<PFN_vkCmdFillBuffer>("vkCmdFillBuffer")(commands, buffer, 0, 64, 0);
    return violations(scene.driver);
  };
  CHECK_THAT(fill(), ContainsSubstring("VUID-vkCmdFillBuffer-commandBuffer-recording"));
  CHECK(scene.begin(commands).empty());
  CHECK(fill().empty());
  CHECK_THAT(scene.begin(commands), ContainsSubstring("VUID-vkBeginCommandBuffer-commandBuffer-00049"));
  CHECK(scene.end(commands).empty());
  CHECK_THAT(fill(), ContainsSubstring("VUID-vkCmdFillBuffer-commandBuffer-recording"));
}

TEST_CASE("every command is recorded between begin and end", "[simulated_driver][misuse]") {
  Scene scene;
  VkCommandBuffer const commands = scene.vulkan.allocate_commands(0);
  VkEvent const event = scene.vulkan.create_event();
  scene.vulkan.show_to_host(commands);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkCmdPipelineBarrier-commandBuffer-recording"));
  VkDependencyInfo const info{VK_STRUCTURE_TYPE_DEPENDENCY_INFO, nullptr, 0, 0, nullptr, 0, nullptr, 0, nullptr};
  scene.vulkan.function<PFN_vkCmdPipelineBarrier2>("vkCmdPipelineBarrier2")(commands, &info);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkCmdPipelineBarrier2-commandBuffer-recording"));
  scene.vulkan.function<PFN_vkCmdSetEvent>("vkCmdSetEvent")(commands, event, VK_PIPELINE_STAGE_TRANSFER_BIT);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkCmdSetEvent-commandBuffer-recording"));
  scene.vulkan.function<PFN_vkCmdWaitEvents2>("vkCmdWaitEvents2")(commands, 1, &event, &info);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkCmdWaitEvents2-commandBuffer-recording"));
}

TEST_CASE("a command buffer is submitted when it is executable", "[simulated_driver][misuse]") {
  Scene scene;
  VkCommandBuffer const commands = scene.vulkan.allocate_commands(0);
  CHECK_THAT(scene.submit(commands), ContainsSubstring("VUID-vkQueueSubmit-pCommandBuffers-00070"));
  CHECK_THAT(scene.submit2(commands), ContainsSubstring("VUID-vkQueueSubmit2-commandBuffer-03874"));
  scene.vulkan.wait_idle(scene.vulkan.queue(0));
  CHECK(scene.begin(commands).empty());
  CHECK_THAT(scene.submit(commands), ContainsSubstring("VUID-vkQueueSubmit-pCommandBuffers-00070"));
  scene.vulkan.wait_idle(scene.vulkan.queue(0));
  CHECK(scene.end(commands).empty());
  CHECK(scene.submit(commands).empty());
}

TEST_CASE("a command buffer is submitted once at a time, if it does not say otherwise", "[simulated_driver][misuse]") {
  Scene scene;
  VkCommandBuffer const once = scene.vulkan.commands(0, nothing);
  VkCommandBuffer const again = scene.vulkan.commands(0, nothing, VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT);
  CHECK(scene.submit(once).empty());
  CHECK_THAT(scene.submit(once), ContainsSubstring("VUID-vkQueueSubmit-pCommandBuffers-00071"));
  CHECK_THAT(scene.submit2(once), ContainsSubstring("VUID-vkQueueSubmit2-commandBuffer-03875"));
  CHECK(scene.submit(again).empty());
  CHECK(scene.submit(again).empty());
  scene.vulkan.wait_idle(scene.vulkan.queue(0));
  CHECK(scene.submit(once).empty());
  VkCommandBuffer const twice = scene.vulkan.commands(0, nothing);
  scene.vulkan.submit(scene.vulkan.queue(0), {{.command_buffers = {twice}}, {.command_buffers = {twice}}});
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkQueueSubmit-pCommandBuffers-00071"));
}

TEST_CASE("a command buffer for one submission is recorded anew for the next", "[simulated_driver][misuse]") {
  Scene scene;
  VkCommandBuffer const commands = scene.vulkan.commands(0, nothing, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
  CHECK(scene.submit(commands).empty());
  scene.vulkan.wait_idle(scene.vulkan.queue(0));
  CHECK_THAT(scene.submit(commands), ContainsSubstring("VUID-vkQueueSubmit-pCommandBuffers-00070"));
  scene.vulkan.wait_idle(scene.vulkan.queue(0));
  scene.vulkan.record(commands, nothing);
  CHECK(scene.submit(commands).empty());
}

TEST_CASE("command buffers go to queues of their pool's family", "[simulated_driver][misuse]") {
  Scene scene;
  CHECK(scene.submit(scene.vulkan.commands(1, nothing), 1).empty());
  CHECK_THAT(scene.submit(scene.vulkan.commands(0, nothing), 1),
             ContainsSubstring("VUID-vkQueueSubmit-pCommandBuffers-00074"));
  CHECK_THAT(scene.submit2(scene.vulkan.commands(1, nothing)),
             ContainsSubstring("VUID-vkQueueSubmit2-commandBuffer-03878"));
}

TEST_CASE("primary command buffers are submitted, secondary ones called", "[simulated_driver][misuse]") {
  Scene scene;
  VkCommandBuffer const secondary = scene.vulkan.allocate_commands(0, VK_COMMAND_BUFFER_LEVEL_SECONDARY);
  auto const call = [&](VkCommandBuffer other) {
    VkCommandBuffer const commands = scene.vulkan.commands(0, [&](VkCommandBuffer recorded) {
      scene.vulkan.function<PFN_vkCmdExecuteCommands>("vkCmdExecuteCommands")(recorded, 1, &other);
    });
    return commands;
  };
  static_cast<void>(call(secondary));
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkCmdExecuteCommands-pCommandBuffers-00089"));
  scene.vulkan.record(secondary, nothing);
  CHECK_THAT(scene.submit(secondary), ContainsSubstring("VUID-VkSubmitInfo-pCommandBuffers-00075"));
  scene.vulkan.wait_idle(scene.vulkan.queue(0));
  CHECK_THAT(scene.submit2(secondary), ContainsSubstring("VUID-VkCommandBufferSubmitInfo-commandBuffer-03890"));
  scene.vulkan.wait_idle(scene.vulkan.queue(0));
  static_cast<void>(call(scene.vulkan.commands(0, nothing)));
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkCmdExecuteCommands-pCommandBuffers-00088"));
  VkCommandBuffer const first = call(secondary);
  VkCommandBuffer const second = call(secondary);
  CHECK(scene.submit(first).empty());
  CHECK_THAT(scene.submit(second), ContainsSubstring("VUID-vkQueueSubmit-pCommandBuffers-00073"));
}

TEST_CASE("a pool that does not let single command buffers be reset is minded", "[simulated_driver][misuse]") {
  Scene scene;
  VkCommandBuffer const commands = scene.allocate_of_strict_pool();
  CHECK(scene.begin(commands).empty());
  CHECK(scene.end(commands).empty());
  CHECK_THAT(scene.begin(commands), ContainsSubstring("VUID-vkBeginCommandBuffer-commandBuffer-00050"));
  CHECK_THAT(scene.reset(commands), ContainsSubstring("VUID-vkResetCommandBuffer-commandBuffer-00046"));
  scene.vulkan.call<PFN_vkResetCommandPool>("vkResetCommandPool", scene.strict_pool, VkCommandPoolResetFlags{0});
  CHECK(scene.begin(commands).empty());
}

}  // namespace ashlar::test
