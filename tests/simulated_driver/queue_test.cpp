// Queues carry out commands later than they are submitted, in order, on threads of their own.

#include <atomic>
#include <string>
#include <thread>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "simulated_driver/waiter.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

/// A device with a buffer of four bytes that the device sees as 'x's.
struct Scene {
  explicit Scene(SimulatedDriver& its_driver) : driver{its_driver} { driver.device_write(memory, 0, "xxxx"); }

  [[nodiscard]] std::string bytes() const { return driver.device_read(memory, 0, 4); }
  void wait_at_hold(VkQueue queue) const {
    REQUIRE(vulkan.control().table().wait_at_hold(queue, long_enough) == VK_TRUE);
  }

  SimulatedDriver& driver;
  RawVulkan vulkan{driver};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer buffer = vulkan.create_bound_buffer(4, coherent, memory);
};

}  // namespace

TEST_CASE("a queue that is held changes no byte until it is released", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkQueue const queue = scene.vulkan.queue(0);
  scene.vulkan.control().hold(queue);
  VkFence const fence = scene.vulkan.create_fence();
  CHECK(scene.vulkan.submit(queue, {{.command_buffers = {scene.vulkan.fill(scene.buffer, 'a')}}}, fence) == VK_SUCCESS);
  scene.wait_at_hold(queue);
  CHECK(scene.bytes() == "xxxx");
  CHECK(scene.vulkan.call<PFN_vkGetFenceStatus>("vkGetFenceStatus", fence) == VK_NOT_READY);
  scene.vulkan.control().release(queue);
  CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
  CHECK(scene.bytes() == "aaaa");
}

TEST_CASE("submissions that begin when they are awaited change no byte before", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  driver.begin_when_awaited();
  Scene scene{driver};
  VkQueue const queue = scene.vulkan.queue(0);
  VkFence const fence = scene.vulkan.create_fence();
  CHECK(scene.vulkan.submit(queue, {{.command_buffers = {scene.vulkan.fill(scene.buffer, 'a')}}}, fence) == VK_SUCCESS);
  CHECK(scene.vulkan.call<PFN_vkGetFenceStatus>("vkGetFenceStatus", fence) == VK_NOT_READY);
  CHECK(scene.bytes() == "xxxx");
  CHECK(scene.vulkan.wait(fence, 0) == VK_SUCCESS);
  CHECK(scene.bytes() == "aaaa");
  CHECK(scene.vulkan.submit(queue, {{.command_buffers = {scene.vulkan.fill(scene.buffer, 'b')}}}) == VK_SUCCESS);
  driver.let_work_end();
  CHECK(scene.bytes() == "bbbb");
  CHECK(scene.vulkan.wait_idle(queue) == VK_SUCCESS);
}

TEST_CASE("a hold lets as many submissions begin as it says", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkQueue const queue = scene.vulkan.queue(0);
  scene.vulkan.control().hold(queue, 2);
  std::vector<RawSubmit> submits;
  for (char const letter : {'a', 'b', 'c'}) {
    submits.push_back({.command_buffers = {scene.vulkan.fill(scene.buffer, letter)}});
  }
  CHECK(scene.vulkan.submit(queue, submits) == VK_SUCCESS);
  scene.wait_at_hold(queue);
  CHECK(scene.bytes() == "bbbb");
  scene.vulkan.control().release(queue);
  CHECK(scene.vulkan.wait_idle(queue) == VK_SUCCESS);
  CHECK(scene.bytes() == "cccc");
}

TEST_CASE("waiting at a hold ends when nothing comes to it", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan const vulkan{driver};
  vulkan.control().hold(vulkan.queue(0));
  CHECK(vulkan.control().table().wait_at_hold(vulkan.queue(0), 0) == VK_FALSE);
}

TEST_CASE("commands of a queue are carried out in order", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkQueue const queue = scene.vulkan.queue(0);
  VkCommandBuffer const fills = scene.vulkan.commands(0, [&](VkCommandBuffer commands) {
    for (std::uint32_t const word : {0x61616161U, 0x62626262U}) {
      scene.vulkan.function<PFN_vkCmdFillBuffer>("vkCmdFillBuffer")(commands, scene.buffer, 0, 4, word);
      scene.vulkan.order_commands(commands);
    }
  });
  VkDeviceMemory log_memory = VK_NULL_HANDLE;
  VkBuffer const log = scene.vulkan.create_bound_buffer(16, coherent, log_memory);
  auto const note = [&](VkDeviceSize at) { return scene.vulkan.copy(scene.buffer, log, {0, at, 4}); };
  scene.vulkan.submit(queue, {{.command_buffers = {note(0), fills, note(4)}},
                              {.command_buffers = {scene.vulkan.fill(scene.buffer, 'c'), note(8)}}});
  scene.vulkan.submit(queue, {{.command_buffers = {scene.vulkan.fill(scene.buffer, 'd'), note(12)}}});
  scene.vulkan.wait_idle(queue);
  CHECK(driver.device_read(log_memory, 0, 16) == "xxxxbbbbccccdddd");
}

TEST_CASE("queues do not wait for each other", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkQueue const held = scene.vulkan.queue(1, 0);
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer const buffer = scene.vulkan.create_bound_buffer(4, coherent, memory);
  scene.vulkan.control().hold(held);
  scene.vulkan.submit(held, {{.command_buffers = {scene.vulkan.fill(buffer, 'a', 1)}}});
  scene.wait_at_hold(held);
  char letter = 'b';
  for (std::uint32_t const family : {0U, 1U, 2U}) {
    VkQueue const queue = scene.vulkan.queue(family, family == 1 ? 1 : 0);
    scene.vulkan.run(queue, scene.vulkan.fill(scene.buffer, letter, family));
    CHECK(scene.bytes() == std::string(4, letter));
    ++letter;
  }
  scene.vulkan.control().release(held);
  scene.vulkan.wait_idle(held);
  CHECK(driver.device_read(memory, 0, 4) == "aaaa");
}

TEST_CASE("waiting for a queue or a device ends when all of it is done", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkQueue const held = scene.vulkan.queue(1, 1);
  scene.vulkan.control().hold(held);
  scene.vulkan.submit(held, {{.command_buffers = {scene.vulkan.fill(scene.buffer, 'a', 1)}}});
  scene.wait_at_hold(held);
  CHECK(scene.vulkan.wait_idle(scene.vulkan.queue(1, 0)) == VK_SUCCESS);  // Of the same family, and idle.
  bool const whole_device = GENERATE(false, true);
  char const* const function = whole_device ? "vkDeviceWaitIdle" : "vkQueueWaitIdle";
  std::uint64_t const calls = driver.calls(function);
  std::string seen;
  Waiter waiter{[&] {
    VkResult const result =
        whole_device ? scene.vulkan.call<PFN_vkDeviceWaitIdle>(function) : scene.vulkan.wait_idle(held);
    seen = scene.bytes();
    return result;
  }};
  while (driver.calls(function) == calls) {
    std::this_thread::yield();
  }
  CHECK_FALSE(waiter.returned());
  scene.vulkan.control().release(held);
  CHECK(waiter.join() == VK_SUCCESS);
  CHECK(seen == "aaaa");
}

TEST_CASE("secondary command buffers are carried out where they were called", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkDeviceMemory log_memory = VK_NULL_HANDLE;
  VkBuffer const log = scene.vulkan.create_bound_buffer(8, coherent, log_memory);
  VkCommandBuffer const secondary = scene.vulkan.allocate_commands(0, VK_COMMAND_BUFFER_LEVEL_SECONDARY);
  auto const copy_to = [&](VkCommandBuffer commands, VkDeviceSize at) {
    VkBufferCopy const region{0, at, 4};
    scene.vulkan.function<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer")(commands, scene.buffer, log, 1, &region);
  };
  scene.vulkan.record(secondary, [&](VkCommandBuffer commands) {
    scene.vulkan.function<PFN_vkCmdFillBuffer>("vkCmdFillBuffer")(commands, scene.buffer, 0, 4, 0x73737373U);
  });
  scene.vulkan.run(scene.vulkan.queue(0), scene.vulkan.commands(0, [&](VkCommandBuffer commands) {
    copy_to(commands, 0);
    scene.vulkan.order_commands(commands);
    scene.vulkan.function<PFN_vkCmdExecuteCommands>("vkCmdExecuteCommands")(commands, 1, &secondary);
    scene.vulkan.order_commands(commands);
    copy_to(commands, 4);
  }));
  CHECK(driver.device_read(log_memory, 0, 8) == "xxxxssss");
}

TEST_CASE("a command buffer that is recorded again forgets what it held", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkCommandBuffer const commands = scene.vulkan.fill(scene.buffer, 'a');
  scene.vulkan.record(commands, [](VkCommandBuffer) {});
  scene.vulkan.run(scene.vulkan.queue(0), commands);
  CHECK(scene.bytes() == "xxxx");
}

TEST_CASE("vkQueueSubmit2 waits, carries out and signals", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene{driver};
  VkSemaphore const semaphore = scene.vulkan.create_timeline();
  auto const info = [&](std::uint64_t value) {
    return VkSemaphoreSubmitInfo{VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO, nullptr, semaphore, value,
                                 VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,    0};
  };
  VkSemaphoreSubmitInfo const wait = info(1);
  VkSemaphoreSubmitInfo const signal = info(2);
  VkCommandBufferSubmitInfo const commands{VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO, nullptr,
                                           scene.vulkan.fill(scene.buffer, 'a'), 0};
  VkSubmitInfo2 const submit{VK_STRUCTURE_TYPE_SUBMIT_INFO_2, nullptr, 0, 1, &wait, 1, &commands, 1, &signal};
  for (char const* name : {"vkQueueSubmit2", "vkQueueSubmit2KHR"}) {
    CHECK(scene.vulkan.function<PFN_vkQueueSubmit2>(name) != nullptr);
  }
  VkFence const fence = scene.vulkan.create_fence();
  auto const submit2 = scene.vulkan.function<PFN_vkQueueSubmit2>("vkQueueSubmit2");
  CHECK(submit2(scene.vulkan.queue(0), 1, &submit, fence) == VK_SUCCESS);
  CHECK(scene.vulkan.wait(fence, 0) == VK_TIMEOUT);
  CHECK(scene.bytes() == "xxxx");
  CHECK(scene.vulkan.signal(semaphore, 1) == VK_SUCCESS);
  CHECK(scene.vulkan.wait(fence) == VK_SUCCESS);
  CHECK(scene.bytes() == "aaaa");
  CHECK(scene.vulkan.value(semaphore) == 2);
}

}  // namespace ashlar::test
