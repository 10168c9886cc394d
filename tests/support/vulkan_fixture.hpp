#pragma once

#include <ashlar/device/device.hpp>

#include <mutex>
#include <string>
#include <vector>

namespace ashlar::test {

/// A message of the validation layer.
struct RecordedMessage {
  std::string id;
  std::string text;
};

/// Messages, from whichever thread. The loader's own, about drivers and layers, are left out.
class MessageRecorder {
 public:
  /// A `MessageCallback`; `user_data` is the recorder.
  static void record(Message const& message, void* user_data);

  /// Takes out what was recorded.
  [[nodiscard]] std::vector<RecordedMessage> take();

 private:
  std::mutex mutex_;
  std::vector<RecordedMessage> messages_;
};

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
