// Host writes to bytes that a submission uses, and that the host has not waited for, are noted.

#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "simulated_driver/waiter.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr char const* host_wrote = "the host wrote to bytes";

/// Two buffers of an atom each, side by side in one mapped memory.
struct Scene {
  explicit Scene(std::uint32_t type) : memory{vulkan.allocate(4 * atom, type)} {
    vulkan.bind(source, memory);
    vulkan.bind(target, memory, 2 * atom);
    bytes = vulkan.map(memory);
    vulkan.invalidate(memory);
  }

  void write(VkDeviceSize offset, char byte) const { bytes[offset] = byte; }
  void submit_copy(VkFence signaled) {
    vulkan.submit(queue, {{.command_buffers = {vulkan.copy(source, target, {0, 0, atom / 2})}}}, signaled);
  }
  std::string finish() {
    vulkan.call<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle");
    return violations(driver);
  }

  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkQueue queue = vulkan.queue(0);
  VkDeviceMemory memory;
  VkBuffer source = vulkan.create_buffer(atom);
  VkBuffer target = vulkan.create_buffer(atom);
  VkFence fence = vulkan.create_fence();
  char* bytes = nullptr;
};

}  // namespace

TEST_CASE("a host write to what a ready submission uses is noted", "[simulated_driver][misuse]") {
  Scene scene{GENERATE(coherent, cached)};
  scene.vulkan.control().hold(scene.queue);
  scene.submit_copy(scene.fence);
  SECTION("to what it reads") {
    scene.write(atom / 2 - 1, 'w');
    scene.vulkan.control().release(scene.queue);
    CHECK_THAT(scene.finish(), ContainsSubstring(host_wrote));
  }
  SECTION("to what it writes") {
    scene.write(2 * atom, 'w');
    scene.vulkan.control().release(scene.queue);
    CHECK_THAT(scene.finish(), ContainsSubstring(host_wrote));
  }
  SECTION("to the bytes beside them") {
    scene.write(atom / 2, 'w');
    scene.write(2 * atom + atom / 2, 'w');
    scene.vulkan.control().release(scene.queue);
    CHECK(scene.finish().empty());
  }
}

TEST_CASE("a host write before the host has waited is noted, though the queue is done", "[simulated_driver][misuse]") {
  Scene scene{GENERATE(coherent, cached)};
  scene.vulkan.control().hold(scene.queue, 1);
  scene.submit_copy(scene.fence);
  scene.vulkan.submit(scene.queue, {{}});
  CHECK(scene.vulkan.control().table().wait_at_hold(scene.queue, long_enough) == VK_TRUE);  // The copy is done.
  VkDeviceSize const offset = GENERATE(VkDeviceSize{0}, 2 * atom);
  bool const waits = GENERATE(true, false);
  if (waits) {
    CHECK(scene.vulkan.wait(scene.fence) == VK_SUCCESS);
  }
  scene.write(offset, 'w');
  scene.vulkan.control().release(scene.queue);
  CHECK((scene.finish().find(host_wrote) == std::string::npos) == waits);
}

TEST_CASE("an invalidation does not hide a host write", "[simulated_driver][misuse]") {
  Scene scene{cached};
  scene.vulkan.control().hold(scene.queue);
  scene.submit_copy(scene.fence);
  scene.write(0, 'w');
  scene.vulkan.invalidate(scene.memory, 0, atom);
  CHECK_THAT(violations(scene.driver), ContainsSubstring(host_wrote));
  scene.vulkan.control().release(scene.queue);
  CHECK(scene.finish().empty());
}

TEST_CASE("a submission that waits is not ready: the host may write", "[simulated_driver]") {
  Scene scene{coherent};
  VkSemaphore const semaphore = scene.vulkan.create_timeline();
  scene.vulkan.submit(scene.queue,
                      {{.command_buffers = {scene.vulkan.copy(scene.source, scene.target, {0, 0, atom / 2})},
                        .waits = {semaphore},
                        .wait_values = {1}}});
  scene.write(0, 'w');
  scene.vulkan.signal(semaphore, 1);
  CHECK(scene.finish().empty());
}

TEST_CASE("what is queued behind a submission that waits is not ready, either", "[simulated_driver]") {
  Scene scene{coherent};
  VkSemaphore const semaphore = scene.vulkan.create_timeline();
  scene.vulkan.submit(scene.queue, {{.waits = {semaphore}, .wait_values = {1}}});
  scene.submit_copy(scene.fence);
  scene.write(0, 'w');
  scene.vulkan.signal(semaphore, 1);
  CHECK(scene.finish().empty());
}

TEST_CASE("a host write before another submission writes the same bytes is noted", "[simulated_driver][misuse]") {
  Scene scene{cached};
  scene.vulkan.control().hold(scene.queue, 1);
  scene.vulkan.submit(scene.queue, {{.command_buffers = {scene.vulkan.fill(scene.source, 's')}}});
  scene.submit_copy(scene.fence);
  scene.write(0, 'w');
  scene.vulkan.control().release(scene.queue);
  CHECK_THAT(scene.finish(), ContainsSubstring(host_wrote));
}

TEST_CASE("a host write after the signal that a submission waited for is noted", "[simulated_driver][misuse]") {
  Scene scene{coherent};
  VkSemaphore const semaphore = scene.vulkan.create_timeline();
  scene.vulkan.control().hold(scene.queue);
  scene.vulkan.submit(scene.queue,
                      {{.command_buffers = {scene.vulkan.copy(scene.source, scene.target, {0, 0, atom / 2})},
                        .waits = {semaphore},
                        .wait_values = {1}}});
  scene.vulkan.signal(semaphore, 1);
  scene.write(0, 'w');
  scene.vulkan.control().release(scene.queue);
  CHECK_THAT(scene.finish(), ContainsSubstring(host_wrote));
}

TEST_CASE("what one submission writes is no host write to the next", "[simulated_driver]") {
  Scene scene{GENERATE(coherent, cached)};
  VkCommandBuffer const fill = scene.vulkan.commands(0, [&](VkCommandBuffer commands) {
    scene.vulkan.function<PFN_vkCmdFillBuffer>("vkCmdFillBuffer")(commands, scene.source, 0, atom, 0x66666666U);
  });
  scene.vulkan.control().hold(scene.queue, 1);
  scene.submit_copy(VK_NULL_HANDLE);
  scene.vulkan.submit(scene.queue, {{.command_buffers = {fill}}});
  scene.submit_copy(VK_NULL_HANDLE);
  scene.vulkan.control().release(scene.queue);
  CHECK(scene.finish().empty());
}

TEST_CASE("what a test writes as the device is no host write", "[simulated_driver]") {
  Scene scene{GENERATE(coherent, cached)};
  scene.vulkan.control().hold(scene.queue);
  scene.submit_copy(scene.fence);
  scene.driver.device_write(scene.memory, 0, "dddd");
  scene.vulkan.control().release(scene.queue);
  CHECK(scene.finish().empty());
}

TEST_CASE("a flush that reaches bytes in use is noted", "[simulated_driver][misuse]") {
  Scene scene{cached};
  scene.write(0, 'w');  // Forgotten until the submission is ready.
  scene.vulkan.control().hold(scene.queue);
  scene.submit_copy(scene.fence);
  scene.vulkan.flush(scene.memory, 0, atom);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("a flush moved what the host wrote to bytes"));
  scene.vulkan.control().release(scene.queue);
  CHECK(scene.finish().empty());
}

TEST_CASE("a flush of an atom that the device has written to in part is noted", "[simulated_driver][misuse]") {
  Scene scene{cached};
  scene.submit_copy(scene.fence);
  scene.vulkan.run(scene.queue, scene.vulkan.fill(scene.target, 'd'));
  scene.vulkan.submit(scene.queue, {{.command_buffers = {scene.vulkan.copy(scene.target, scene.source, {0, 0, 32})}}});
  scene.write(2 * atom + 32, 'w');  // The host's copy of the atom's first half is older than the device's.
  scene.vulkan.flush(scene.memory, 2 * atom, atom);
  CHECK_THAT(scene.finish(), ContainsSubstring("a flush moved what the host wrote to bytes"));
}

TEST_CASE("the host may read and invalidate what a submission reads", "[simulated_driver]") {
  Scene scene{cached};
  scene.vulkan.run(scene.queue, scene.vulkan.fill(scene.source, 's'));
  scene.vulkan.control().hold(scene.queue);
  scene.submit_copy(scene.fence);
  scene.vulkan.invalidate(scene.memory, 0, atom);
  CHECK(scene.bytes[0] == 's');
  scene.vulkan.control().release(scene.queue);
  CHECK(scene.finish().empty());
}

}  // namespace ashlar::test
