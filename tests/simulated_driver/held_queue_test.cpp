// A hold that a test forgets ends its process: it would hang.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <string>
#include <utility>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

/// Runs a test of this program as a process of its own: what it wrote, and its status as waitpid gives it.
std::pair<std::string, int> run_test(std::string const& name) {
  std::array<char, 4096> path{};
  ssize_t const length = readlink("/proc/self/exe", path.data(), path.size() - 1);
  REQUIRE(length > 0);
  std::string const command = "exec '" + std::string{path.data()} + "' '" + name + "' 2>&1";
  FILE* const pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 256> part{};
  while (std::fgets(part.data(), part.size(), pipe) != nullptr) {
    output += part.data();
  }
  return {output, pclose(pipe)};
}

}  // namespace

TEST_CASE("vkDestroyDevice with a held queue", "[.death][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawInstance const instance;
  VkDevice device = nullptr;
  REQUIRE(create_raw_device(instance, driver.gpu(), device) == VK_SUCCESS);
  VkQueue queue = nullptr;
  instance.function<PFN_vkGetDeviceQueue>("vkGetDeviceQueue")(device, 1, 1, &queue);
  simulated::device_control()->hold(queue, 3);
  instance.function<PFN_vkDestroyDevice>("vkDestroyDevice")(device, nullptr);
}

TEST_CASE("destroying a device with a held queue aborts with a message", "[simulated_driver]") {
  auto const [output, status] = run_test("vkDestroyDevice with a held queue");
  INFO(output);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
  CHECK_THAT(output, Catch::Matchers::ContainsSubstring(
                         "vkDestroyDevice: queue 1 of family 1 is still held before submission 3; release it first"));
}

}  // namespace ashlar::test
