// Prints the names of the GPUs that the environment chooses (see environment.hpp), one a line; before each whether it is
// ordinary or odd (Gpu::is_ordinary).

#include <cstdio>
#include <exception>

#include "simulated_driver/environment.hpp"

int main() {
  try {
    for (auto const& gpu : ashlar::simulated::gpus_of_environment()) {
      std::printf("%s %s\n", gpu.is_ordinary() ? "ordinary" : "odd", gpu.name.c_str());
    }
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
