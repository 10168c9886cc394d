#include "support/vulkan_fixture.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>

#include "device/device_selection.hpp"
#include "support/catch.hpp"

namespace ashlar::test {

namespace {

/// Fails the test from a destructor: Catch2 throws from a failed check if it was told to stop at the first failure.
template <class Check>
void run_check(Check check) noexcept {
  try {
    check();
  } catch (...) {  // Catch2 has recorded the failure.
  }
}

}  // namespace

VulkanTest::~VulkanTest() {
  if (device_) {
    run_check([&] { expect_nothing_lives(); });
  }
  device_ = {};
  instance_ = {};
  run_check([&] { expect_no_message(); });
}

void VulkanTest::expect_nothing_lives() {
  LiveObjects const live = device_.drain();
  CHECK(live.buffers == 0);
  CHECK(live.memory_allocations == 0);
  CHECK(live.memory_bytes == 0);
}

void VulkanTest::expect_no_message() {
  for (RecordedMessage const& message : take_messages()) {
    FAIL_CHECK(message.id << ": " << message.text);
  }
}

InstanceCreateInfo VulkanTest::instance_info() noexcept {
  return {.application_name = "ashlar tests",
          .validation = validation_on() ? Validation::Synchronization : Validation::Off,
          .message_callback = MessageRecorder::record,
          .message_user_data = &recorder_};
}

Instance const& VulkanTest::instance() {
  if (!instance_) {
    instance_ = Instance::create(instance_info());
  }
  return instance_;
}

Device const& VulkanTest::device() {
  if (!device_) {
    device_ = Device::create({.physical_device = detail::select_device(instance(), "")});
  }
  return device_;
}

bool VulkanTest::validation_on() noexcept {
  char const* const variable = std::getenv("ASHLAR_TEST_VALIDATION");
  return variable == nullptr || std::string_view{variable} != "0";
}

}  // namespace ashlar::test
