#pragma once

#include <ashlar/device/device.hpp>

#include "simulated_driver/driver.hpp"
#include "simulated_driver/icd.hpp"
#include "simulated_driver/patterns.hpp"

namespace ashlar::test {

using simulated::Gpu;
using simulated::gpu_profile;
using simulated::gpu_profiles;
using simulated::GpuProfile;
using simulated::RecordedAllocation;
using simulated::RecordedRange;

/// What the bytes of fresh memory are to the device.
inline constexpr char fresh = static_cast<char>(simulated::Pattern::Device);

/// The simulated driver with GPUs of the test's choice, in this process and without a loader. The test fails if there
/// are violations that it did not take, or if anything still lives, when this is destroyed.
class SimulatedDriver : public simulated::Driver {
 public:
  explicit SimulatedDriver(Gpu const& gpu) : Driver{{gpu}} {}
  explicit SimulatedDriver(GpuProfile const& profile) : SimulatedDriver{Gpu{profile}} {}
  ~SimulatedDriver();

  /// An ashlar::Device of the first GPU, as Device::create makes it.
  [[nodiscard]] static Device create_device();
};

}  // namespace ashlar::test
