#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "device/vulkan.hpp"

namespace ashlar::test {

/// Nanoseconds, after which what has not come never will.
inline constexpr std::uint64_t long_enough = 20'000'000'000;

/// A call on a thread of its own, and whether it has returned.
class Waiter {
 public:
  template <class Call>
  explicit Waiter(Call call)
      : thread_{[this, call] {
          result_ = call();
          returned_ = true;
        }} {}
  Waiter(Waiter const&) = delete;
  Waiter& operator=(Waiter const&) = delete;
  ~Waiter() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  [[nodiscard]] bool returned() const { return returned_; }
  VkResult join() {
    thread_.join();
    return result_;
  }

 private:
  std::atomic<bool> returned_{false};
  VkResult result_ = VK_SUCCESS;
  std::thread thread_;
};

}  // namespace ashlar::test
