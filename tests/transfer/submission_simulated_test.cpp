#include <ashlar/error.hpp>
#include <ashlar/transfer/submission.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <source_location>
#include <vector>

#include "memory/memory_fixture.hpp"
#include "support/catch.hpp"
#include "transfer/submission_fixture.hpp"

namespace ashlar::test {
namespace {

using detail::Gate;
using std::chrono::milliseconds;

/// One VkSubmitInfo that reached the driver.
struct Submitted {
  std::vector<VkCommandBuffer> commands;
  std::uint32_t waits = 0;
};
std::vector<Submitted> submitted;
PFN_vkQueueSubmit submit_of_the_driver = nullptr;

VKAPI_ATTR VkResult VKAPI_CALL record_submit(VkQueue queue, std::uint32_t count, VkSubmitInfo const* infos,
                                             VkFence fence) {
  for (std::uint32_t i = 0; i < count; ++i) {
    submitted.push_back({{infos[i].pCommandBuffers, infos[i].pCommandBuffers + infos[i].commandBufferCount},
                         infos[i].waitSemaphoreCount});
  }
  return submit_of_the_driver(queue, count, infos, fence);
}

/// Sees what reaches the driver. One thread.
class SubmittedTest : protected SubmissionTest {
 protected:
  SubmittedTest() {
    PFN_vkQueueSubmit& submit = detail::Access::state(device).vk.vkQueueSubmit;
    submit_of_the_driver = submit;
    submit = record_submit;
    submitted.clear();
  }

  /// Command buffers in front of and behind the test's own one, and semaphores that are waited for.
  struct Added {
    std::size_t before = 0;
    std::size_t behind = 0;
    std::uint32_t waits = 0;
    [[nodiscard]] friend bool operator==(Added const&, Added const&) noexcept = default;
  };
  Added added_to(Queue const& on, VkCommandBuffer commands, ArrayView<BufferUse> uses) const {
    on.submit(commands, uses);
    Submitted const& last = submitted.back();
    auto const own = std::find(last.commands.begin(), last.commands.end(), commands);
    REQUIRE(own != last.commands.end());
    return {.before = static_cast<std::size_t>(own - last.commands.begin()),
            .behind = static_cast<std::size_t>(last.commands.end() - own) - 1,
            .waits = last.waits};
  }
};

std::uint32_t here(std::source_location where = std::source_location::current()) { return where.line(); }

}  // namespace

TEST_CASE_METHOD(SubmissionTest, "a read guard waits for the submission that writes its bytes, and sees what it wrote",
                 "[submission]") {
  for (auto const& memory : {coherent, not_coherent}) {
    auto const bytes = sevens(8, memory);
    std::future<int> reading;
    HeldQueue held{queue};
    auto const submission = fill(queue, bytes, 5);
    CHECK_FALSE(submission.is_done());
    reading = in_thread([&] { return bytes.read()[3]; });
    wait_for_waiters(bytes, 1);
    CHECK_FALSE(submission.is_done());
    held.release();
    CHECK(reading.get() == 5);
    CHECK(submission.is_done());
  }
}

TEST_CASE_METHOD(SubmissionTest, "a write guard waits for submissions that read or write its bytes", "[submission]") {
  for (auto const& memory : {coherent, not_coherent}) {
    auto const source = sevens(8, memory);
    auto const target = sevens(8, memory);
    std::future<void> writing;
    std::future<void> overwriting;
    HeldQueue held{queue};
    fill(queue, source, 5);
    copy(queue, source, target);
    writing = in_thread([&] { source.write()[0] = 6; });
    overwriting = in_thread([&] { *target.index(0).overwrite() = 8; });
    wait_for_waiters(source, 1);
    wait_for_waiters(target, 1);
    held.release();
    writing.get();
    overwriting.get();
    CHECK(target.read()[0] == 8);
    CHECK(target.read()[1] == 5);
    CHECK(source.read()[0] == 6);
    CHECK(source.read()[1] == 5);
  }
}

TEST_CASE_METHOD(SubmissionTest, "a try is empty until the device is done, though nobody keeps the submission",
                 "[submission]") {
  for (auto const& memory : {coherent, not_coherent}) {
    auto const bytes = sevens(8, memory);
    HeldQueue held{queue};
    fill(queue, bytes, 5);
    CHECK_FALSE(bytes.try_read());
    CHECK_FALSE(bytes.try_write());
    CHECK_FALSE(bytes.try_overwrite());
    CHECK_FALSE(bytes.read_for(milliseconds{1}));
    CHECK_FALSE(bytes.write_for(milliseconds{1}));
    held.release();
    queue.with_handle([&](VkQueue handle) { recorder.function<PFN_vkQueueWaitIdle>("vkQueueWaitIdle")(handle); });
    {
      auto const guard = bytes.try_read();
      REQUIRE(guard);
      CHECK(guard[7] == 5);
    }
    CHECK(bytes.try_write());
  }
}

TEST_CASE_METHOD(SubmissionTest, "a guard with a limit gets its bytes when the device is done in time",
                 "[submission]") {
  auto const bytes = sevens(8, host_visible);
  std::future<int> reading;
  HeldQueue held{queue};
  fill(queue, bytes, 5);
  reading = in_thread([&] {
    auto const guard = bytes.read_for(std::chrono::hours{1});
    return guard ? guard[0] : 0;
  });
  wait_for_waiters(bytes, 1);
  held.release();
  CHECK(reading.get() == 5);
}

TEST_CASE_METHOD(SubmissionTest, "guards of bytes beside those of a submission do not wait", "[submission]") {
  SECTION("on coherent memory the next byte") {
    auto const bytes = sevens(3, coherent);
    HeldQueue const held{queue};
    fill(queue, bytes.slice(1, 1), 5);
    CHECK(bytes.index(0).try_write());
    CHECK(bytes.index(2).try_write());
    CHECK_FALSE(bytes.index(1).try_read());
  }
  SECTION("on other memory the next atom") {
    auto const bytes = sevens(3 * ints_per_atom, not_coherent);
    {
      HeldQueue const held{queue};
      fill(queue, bytes.slice(ints_per_atom, 1), 5);
      CHECK(bytes.slice(0, ints_per_atom).try_write());
      CHECK(bytes.slice(2 * ints_per_atom, ints_per_atom).try_write());
      if (ints_per_atom > 1) {
        CHECK_FALSE(bytes.index(ints_per_atom + 1).try_read());
        CHECK_FALSE(bytes.index(2 * ints_per_atom - 1).try_overwrite());
      }
    }
    CHECK(bytes.read()[ints_per_atom] == 5);
    CHECK(bytes.read()[ints_per_atom - 1] == 7);
  }
}

TEST_CASE_METHOD(SubmissionTest, "read guards do not wait for a submission that reads, nor it for them",
                 "[submission]") {
  for (auto const& memory : {coherent, not_coherent}) {
    auto const source = sevens(8, memory);
    auto const target = sevens(8, memory);
    HeldQueue held{queue};
    copy(queue, source, target);
    {
      auto const guard = source.read();
      CHECK(guard[0] == 7);
      CHECK(queue.try_submit(recorder.copy(queue, source, target), {reads(source), writes(target)}));
      CHECK_FALSE(source.try_write());
    }
    held.release();
    CHECK(target.read()[0] == 7);
  }
}

TEST_CASE_METHOD(SubmissionTest, "submit waits for other threads' guards, and try_submit is empty meanwhile",
                 "[submission]") {
  for (auto const& memory : {coherent, not_coherent}) {
    auto const bytes = sevens(8, memory);
    VkCommandBuffer const commands = recorder.fill(queue, bytes.slice(0, 4), 5);
    Gate gate;
    auto holder = in_thread([&] {
      auto const guard = bytes.write();
      guard[0] = 1;
      guard[5] = 6;
      gate.pass();
    });
    gate.wait_for_arrivals(1);
    auto const calls = driver.calls("vkQueueSubmit");
    CHECK_FALSE(queue.try_submit(commands, {writes(bytes)}));
    auto submitting = in_thread([&] { return queue.submit(commands, {writes(bytes)}); });
    wait_for_waiters(bytes, 1);
    CHECK(driver.calls("vkQueueSubmit") == calls);
    gate.open();
    holder.get();
    submitting.get().wait();
    CHECK(bytes.read()[0] == 5);
    CHECK(bytes.read()[5] == 6);
    CHECK(queue.try_submit(commands, {writes(bytes)}));
    CHECK(bytes.read()[0] == 5);
  }
}

TEST_CASE_METHOD(SubmissionTest, "submit holds nothing while it waits for one of several buffers", "[submission]") {
  auto const free = sevens(4, host_visible);
  auto const taken = sevens(4, host_visible);
  Gate gate;
  auto holder = in_thread([&] {
    auto const guard = taken.read();
    gate.pass();
  });
  gate.wait_for_arrivals(1);
  auto submitting = in_thread([&] { return queue.submit({}, {writes(free), writes(taken)}); });
  wait_until([&] { return tracker_of(taken).waiter_count() == 1 && static_cast<bool>(free.try_write()); });
  CHECK_FALSE(queue.try_submit({}, {writes(free), writes(taken)}));
  CHECK(free.try_write());
  gate.open();
  holder.get();
  submitting.get().wait();
}

TEST_CASE_METHOD(SubmissionTest, "submit refuses what the thread itself stands in the way of, and names the place",
                 "[submission]") {
  auto const a = sevens(8, host_visible);
  auto const b = sevens(8, host_visible);
  VkCommandBuffer const commands = recorder.copy(queue, a, b);
  {
    auto const line = here() + 1;
    auto const guard = a.write();
    auto const submit = [&] { return queue.submit(commands, {reads(a), writes(b)}); };
    CHECK(thrown_by<AccessConflictError>(submit).who().line() == line);
    CHECK_FALSE(queue.try_submit(commands, {reads(a), writes(b)}));
    CHECK(b.try_write());
  }
  CHECK(queue.try_submit(commands, {reads(a), writes(b)}));
  CHECK(b.read()[0] == 7);
}

TEST_CASE_METHOD(SubmissionTest, "submit refuses to wait in a circle of threads", "[submission]") {
  auto const a = sevens(8, host_visible);
  auto const b = sevens(8, host_visible);
  Gate gate;
  auto other_thread = in_thread([&] {
    auto const guard = b.write();
    gate.pass();
    return static_cast<bool>(a.write());  // Waits for this thread.
  });
  {
    auto const guard = a.read();
    gate.wait_for_arrivals(1);
    gate.open();
    wait_for_waiters(a, 1);
    CHECK_THROWS_AS(queue.submit({}, {writes(b)}), AccessConflictError);
  }
  CHECK(other_thread.get());
  queue.submit({}, {writes(b)});
  CHECK(b.read()[0] == 7);
}

TEST_CASE_METHOD(SubmissionTest, "a submission waits behind a guard that waits for an earlier one", "[submission]") {
  for (auto const& memory : {coherent, not_coherent}) {
    auto const bytes = sevens(8, memory);
    VkCommandBuffer const later = recorder.fill(other, bytes, 9);
    std::future<int> writing;
    std::future<void> submitting;
    HeldQueue held{queue};
    fill(queue, bytes, 5);
    writing = in_thread([&] {
      auto const guard = bytes.write();
      int const found = guard[0];
      guard[0] = 6;
      return found;
    });
    wait_for_waiters(bytes, 1);
    CHECK_FALSE(other.try_submit(later, {writes(bytes)}));
    submitting = in_thread([&] { other.submit(later, {writes(bytes)}); });
    wait_for_waiters(bytes, 2);
    held.release();
    CHECK(writing.get() == 5);
    submitting.get();
    CHECK(bytes.read()[0] == 9);
  }
}

TEST_CASE_METHOD(SubmittedTest, "what conflicts on one queue is separated by a barrier", "[submission]") {
  auto const a = sevens(8, host_visible);
  auto const b = sevens(8, host_visible);
  HeldQueue held{queue};
  CHECK(added_to(queue, recorder.fill(queue, a, 5), {writes(a)}) == Added{0, 1, 0});
  CHECK(added_to(queue, recorder.fill(queue, a, 6), {writes(a)}) == Added{1, 1, 0});
  CHECK(added_to(queue, recorder.copy(queue, a, b), {reads(a), writes(b)}) == Added{1, 1, 0});
  CHECK(added_to(queue, recorder.fill(queue, a, 8), {writes(a)}) == Added{1, 1, 0});
  held.release();
  CHECK(b.read()[7] == 6);
  CHECK(a.read()[0] == 8);
}

TEST_CASE_METHOD(SubmittedTest, "what conflicts on different queues is separated by a semaphore", "[submission]") {
  auto const a = sevens(8, host_visible);
  auto const b = sevens(8, host_visible);
  HeldQueue held{queue};
  CHECK(added_to(queue, recorder.fill(queue, a, 5), {writes(a)}) == Added{0, 1, 0});
  CHECK(added_to(other, recorder.copy(other, a, b), {reads(a), writes(b)}) == Added{0, 1, 1});
  CHECK(added_to(queue, recorder.fill(queue, a, 6), {writes(a)}) == Added{1, 1, 1});
  held.release();
  CHECK(b.read()[0] == 5);
  CHECK(a.read()[7] == 6);
}

TEST_CASE_METHOD(SubmittedTest, "what does not conflict is not separated", "[submission]") {
  auto const source = sevens(8, host_visible);
  auto const a = sevens(8, host_visible);
  auto const b = sevens(8, host_visible);
  HeldQueue held{queue};
  HeldQueue held_too{other};
  SECTION("reads and reads") {
    CHECK(added_to(queue, recorder.copy(queue, source, a), {reads(source), writes(a)}) == Added{0, 1, 0});
    CHECK(added_to(queue, recorder.copy(queue, source, b), {reads(source), writes(b)}) == Added{0, 1, 0});
    CHECK(added_to(other, recorder.record(other, [](VkCommandBuffer) {}), {reads(source)}) == Added{0, 0, 0});
  }
  SECTION("neighbours") {
    for (std::uint64_t i = 0; i < 4; ++i) {
      Queue const& on = i % 2 == 0 ? queue : other;
      auto const part = a.slice(2 * i, 2);
      CHECK(added_to(on, recorder.fill(on, part, 5), {writes(part)}) == Added{0, 1, 0});
    }
  }
  SECTION("other buffers") {
    CHECK(added_to(queue, recorder.fill(queue, a, 5), {writes(a)}) == Added{0, 1, 0});
    CHECK(added_to(queue, recorder.fill(queue, b, 5), {writes(b)}) == Added{0, 1, 0});
    CHECK(added_to(other, recorder.fill(other, source, 5), {writes(source)}) == Added{0, 1, 0});
  }
  SECTION("what is done") {
    held.release();
    fill(queue, a, 5).wait();
    CHECK(added_to(queue, recorder.fill(queue, a, 6), {writes(a)}) == Added{0, 1, 0});
  }
}

TEST_CASE_METHOD(SubmittedTest, "what the host does not see gets no barrier for it", "[submission]") {
  auto const hidden = Buffer::new_slice<int>(allocator, {.usage = usage}, not_visible, 8);
  auto const seen = sevens(8, host_visible);
  bool const visible = hidden.buffer().allocation().properties().contains(MemoryProperty::HostVisible);
  CHECK(added_to(queue, recorder.fill(queue, hidden, 5), {writes(hidden)}).behind == (visible ? 1U : 0U));
  CHECK(added_to(queue, recorder.copy(queue, hidden, seen), {reads(hidden), writes(seen)}).behind == 1);
  CHECK(seen.read()[0] == 5);
}

TEST_CASE_METHOD(SubmissionTest, "a chain of submissions over the queues comes out in order", "[submission]") {
  for (auto const& memory : {coherent, not_coherent}) {
    auto const a = sevens(64, memory);
    auto const b = sevens(64, memory);
    HeldQueue held{queue};
    HeldQueue held_too{other};
    for (int i = 0; i < 8; ++i) {
      fill(i % 3 == 0 ? queue : other, a.slice(0, 32), i);
      copy(i % 2 == 0 ? queue : other, a, b);
      copy(i % 3 == 1 ? queue : other, b.slice(0, 32), a.slice(32, 32));
    }
    held.release();
    held_too.release();
    CHECK(a.read()[0] == 7);
    CHECK(a.read()[32] == 7);
    CHECK(b.read()[31] == 7);
    CHECK(b.read()[63] == 6);  // As it was in `a` when that was copied.
  }
}

TEST_CASE_METHOD(SubmissionTest, "the device sees what guards wrote before", "[submission]") {
  for (auto const& memory : {coherent, not_coherent}) {
    auto const a = sevens(8, memory);
    auto const b = sevens(8, memory);
    a.write()[3] = 4;
    copy(queue, a, b);
    CHECK(b.read()[3] == 4);
    b.overwrite()[3] = 5;
    copy(other, b, a);
    CHECK(a.read()[3] == 5);
    CHECK(a.read()[2] == 7);
  }
}

TEST_CASE_METHOD(SubmissionTest, "a submission flushes first what a guard could not flush", "[submission]") {
  auto const a = sevens(8, not_coherent);
  auto const b = sevens(8, not_coherent);
  {
    auto const guard = a.write();
    guard[3] = 4;
    driver.fail_next("vkFlushMappedMemoryRanges", VK_ERROR_OUT_OF_HOST_MEMORY);
  }
  CHECK_FALSE(tracker_of(a).dirty().empty());
  SECTION("and is not submitted if that fails again") {
    driver.fail_next("vkFlushMappedMemoryRanges", VK_ERROR_OUT_OF_HOST_MEMORY);
    auto const error = thrown_by<VulkanError>([&] { copy(queue, a, b); });
    CHECK(error.function() == std::string{"vkFlushMappedMemoryRanges"});
    CHECK_FALSE(tracker_of(a).dirty().empty());
    CHECK(b.try_write());
  }
  copy(queue, a, b);
  CHECK(tracker_of(a).dirty().empty());
  CHECK(b.read()[3] == 4);
  CHECK(b.read()[4] == 7);
}

TEST_CASE_METHOD(SubmissionTest, "overlapping uses of one submission do not stand in one another's way",
                 "[submission]") {
  for (auto const& memory : {coherent, not_coherent}) {
    auto const bytes = sevens(16, memory);
    HeldQueue held{queue};
    VkCommandBuffer const commands = recorder.fill(queue, bytes.slice(4, 8), 5);
    queue.submit(commands, {reads(bytes.slice(0, 6)), writes(bytes.slice(4, 8)), reads(bytes.slice(11, 2)),
                            writes(bytes.slice(4, 8)), reads(bytes.slice(5, 1))});
    CHECK_FALSE(bytes.index(5).try_read());
    CHECK_FALSE(bytes.index(11).try_read());
    CHECK_FALSE(bytes.index(0).try_write());
    if (detail::Access::state(bytes.buffer()).tracker.coherent()) {
      CHECK(bytes.index(15).try_write());
    }
    held.release();
    CHECK(bytes.read()[3] == 7);
    CHECK(bytes.read()[11] == 5);
  }
}

TEST_CASE_METHOD(SubmissionTest, "a submission may use no bytes, and nothing at all", "[submission]") {
  auto const bytes = sevens(8, host_visible);
  auto const guard = bytes.write();
  auto const nothing = queue.submit({}, {});
  REQUIRE(nothing);
  nothing.wait();
  CHECK(nothing.is_done());
  auto const no_bytes = queue.submit({}, {writes(bytes.slice(8, 0)), reads(bytes.slice(0, 0))});
  no_bytes.wait();
  CHECK(no_bytes != nothing);
}

TEST_CASE_METHOD(SubmissionTest, "an empty submission is done", "[submission]") {
  Submission const empty;
  CHECK_FALSE(empty);
  CHECK(empty.is_done());
  empty.wait();
  CHECK(empty.wait_for(milliseconds{1}));
  CHECK(empty.semaphore() == VkSemaphore{VK_NULL_HANDLE});
  CHECK(empty.value() == 0);
  CHECK(empty == Submission{});
}

TEST_CASE_METHOD(SubmissionTest, "a submission is done when those before it on its queue are, and it", "[submission]") {
  std::future<void> waiting;
  HeldQueue held{queue};
  auto const first = queue.submit({}, {});
  auto const second = queue.submit({}, {});
  CHECK(first.semaphore() == second.semaphore());
  CHECK(first.value() < second.value());
  CHECK_FALSE(first.is_done());
  CHECK_FALSE(second.wait_for(milliseconds{1}));
  CHECK_FALSE(second.wait_for(milliseconds{0}));
  waiting = in_thread([&] { second.wait(); });
  held.release();
  waiting.get();
  CHECK(first.is_done());
  CHECK(second.is_done());
  CHECK(second.wait_for(milliseconds{0}));
}

TEST_CASE_METHOD(SubmissionTest, "a submission is a dependency of work that shares no bytes with it", "[submission]") {
  auto const a = sevens(8, host_visible);
  auto const b = sevens(8, host_visible);
  HeldQueue held{queue};
  auto const first = fill(queue, a, 5);
  SemaphoreWait const waits[] = {first, first.before(PipelineStage::Transfer)};
  auto const second =
      other.submit({.command_buffers = recorder.fill(other, b, 6), .uses = {writes(b)}, .waits = {waits[0]}});
  auto const third = other.submit({.waits = {waits[1]}});
  CHECK_FALSE(third.is_done());
  CHECK_FALSE(second.is_done());
  CHECK_FALSE(b.try_read());
  held.release();
  third.wait();
  CHECK(first.is_done());
  CHECK(b.read()[0] == 6);
}

TEST_CASE_METHOD(SubmissionTest, "submissions wait for and signal semaphores of the user's, and a fence",
                 "[submission]") {
  OwnSemaphore const binary{device, VK_SEMAPHORE_TYPE_BINARY};
  OwnSemaphore const timeline{device};
  OwnFence const fence{device};
  auto const bytes = sevens(8, host_visible);
  SECTION("of timelines and binary ones") {
    timeline.signal(3);
    HeldQueue held{queue};
    auto const first = queue.submit({.command_buffers = recorder.fill(queue, bytes, 5),
                                     .uses = {writes(bytes)},
                                     .waits = {{.semaphore = timeline.handle(), .value = 3}},
                                     .signals = {{.semaphore = binary.handle()}}});
    auto const second = other.submit({.command_buffers = recorder.fill(other, bytes, 6),
                                      .uses = {writes(bytes)},
                                      .waits = {{.semaphore = binary.handle(), .stage = PipelineStage::Transfer}},
                                      .signals = {{.semaphore = timeline.handle(), .value = 4}},
                                      .fence = fence.handle()});
    CHECK_FALSE(first.is_done());
    CHECK_FALSE(second.is_done());
    CHECK_FALSE(fence.is_signaled());
    held.release();
    CHECK(fence.wait());
    CHECK(timeline.value() == 4);
    CHECK(second.is_done());
    CHECK(bytes.read()[0] == 6);
  }
  SECTION("a binary semaphore is enough between two that share nothing") {
    auto const first = queue.submit({.signals = {{.semaphore = binary.handle()}}});
    auto const second = other.submit({.waits = {{.semaphore = binary.handle()}}, .fence = fence.handle()});
    CHECK(fence.wait());
    CHECK(second.is_done());
    CHECK(first.is_done());
  }
}

TEST_CASE_METHOD(SubmissionTest, "command buffers may be submitted as a list, or a container", "[submission]") {
  auto const bytes = sevens(8, host_visible);
  auto const [low, high] = bytes.split_at(4);
  std::vector<VkCommandBuffer> const both{recorder.fill(queue, low, 5), recorder.fill(queue, high, 6)};
  queue.submit(both, {writes(bytes)});
  CHECK(bytes.read()[0] == 5);
  CHECK(bytes.read()[4] == 6);
  bytes.overwrite().copy_from(std::vector<int>(8, 7));
  queue.submit({both[0], both[1]}, {writes(low), writes(high)});
  CHECK(bytes.read()[0] == 5);
  CHECK(bytes.read()[4] == 6);
}

}  // namespace ashlar::test
