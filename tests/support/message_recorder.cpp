#include "support/message_recorder.hpp"

#include <string_view>
#include <utility>

namespace ashlar::test {

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

}  // namespace ashlar::test
