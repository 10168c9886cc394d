#include "memory/short_lock.hpp"

namespace ashlar::detail {
namespace {

/// About a microsecond: many times as long as the lock is usually held, and less than it takes to sleep and wake.
constexpr int spin_rounds = 40;

/// Lets the other hardware thread of the core go ahead.
void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

/// Who wakes takes the lock as waited for: it cannot know whether it was the last who slept.
void ShortLock::wait() noexcept {
  for (int round = 0; round < spin_rounds; ++round) {
    if (state_.load(std::memory_order_relaxed) == State::Free && try_lock()) {
      return;
    }
    pause();
  }
  while (state_.exchange(State::WaitedFor, std::memory_order_acquire) != State::Free) {
    state_.wait(State::WaitedFor, std::memory_order_relaxed);
  }
}

}  // namespace ashlar::detail
