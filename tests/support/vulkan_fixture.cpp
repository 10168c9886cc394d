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

void MessageRecorder::record(Message const& message, void* user_data) {
  // The loader's own: about drivers, and where it asks a newer layer for functions that it takes for the device's.
  if (std::string_view{message.id} == "Loader Message" ||
      (std::string_view{message.id} == "WARNING-vkGetDeviceProcAddr-device" &&
       std::string_view{message.text}.find("KHR which is an instance level function") != std::string_view::npos)) {
    return;
  }
  auto& recorder = *static_cast<MessageRecorder*>(user_data);
  std::lock_guard const lock{recorder.mutex_};
  recorder.messages_.push_back({message.id, message.text});
}

std::vector<RecordedMessage> MessageRecorder::take() {
  std::lock_guard const lock{mutex_};
  return std::exchange(messages_, {});
}

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
