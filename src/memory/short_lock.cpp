#include "memory/short_lock.hpp"

namespace ashlar::detail {

/// Who wakes takes the lock as waited for: it cannot know whether it was the last who slept.
void ShortLock::wait() noexcept {
  while (state_.exchange(State::WaitedFor, std::memory_order_acquire) != State::Free) {
    state_.wait(State::WaitedFor, std::memory_order_relaxed);
  }
}

}  // namespace ashlar::detail
