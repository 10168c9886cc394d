#pragma once

#include <ashlar/device/device.hpp>
#include <ashlar/device/instance.hpp>

#include "simulated_driver/driver.hpp"
#include "simulated_driver/icd.hpp"
#include "simulated_driver/patterns.hpp"
#include "support/message_recorder.hpp"

namespace ashlar::test {

using simulated::Gpu;
using simulated::gpu_profile;
using simulated::gpu_profiles;
using simulated::GpuProfile;
using simulated::RecordedAllocation;
using simulated::RecordedRange;

/// What the bytes of fresh memory are to the device.
inline constexpr char fresh = static_cast<char>(simulated::Pattern::Device);

/// The GPU that this run is for: the one that the environment chooses (see simulated_driver/environment.hpp).
/// \throws std::runtime_error if it chooses several.
[[nodiscard]] Gpu const& this_gpu();

/// The simulated driver with a GPU of the test's choice. The test fails if there are violations that it did not take,
/// or if anything still lives, when this is destroyed.
///
/// Devices are made in this process, without a loader; or, if the environment's ASHLAR_TEST_DRIVER is `simulated`, by
/// the loader under the validation layer with synchronization validation, a message of which fails the test, too.
class SimulatedDriver : public simulated::Driver {
 public:
  explicit SimulatedDriver(Gpu const& gpu) : Driver{{gpu}} {}
  explicit SimulatedDriver(GpuProfile const& profile) : SimulatedDriver{Gpu{profile}} {}
  ~SimulatedDriver();

  /// An ashlar::Device of the GPU, as Device::create makes it.
  [[nodiscard]] Device create_device();

  /// For an instance, and a DeviceAdoptInfo, of the test's own.
  [[nodiscard]] InstanceCreateInfo instance_info();

 private:
  MessageRecorder messages_;
};

}  // namespace ashlar::test
