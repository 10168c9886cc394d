#include "support/simulated_driver.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "simulated_driver/environment.hpp"
#include "support/catch.hpp"

namespace ashlar::test {

namespace {

/// Whether devices come by the loader, under the validation layer.
bool by_loader() {
  char const* const driver = std::getenv("ASHLAR_TEST_DRIVER");
  return driver != nullptr && std::string_view{driver} == "simulated";
}

}  // namespace

Gpu const& this_gpu() {
  static std::vector<Gpu> const gpus = simulated::gpus_of_environment();
  if (gpus.size() != 1) {
    throw std::runtime_error("This test runs for one GPU: let ASHLAR_SIM_GPU name it");
  }
  return gpus[0];
}

SimulatedDriver::~SimulatedDriver() {
  try {
    CHECK(live_objects() == 0);
    for (std::string const& violation : take_violations()) {
      FAIL_CHECK(violation);
    }
    for (RecordedMessage const& message : messages_.take()) {
      FAIL_CHECK(message.id << ": " << message.text);
    }
  } catch (...) {  // Catch2 has recorded the failure; it throws if it was told to stop at the first one.
  }
}

InstanceCreateInfo SimulatedDriver::instance_info() {
  if (by_loader()) {
    return {.validation = Validation::Synchronization,
            .message_callback = MessageRecorder::record,
            .message_user_data = &messages_};
  }
  return {.get_instance_proc_addr = simulated::get_instance_proc_addr};
}

Device SimulatedDriver::create_device() {
  auto const instance = Instance::create(instance_info());
  return Device::create({.physical_device = instance.physical_devices()[0]});
}

}  // namespace ashlar::test
