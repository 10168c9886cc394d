// Programs of others, with no test that owns the driver: what Vulkan allows them works.

#include "simulated_driver/environment.hpp"
#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"
#include "support/environment_variable.hpp"

namespace ashlar::test {

TEST_CASE("buffers that take turns may lie in the same memory", "[simulated_driver]") {
  EnvironmentVariable const profiles{"ASHLAR_SIM_PROFILES", nullptr};
  EnvironmentVariable const name{"ASHLAR_SIM_GPU", "NVIDIA H100"};
  RawVulkan vulkan{simulated::gpus_of_environment().at(0)};
  constexpr std::uint32_t host = 2;
  VkBuffer const first = vulkan.create_buffer(64);
  VkBuffer const second = vulkan.create_buffer(64);
  VkDeviceMemory const memory = vulkan.allocate(64, host);
  vulkan.bind(first, memory);
  vulkan.bind(second, memory);
  vulkan.submit(vulkan.queue(0), {{.command_buffers = {vulkan.fill(first, 'a')}}});
  vulkan.submit(vulkan.queue(0), {{.command_buffers = {vulkan.fill(second, 'b')}}});
  vulkan.call<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle");
  CHECK(vulkan.map(memory)[63] == 'b');
}

}  // namespace ashlar::test
