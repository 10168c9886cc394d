#pragma once

#include <ashlar/device/queue.hpp>

#include <cstdint>

namespace ashlar::test {

/// Holds a queue of the simulated driver before its next submission but `submissions`, until this is destroyed or
/// released. To be declared behind what other threads that wait for it need at their end, so that a test that fails
/// ends, too.
class HeldQueue {
 public:
  explicit HeldQueue(Queue const& queue, std::uint64_t submissions = 0);
  HeldQueue(HeldQueue const&) = delete;
  HeldQueue& operator=(HeldQueue const&) = delete;
  ~HeldQueue() { release(); }

  void release() noexcept;

  /// Somebody else releases it.
  void detach() noexcept;

  /// Waits until a submission has come to the hold.
  [[nodiscard]] bool is_reached() const;

 private:
  VkQueue queue_;
};

}  // namespace ashlar::test
