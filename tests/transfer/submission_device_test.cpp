// On real drivers, under the validation layer with synchronization validation: it sees a barrier that is missing.

#include <ashlar/buffer/buffer.hpp>
#include <ashlar/error.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>
#include <ashlar/transfer/submission.hpp>
#include <ashlar/transfer/tracked_work.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/vulkan_fixture.hpp"
#include "transfer/recorder.hpp"

namespace ashlar::test {
namespace {

constexpr BufferCreateInfo transfers{.usage = BufferUsage::TransferSource | BufferUsage::TransferDestination};
constexpr AllocationCreateInfo download{.usage = MemoryUsage::Download};
constexpr AllocationCreateInfo device_only{.usage = MemoryUsage::DeviceOnly};
constexpr std::uint64_t count = 4096;

/// Queues of a real device, and commands for them.
class SubmissionDeviceTest : protected VulkanTest {
 protected:
  [[nodiscard]] Subbuffer<int[]> ints(AllocationCreateInfo const& memory) const {
    return Buffer::new_slice<int>(allocator, transfers, memory, count);
  }

  /// If it is false, submissions are refused: a test of them is over.
  [[nodiscard]] bool has_timelines() {
    if (device().features().timeline_semaphore) {
      return true;
    }
    CHECK_THROWS_AS(queue.submit({}, {}), ValidationError);
    return false;
  }

  Submission fill(Queue const& on, Subbuffer<int[]> const& target, int value) {
    return on.submit(recorder.fill(on, target, value), {writes(target)});
  }
  Submission copy(Queue const& on, Subbuffer<int[]> const& source, Subbuffer<int[]> const& target) {
    return on.submit(recorder.copy(on, source, target), {reads(source), writes(target)});
  }

  [[nodiscard]] static bool all_are(Subbuffer<int[]> const& bytes, int value) {
    auto const guard = bytes.read();
    return std::all_of(guard.begin(), guard.end(), [&](int one) { return one == value; });
  }

  StandardMemoryAllocator const allocator{device()};
  Queue const queue = device().queue(0);
  /// Another one where there are several.
  Queue const other = device().queue(device().queue_count() - 1);
  Recorder recorder{device()};
};

}  // namespace

TEST_CASE_METHOD(SubmissionDeviceTest, "a guard reads what submissions wrote, with no wait in between") {
  if (!has_timelines()) {
    return;
  }
  auto const hidden = ints(device_only);
  auto const seen = ints(download);
  fill(queue, hidden, 5);
  copy(queue, hidden, seen);
  CHECK(all_are(seen, 5));
  fill(queue, seen.slice(0, count / 2), 6);
  CHECK(all_are(seen.slice(0, count / 2), 6));
  CHECK(all_are(seen.slice(count / 2, count / 2), 5));
}

TEST_CASE_METHOD(SubmissionDeviceTest, "submissions that conflict are ordered, on one queue and on several") {
  if (!has_timelines()) {
    return;
  }
  auto const a = ints(device_only);
  auto const b = ints(device_only);
  auto const seen = ints(download);
  for (int round = 0; round < 10; ++round) {
    fill(queue, a, round);           // A write after reads.
    copy(other, a, b);               // A read after a write, and a write after a write.
    fill(queue, a.slice(0, 8), -1);  // A write after a read on the other queue.
    copy(queue, b, seen);
    fill(other, b, -2);
    CHECK(all_are(seen, round));
  }
}

TEST_CASE_METHOD(SubmissionDeviceTest, "the host's writes and the device's take turns") {
  if (!has_timelines()) {
    return;
  }
  auto const bytes = ints(download);
  auto const copied = ints(download);
  for (int round = 0; round < 10; ++round) {
    {
      auto const guard = bytes.overwrite();
      std::vector<int> const values(count, round);
      guard.copy_from(values);
    }
    copy(round % 2 == 0 ? queue : other, bytes, copied);
    bytes.write()[0] = -1;  // Waits for the copy.
    CHECK(all_are(copied, round));
  }
}

TEST_CASE_METHOD(SubmissionDeviceTest, "submissions are dependencies, and signal fences and semaphores") {
  if (!has_timelines()) {
    return;
  }
  OwnFence const fence{device()};
  OwnSemaphore const timeline{device()};
  OwnSemaphore const binary{device(), VK_SEMAPHORE_TYPE_BINARY};
  auto const a = ints(download);
  auto const b = ints(download);
  auto const first =
      queue.submit({.command_buffers = recorder.fill(queue, a, 5),
                    .uses = {writes(a)},
                    .signals = {{.semaphore = binary.handle()}, {.semaphore = timeline.handle(), .value = 2}}});
  auto const second = other.submit({.command_buffers = recorder.fill(other, b, 6),
                                    .uses = {writes(b)},
                                    .waits = {first.before(PipelineStage::Transfer), {.semaphore = binary.handle()}},
                                    .fence = fence.handle()});
  CHECK(fence.wait());
  second.wait();  // Drivers may signal a fence before the semaphores of the same submission.
  CHECK(first.wait_for(std::chrono::minutes{1}));
  CHECK(timeline.value() == 2);
  CHECK(all_are(a, 5));
  CHECK(all_are(b, 6));
}

TEST_CASE_METHOD(SubmissionDeviceTest, "buffers that only the device uses are let go when it is done") {
  if (!has_timelines()) {
    return;
  }
  Submission last;
  for (int i = 0; i < 20; ++i) {
    auto const bytes = ints(device_only);
    last = fill(i % 2 == 0 ? queue : other, bytes, i);
  }
  last.wait();
  device().wait_idle();
  CHECK(device().drain().buffers == 0);
  static_cast<void>(take_messages());  // Of the block that the allocator keeps.
}

TEST_CASE_METHOD(SubmissionDeviceTest, "guards wait for work that was tracked") {
  if (!has_timelines()) {
    return;
  }
  OwnSemaphore const done{device()};
  auto const bytes = ints(download);
  fill(queue, bytes, 5);
  auto const work = device().track(done.handle(), 1, {reads(bytes)});
  CHECK_FALSE(bytes.try_write());
  CHECK(all_are(bytes, 5));
  done.signal(1);  // By this thread: layer 1.3.239 loses a signal that comes during a wait.
  bytes.write()[0] = 6;
  CHECK(done.value() == 1);
}

TEST_CASE_METHOD(SubmissionDeviceTest, "threads submit and read at once") {
  if (!has_timelines()) {
    return;
  }
  auto const bytes = ints(download);
  std::vector<VkCommandBuffer> fills;
  constexpr std::uint64_t threads = 4;
  constexpr std::uint64_t part_size = count / threads;
  for (std::uint64_t i = 0; i < threads; ++i) {
    fills.push_back(
        recorder.fill(i % 2 == 0 ? queue : other, bytes.slice(i * part_size, part_size), static_cast<int>(i)));
  }
  std::vector<char> right(threads, 1);
  {
    std::vector<std::jthread> running;
    for (std::uint64_t i = 0; i < threads; ++i) {
      running.emplace_back([&, i] {
        auto const part = bytes.slice(i * part_size, part_size);
        for (int round = 0; round < 20; ++round) {
          part.overwrite()[part_size - 1] = -1;
          (i % 2 == 0 ? queue : other).submit(fills[i], {writes(part)});
          right[i] = static_cast<char>(all_are(part, static_cast<int>(i)) && right[i] != 0);
        }
      });
    }
  }
  CHECK(std::count(right.begin(), right.end(), 1) == threads);
}

}  // namespace ashlar::test
