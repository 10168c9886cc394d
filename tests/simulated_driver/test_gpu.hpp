#pragma once

#include "support/simulated_driver.hpp"

namespace ashlar::test {

// Memory types of `test_gpu`.
inline constexpr std::uint32_t device_local = 0;
inline constexpr std::uint32_t cached = 1;  ///< Not coherent.
inline constexpr std::uint32_t coherent = 2;
inline constexpr std::uint32_t protected_type = 3;
inline constexpr std::uint32_t lazy = 4;
inline constexpr std::uint32_t amd_coherent = 5;

inline constexpr VkDeviceSize atom = 64;

/// Heap 0 has 1 MiB, heap 1 has 2 GiB.
[[nodiscard]] inline Gpu test_gpu() {
  using enum MemoryProperty;
  Gpu gpu;
  gpu.memory.heap_count = 2;
  gpu.memory.heaps[0] = {std::uint64_t{1} << 20U, MemoryHeapFlag::DeviceLocal};
  gpu.memory.heaps[1] = {std::uint64_t{1} << 31U, {}};
  gpu.memory.type_count = 6;
  gpu.memory.types[device_local] = {DeviceLocal, 0};
  gpu.memory.types[cached] = {HostVisible | HostCached, 1};
  gpu.memory.types[coherent] = {HostVisible | HostCoherent, 1};
  gpu.memory.types[protected_type] = {Protected, 1};
  gpu.memory.types[lazy] = {DeviceLocal | LazilyAllocated, 0};
  gpu.memory.types[amd_coherent] = {HostVisible | HostCoherent | DeviceCoherentAmd, 1};
  gpu.limits.non_coherent_atom_size = atom;
  return gpu;
}

/// What the driver has noted since the last time, and the test expects; one a line.
[[nodiscard]] inline std::string violations(SimulatedDriver& driver) {
  std::string text;
  for (std::string const& violation : driver.take_violations()) {
    text += violation + "\n";
  }
  return text;
}

}  // namespace ashlar::test
