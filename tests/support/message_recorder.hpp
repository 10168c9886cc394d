#pragma once

#include <ashlar/device/instance.hpp>

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

}  // namespace ashlar::test
