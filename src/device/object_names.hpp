#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace ashlar::detail {

/// The names of objects of one type that still live, so that `Device::drain` can say which those are.
///
/// Threads: all members may be called by several threads at once.
class ObjectNames {
 public:
  /// Keeps the name, or forgets it if `name` is empty. Without host memory for it, it is not kept.
  void set(std::uint64_t handle, char const* name) noexcept;

  /// To be called when the object is destroyed. Where nothing is named it costs one atomic load.
  void forget(std::uint64_t handle) noexcept {
    if (any_.load(std::memory_order_acquire)) {
      erase(handle);
    }
  }

  /// Appends the names, in quotes and separated by commas.
  void list(std::string& to) const;

 private:
  void erase(std::uint64_t handle) noexcept;

  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::string> names_;  ///< By handle.
};

}  // namespace ashlar::detail
