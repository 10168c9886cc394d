#include "support/simulated_driver.hpp"

#include <ashlar/device/instance.hpp>

#include "support/catch.hpp"

namespace ashlar::test {

SimulatedDriver::~SimulatedDriver() {
  try {
    CHECK(live_objects() == 0);
    for (std::string const& violation : take_violations()) {
      FAIL_CHECK(violation);
    }
  } catch (...) {  // Catch2 has recorded the failure; it throws if it was told to stop at the first one.
  }
}

Device SimulatedDriver::create_device() {
  auto const instance = Instance::create({.get_instance_proc_addr = simulated::get_instance_proc_addr});
  return Device::create({.physical_device = instance.physical_devices()[0]});
}

}  // namespace ashlar::test
