#pragma once

#include <ashlar/device/device.hpp>

#include <vector>

#include "support/message_recorder.hpp"

namespace ashlar::test {

/// What a device test derives from: `TEST_CASE_METHOD(VulkanTest, "…")`. Each test has an instance and a device of its
/// own, under the validation layer with synchronization validation (unless the environment's ASHLAR_TEST_VALIDATION
/// is 0). The test fails if a message came that it did not take, up to the destruction of the
/// instance, or if a buffer or memory of the device outlived the test's body.
class VulkanTest {
 public:
  VulkanTest() = default;
  VulkanTest(VulkanTest const&) = delete;
  VulkanTest& operator=(VulkanTest const&) = delete;
  ~VulkanTest();

 protected:
  /// For an instance of the test's own.
  [[nodiscard]] InstanceCreateInfo instance_info() noexcept;

  /// Made at the first call.
  [[nodiscard]] Instance const& instance();
  /// Made at the first call; the one that ASHLAR_DEVICE names, or the best.
  [[nodiscard]] Device const& device();

  /// The messages so far, which the test expected.
  [[nodiscard]] std::vector<RecordedMessage> take_messages() { return recorder_.take(); }

  [[nodiscard]] static bool validation_on() noexcept;

 private:
  void expect_nothing_lives();
  void expect_no_message();

  MessageRecorder recorder_;
  Instance instance_;
  Device device_;
};

}  // namespace ashlar::test
