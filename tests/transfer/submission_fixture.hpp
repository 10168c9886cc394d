#pragma once

#include <ashlar/buffer/buffer.hpp>
#include <ashlar/transfer/submission.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "access.hpp"
#include "buffer/access_threads.hpp"
#include "buffer/buffer_state.hpp"
#include "buffer/guard_fixture.hpp"
#include "simulated_driver/control.hpp"
#include "transfer/held_queue.hpp"
#include "transfer/recorder.hpp"

namespace ashlar::test {

using detail::in_thread;
using detail::wait_until;

[[nodiscard]] inline detail::AccessTracker& tracker_of(detail::BufferRange const& bytes) {
  return detail::Access::state(bytes.buffer()).tracker;
}

/// Waits until so many threads wait for bytes of the buffer.
inline void wait_for_waiters(detail::BufferRange const& bytes, std::size_t count) {
  detail::wait_for_waiters(tracker_of(bytes), count);
}

/// `this_gpu()`, with timeline semaphores, which submissions need.
[[nodiscard]] inline Gpu this_gpu_with_timelines() {
  Gpu gpu = this_gpu();
  gpu.hidden.erase("timelineSemaphore");
  gpu.hidden.erase("VK_KHR_timeline_semaphore");
  return gpu;
}

/// A device with queues that the test can hold, and commands for them.
class SubmissionTest : protected GuardTest {
 protected:
  explicit SubmissionTest(Gpu const& gpu = this_gpu_with_timelines()) : GuardTest{{}, gpu} {}

  /// `count` ints, all 7, which commands can read and write.
  [[nodiscard]] Subbuffer<int[]> sevens(std::size_t count, AllocationCreateInfo const& memory,
                                        Sharing sharing = Sharing::Concurrent) const {
    return Buffer::from_iter(allocator, {.usage = usage, .sharing = sharing}, memory, std::vector<int>(count, 7));
  }

  Submission fill(Queue const& on, Subbuffer<int[]> const& target, int value) {
    return on.submit(recorder.fill(on, target, value), {writes(target)});
  }
  Submission copy(Queue const& on, Subbuffer<int[]> const& source, Subbuffer<int[]> const& target) {
    return on.submit(recorder.copy(on, source, target), {reads(source), writes(target)});
  }

  /// A function of timeline semaphores as this device calls it.
  [[nodiscard]] std::string timeline_function(char const* name) const {
    return std::string{name} + (device.api_version() >= VK_API_VERSION_1_2 ? "" : "KHR");
  }

  static constexpr BufferUsages usage =
      BufferUsage::StorageBuffer | BufferUsage::TransferSource | BufferUsage::TransferDestination;

  Queue const queue = device.queue(0);
  /// Of another family.
  Queue const other = device.queue(device.queue_count() - 1);
  Recorder recorder{device};
};

}  // namespace ashlar::test
