// The failure sweep: see tests/README.md.

#include <chrono>
#include <cstdio>
#include <exception>
#include <string_view>

#include "failure_sweep/sweep.hpp"
#include "failure_sweep/watchdog.hpp"
#include "simulated_driver/environment.hpp"

namespace {

using ashlar::test::Gpu;
using ashlar::test::Sweep;
using ashlar::test::SweepOptions;

constexpr char const* usage =
    "usage: ashlar_failure_sweep [--all] [--pairs] [--only POINT], with the environment's ASHLAR_SIM_GPU\n";

bool read_options(int argc, char** argv, SweepOptions& options) {
  for (int i = 1; i < argc; ++i) {
    std::string_view const word = argv[i];
    if (word == "--all") {
      options.all = true;
    } else if (word == "--pairs") {
      options.pairs = true;
    } else if (word == "--only" && i + 1 < argc) {
      options.only = argv[++i];
    } else {
      return false;
    }
  }
  return true;
}

void sweep_in_all_modes(Sweep& sweep, Gpu const& gpu) {
  auto const start = std::chrono::steady_clock::now();
  std::uint64_t const points = sweep.points();
  sweep.run(gpu, "as it is");
  Gpu non_coherent = gpu;
  non_coherent.make_non_coherent();
  sweep.run(non_coherent, "noncoherent");
  Gpu old = gpu;
  ashlar::simulated::hide(old,
                          "1.2,timelineSemaphore,synchronization2,bufferDeviceAddress,maintenance4,memoryPriority,"
                          "VK_EXT_memory_budget");
  sweep.run(old, "vulkan_1.1");
  auto const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%-60s %7llu failures injected, %5.1f s\n", gpu.name.c_str(),
              static_cast<unsigned long long>(sweep.points() - points), seconds);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  SweepOptions options;
  if (!read_options(argc, argv, options)) {
    std::fputs(usage, stderr);
    return 2;
  }
  ashlar::test::start_watchdog();
  try {
    Sweep sweep{options};
    if (!ashlar::test::host_memory::can_fail()) {
      std::puts("ThreadSanitizer allocates host memory itself: no allocation fails.");
    }
    for (Gpu const& gpu : ashlar::simulated::gpus_of_environment()) {
      sweep_in_all_modes(sweep, gpu);
    }
    std::printf(
        "\n%sLeft: what is like an injection before, of the step on this or another GPU; --all injects that, too.\n",
        sweep.coverage().table().c_str());
    if (sweep.points() == 0) {
      std::puts("FAILED: there is no such point");
    }
    return sweep.failures() == 0 && sweep.points() != 0 ? 0 : 1;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "FAILED: %s\n", error.what());
    return 1;
  }
}
