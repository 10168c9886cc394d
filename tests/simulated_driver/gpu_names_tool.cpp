// Prints the names of the GPUs that the environment chooses (see environment.hpp), one a line; before each whether it
// is ordinary or odd (is_ordinary).

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>

#include "simulated_driver/environment.hpp"

namespace {

using ashlar::MemoryProperty;
using ashlar::MemoryType;

/// Whether it has what Vulkan promises a program, and a little memory: 4096 allocations, and a host-visible type in a
/// heap of 64 MiB or more. Tests that are for real drivers run on no other.
bool is_ordinary(ashlar::simulated::Gpu const& gpu) {
  auto const& memory = gpu.memory;
  return gpu.limits.max_memory_allocation_count >= 4096 &&
         std::any_of(memory.types, memory.types + memory.type_count, [&](MemoryType const& type) {
           return type.properties.contains(MemoryProperty::HostVisible) &&
                  memory.heaps[type.heap].size >= std::uint64_t{64} << 20U;
         });
}

}  // namespace

int main() {
  try {
    for (auto const& gpu : ashlar::simulated::gpus_of_environment()) {
      std::printf("%s %s\n", is_ordinary(gpu) ? "ordinary" : "odd", gpu.name.c_str());
    }
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
