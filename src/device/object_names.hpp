#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace ashlar::detail {

/// The names of buffers and memory that still live, so that `Device::drain` can say which those are.
///
/// Threads: all members may be called by several threads at once.
class ObjectNames {
 public:
  /// Keeps the name, or forgets it if `name` is empty. Without host memory for it, it is not kept.
  void set(std::int32_t type, std::uint64_t handle, char const* name) noexcept;

  /// To be called when the object is destroyed. Where nothing is named it costs one atomic load.
  void forget(std::int32_t type, std::uint64_t handle) noexcept;

  /// The names, in quotes and separated by commas.
  [[nodiscard]] std::string list() const;

 private:
  mutable std::mutex mutex_;
  /// By VkObjectType and handle: handles of different types may be equal.
  std::map<std::pair<std::int32_t, std::uint64_t>, std::string> names_;
  std::atomic<bool> any_{false};
};

}  // namespace ashlar::detail
