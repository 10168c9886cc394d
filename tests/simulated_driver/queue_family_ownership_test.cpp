// Buffers that are not shared between queue families change hands by a release and an acquisition.

#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;

struct Scene {
  VkBuffer create_exclusive_buffer() {
    VkBuffer const made = vulkan.create_buffer(64);
    vulkan.bind(made, vulkan.allocate(vulkan.requirements(made).size, device_local));
    return made;
  }
  /// Runs commands on a family's queue, and waits for them.
  std::string run(std::uint32_t family, VkCommandBuffer commands) {
    vulkan.run(vulkan.queue(family), commands);
    return violations(driver);
  }
  /// Runs a barrier that takes the buffer from a family to another.
  std::string transfer(std::uint32_t on, std::uint32_t from, std::uint32_t to, VkDeviceSize size = VK_WHOLE_SIZE) {
    VkBufferMemoryBarrier const barrier{
        VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER, nullptr, 0, 0, from, to, buffer, 0, size};
    return run(on, vulkan.bare_commands(on, [&](VkCommandBuffer commands) {
      vulkan.function<PFN_vkCmdPipelineBarrier>("vkCmdPipelineBarrier")(commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                                                                        VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, nullptr,
                                                                        1, &barrier, 0, nullptr);
    }));
  }
  std::string fill(std::uint32_t family) { return run(family, vulkan.fill(buffer, 'f', family)); }
  std::string read(std::uint32_t family) { return run(family, vulkan.copy(buffer, log, {0, 0, 64}, family)); }

  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory log_memory = VK_NULL_HANDLE;
  VkBuffer log = vulkan.create_bound_buffer(64, device_local, log_memory);
  VkBuffer buffer = create_exclusive_buffer();
};

}  // namespace

TEST_CASE("a buffer of one queue family that another uses is noted", "[simulated_driver][misuse]") {
  Scene scene;
  CHECK(scene.fill(0).empty());
  CHECK(scene.read(0).empty());
  SECTION("that reads") { CHECK_THAT(scene.read(1), ContainsSubstring("VUID-vkQueueSubmit-pSubmits-02808")); }
  SECTION("that writes") {
    CHECK_THAT(scene.fill(1), ContainsSubstring("writes to a resource that another queue family owns"));
  }
  SECTION("after a release alone") {
    CHECK(scene.transfer(0, 0, 1).empty());
    CHECK_THAT(scene.read(1), ContainsSubstring("VUID-vkQueueSubmit-pSubmits-02808"));
  }
  SECTION("after an acquisition alone") {
    CHECK_THAT(scene.transfer(1, 0, 1), ContainsSubstring("VUID-vkQueueSubmit-pSubmits-02207"));
  }
  SECTION("after a transfer of its first half") {
    CHECK(scene.transfer(0, 0, 1, 32).empty());
    CHECK(scene.transfer(1, 0, 1, 32).empty());
    CHECK_THAT(scene.read(1), ContainsSubstring("VUID-vkQueueSubmit-pSubmits-02808"));
  }
  SECTION("that has released it") {
    CHECK(scene.transfer(0, 0, 1).empty());
    CHECK_THAT(scene.read(0), ContainsSubstring("VUID-vkQueueSubmit-pSubmits-02808"));
  }
}

TEST_CASE("a buffer changes hands by a release and an acquisition", "[simulated_driver]") {
  Scene scene;
  CHECK(scene.fill(0).empty());
  CHECK(scene.transfer(0, 0, 1).empty());
  CHECK(scene.transfer(1, 0, 1).empty());
  CHECK(scene.read(1).empty());
  CHECK(scene.transfer(1, 1, 0).empty());
  CHECK(scene.transfer(0, 1, 0).empty());
  CHECK(scene.fill(0).empty());
}

TEST_CASE("a buffer that queue families share needs no transfer", "[simulated_driver]") {
  Scene scene;
  CHECK(scene.run(0, scene.vulkan.fill(scene.log, 'l')).empty());
  CHECK(scene.run(1, scene.vulkan.fill(scene.log, 'm', 1)).empty());
}

TEST_CASE("a family that is not there is noted", "[simulated_driver][misuse]") {
  Scene scene;
  CHECK_THAT(scene.transfer(0, 0, 3), ContainsSubstring("VUID-VkBufferMemoryBarrier-buffer-04089"));
}

}  // namespace ashlar::test
