#pragma once

#include <atomic>
#include <cstdint>

namespace ashlar::detail {

/// The reference count of a state that handles share. Starts at one: the creator's.
class CountedState {
 public:
  CountedState() noexcept = default;
  CountedState(CountedState const&) = delete;
  CountedState& operator=(CountedState const&) = delete;

  void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }

  /// Unless the last one is gone already.
  [[nodiscard]] bool try_add_reference() noexcept {
    std::uint32_t count = references_.load(std::memory_order_relaxed);
    while (count != 0 && !references_.compare_exchange_weak(count, count + 1, std::memory_order_relaxed)) {
    }
    return count != 0;
  }

  /// Whether that was the last one, for which one atomic read is enough: nobody else is there to copy it.
  [[nodiscard]] bool drop_reference() noexcept {
    return references_.load(std::memory_order_acquire) == 1 || references_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }

 protected:
  ~CountedState() = default;

 private:
  std::atomic<std::uint32_t> references_{1};
};

}  // namespace ashlar::detail
