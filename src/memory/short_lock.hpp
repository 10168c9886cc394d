#pragma once

#include <atomic>
#include <cstdint>

namespace ashlar::detail {

/// A mutex for a few hundred instructions: one atomic operation to lock, one to unlock, four bytes. Who has to wait
/// sleeps in the kernel.
class ShortLock {
 public:
  [[nodiscard]] bool try_lock() noexcept {
    State expected = State::Free;
    return state_.compare_exchange_strong(expected, State::Held, std::memory_order_acquire, std::memory_order_relaxed);
  }

  void lock() noexcept {
    if (!try_lock()) {
      wait();
    }
  }

  /// Whoever locks it then may destroy it at once: to wake a sleeper takes the lock's address, not the lock.
  void unlock() noexcept {
    if (state_.exchange(State::Free, std::memory_order_release) == State::WaitedFor) {
      state_.notify_one();
    }
  }

 private:
  enum class State : std::int32_t {
    Free,
    Held,
    WaitedFor,  ///< Held, and somebody may sleep.
  };

  void wait() noexcept;

  std::atomic<State> state_{State::Free};
};

}  // namespace ashlar::detail
