#pragma once

#include <ashlar/device/device.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>

#include <cstdint>
#include <optional>

#include "benchmarks/options.hpp"
#include "benchmarks/timings.hpp"
#include "simulated_driver/driver.hpp"

namespace ashlar::bench {

/// The device of a case, of the driver that the options choose, and an allocator.
class BenchDevice {
 public:
  /// \throws UsageError if the simulated driver has no such GPU.
  explicit BenchDevice(Options const& options);

  [[nodiscard]] Device const& device() const noexcept { return device_; }
  [[nodiscard]] StandardMemoryAllocator const& allocator() const noexcept { return allocator_; }

  /// The memory type that `DeviceOnly` resources of the workloads get, which is device-local.
  [[nodiscard]] std::uint32_t device_local_type() const;

  /// Requires that no resource has memory of the allocator, and that the simulated driver saw no wrong use; adds the
  /// device's name.
  void finish(Figures& figures);

 private:
  std::uint32_t threads_;
  std::optional<simulated::Driver> driver_;
  Device device_;
  StandardMemoryAllocator allocator_;
};

}  // namespace ashlar::bench
