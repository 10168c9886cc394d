#include <ashlar/error.hpp>
#include <ashlar/transfer/submission.hpp>
#include <ashlar/transfer/tracked_work.hpp>

#include <chrono>
#include <cstdint>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "memory/memory_fixture.hpp"
#include "support/catch.hpp"
#include "transfer/submission_fixture.hpp"

namespace ashlar::test {
namespace {

using detail::Gate;

class TrackedTest : protected SubmissionTest {
 protected:
  /// Submits as somebody who does all by himself: waits on the device for what `work` says, and shows it to the host.
  void submit_own(Queue const& on, VkCommandBuffer commands, TrackedWork const& work, std::uint64_t value) {
    VkCommandBuffer const show = recorder.record(on, [&](VkCommandBuffer recorded) {
      VkMemoryBarrier const barrier{VK_STRUCTURE_TYPE_MEMORY_BARRIER, nullptr, VK_ACCESS_MEMORY_WRITE_BIT,
                                    VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT};
      recorder.function<PFN_vkCmdPipelineBarrier>("vkCmdPipelineBarrier")(recorded, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
                                                                          VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0,
                                                                          nullptr, 0, nullptr);
    });
    std::vector<VkSemaphore> waits;
    std::vector<std::uint64_t> values;
    std::vector<VkPipelineStageFlags> stages;
    for (SemaphoreWait const& wait : work.waits()) {
      waits.push_back(wait.semaphore);
      values.push_back(wait.value);
      stages.push_back(wait.stage.mask());
    }
    VkCommandBuffer const both[] = {commands, show};
    VkSemaphore const signal = own.handle();
    VkTimelineSemaphoreSubmitInfo const timelines{VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                                  nullptr,
                                                  static_cast<std::uint32_t>(values.size()),
                                                  values.data(),
                                                  1,
                                                  &value};
    VkSubmitInfo const info{VK_STRUCTURE_TYPE_SUBMIT_INFO,
                            &timelines,
                            static_cast<std::uint32_t>(waits.size()),
                            waits.data(),
                            stages.data(),
                            2,
                            both,
                            1,
                            &signal};
    on.with_handle([&](VkQueue handle) {
      CHECK(recorder.function<PFN_vkQueueSubmit>("vkQueueSubmit")(handle, 1, &info, VK_NULL_HANDLE) == VK_SUCCESS);
    });
  }

  OwnSemaphore const own{device};
};

}  // namespace

TEST_CASE_METHOD(TrackedTest, "a guard waits for tracked work until its semaphore has the value",
                 "[tracked_work][host_signals]") {
  for (auto const& memory : {coherent, not_coherent}) {
    OwnSemaphore const semaphore{device};
    auto const bytes = sevens(8, memory);
    auto const work = device.track(semaphore.handle(), 3, {writes(bytes.slice(0, 4))});
    CHECK(work);
    CHECK(work.waits().empty());
    CHECK_FALSE(bytes.try_read());
    CHECK_FALSE(bytes.write_for(std::chrono::milliseconds{1}));
    std::future<int> reading = in_thread([&] { return bytes.read()[0]; });
    wait_for_waiters(bytes, 1);
    semaphore.signal(2);
    CHECK_FALSE(bytes.try_read());
    CHECK(tracker_of(bytes).waiter_count() == 1);
    semaphore.signal(3);
    CHECK(reading.get() == 7);
    CHECK(bytes.try_write());
  }
}

TEST_CASE_METHOD(TrackedTest, "tracked work ends by itself, though nobody keeps it", "[tracked_work]") {
  auto const destroyed = driver.calls("vkDestroyBuffer");
  {
    auto const bytes = sevens(8, host_visible);
    static_cast<void>(device.track(own.handle(), 1, {writes(bytes)}));
    CHECK_FALSE(bytes.try_write());
  }
  device.poll();
  CHECK(driver.calls("vkDestroyBuffer") == destroyed);
  own.signal(1);
  device.poll();
  CHECK(driver.calls("vkDestroyBuffer") == destroyed + 1);
  CHECK(nothing_allocated(allocator));
}

TEST_CASE_METHOD(TrackedTest, "tracked works end in whatever order their semaphores are signaled", "[tracked_work]") {
  OwnSemaphore const late{device};
  auto const a = sevens(8, host_visible);
  auto const b = sevens(8, host_visible);
  static_cast<void>(device.track(late.handle(), 1, {writes(a)}));
  static_cast<void>(device.track(own.handle(), 1, {reads(b)}));
  own.signal(1);
  CHECK_FALSE(a.try_read());
  CHECK(b.try_write());
  late.signal(1);
  CHECK(a.try_read());
}

TEST_CASE_METHOD(TrackedTest, "cancelled work stands in nobody's way, and wakes who waits", "[tracked_work]") {
  auto const bytes = sevens(8, host_visible);
  auto const work = device.track(own.handle(), 1, {writes(bytes)});
  std::future<int> reading = in_thread([&] { return bytes.read()[0]; });
  wait_for_waiters(bytes, 1);
  work.cancel();
  CHECK(reading.get() == 7);
  CHECK(bytes.try_write());
  work.cancel();
  TrackedWork{}.cancel();
  CHECK_FALSE(TrackedWork{});
  CHECK(TrackedWork{}.waits().empty());
  CHECK(tracker_of(bytes).idle());
}

TEST_CASE_METHOD(TrackedTest, "cancelling what is done does nothing", "[tracked_work]") {
  auto const bytes = sevens(8, host_visible);
  auto const work = device.track(own.handle(), 1, {writes(bytes)});
  own.signal(1);
  CHECK(bytes.read()[0] == 7);
  auto const next = device.track(own.handle(), 2, {writes(bytes)});
  work.cancel();
  CHECK_FALSE(bytes.try_read());
  next.cancel();
  CHECK(bytes.try_read());
}

TEST_CASE_METHOD(TrackedTest, "tracked work waits for what conflicts with it, one value of each queue",
                 "[tracked_work]") {
  auto const a = sevens(8, host_visible);
  auto const b = sevens(8, host_visible);
  HeldQueue held{queue};
  HeldQueue held_too{other};
  fill(queue, a, 4);
  auto const last = fill(queue, a, 5);
  auto const copied = copy(other, a, b);
  fill(queue, b, 6);
  SECTION("all that is used") {
    auto const work = device.track(own.handle(), 1, {writes(a)});
    REQUIRE(work.waits().size() == 2);
    SemaphoreWait const& first = work.waits()[0];
    SemaphoreWait const& second = work.waits()[1];
    bool const in_order = first.semaphore == last.semaphore();
    CHECK((in_order ? first : second).semaphore == last.semaphore());
    CHECK((in_order ? first : second).value == last.value());
    CHECK((in_order ? second : first).semaphore == copied.semaphore());
    CHECK((in_order ? second : first).value == copied.value());
    CHECK(first.stage == PipelineStage::AllCommands);
    work.cancel();
  }
  SECTION("reads wait for writes only") {
    auto const work = device.track(own.handle(), 1, {reads(a)});
    REQUIRE(work.waits().size() == 1);
    CHECK(work.waits()[0].value == last.value());
    work.cancel();
  }
  SECTION("nothing where nothing conflicts") {
    auto const c = sevens(8, host_visible);
    auto const work = device.track(own.handle(), 1, {writes(c)});
    CHECK(work.waits().empty());
    work.cancel();
  }
}

TEST_CASE_METHOD(TrackedTest, "work that somebody else submits takes its place among submissions", "[tracked_work]") {
  for (auto const& memory : {coherent, not_coherent}) {
    auto const a = sevens(8, memory);
    auto const b = sevens(8, memory);
    HeldQueue held{queue};
    HeldQueue held_too{other};
    std::uint64_t const value = own.value() + 1;
    fill(queue, a, 5);
    auto const work = device.track(own.handle(), value, {reads(a), writes(b)});
    submit_own(other, recorder.copy(other, a, b), work, value);
    fill(queue, a, 6);
    fill(queue, b.slice(0, 4), 8);
    held.release();
    held_too.release();
    CHECK(b.read()[0] == 8);
    CHECK(b.read()[4] == 5);
    CHECK(a.read()[0] == 6);
  }
}

TEST_CASE_METHOD(TrackedTest, "tracking waits for other threads' guards, and refuses the own ones", "[tracked_work]") {
  auto const bytes = sevens(8, host_visible);
  {
    auto const guard = bytes.read();
    CHECK_THROWS_AS(device.track(own.handle(), 1, {writes(bytes)}), AccessConflictError);
    device.track(own.handle(), 1, {reads(bytes)}).cancel();
  }
  Gate gate;
  auto holder = in_thread([&] {
    auto const guard = bytes.write();
    gate.pass();
  });
  gate.wait_for_arrivals(1);
  auto tracking = in_thread([&] { return device.track(own.handle(), 1, {writes(bytes)}); });
  wait_for_waiters(bytes, 1);
  gate.open();
  holder.get();
  auto const work = tracking.get();
  CHECK_FALSE(bytes.try_read());
  work.cancel();
}

TEST_CASE_METHOD(TrackedTest, "overlapping uses of tracked work do not stand in one another's way", "[tracked_work]") {
  auto const bytes = sevens(16, host_visible);
  auto const work =
      device.track(own.handle(), 1, {reads(bytes.slice(0, 6)), writes(bytes.slice(4, 4)), reads(bytes.slice(7, 9))});
  CHECK(work.waits().empty());
  CHECK_FALSE(bytes.index(5).try_read());
  work.cancel();
  CHECK(bytes.try_write());
}

TEST_CASE_METHOD(TrackedTest, "who waits for tracked work of a lost device is told", "[tracked_work]") {
  auto const bytes = sevens(8, host_visible);
  auto const work = device.track(own.handle(), 1, {writes(bytes)});
  std::future<bool> reading = in_thread([&] {
    try {
      static_cast<void>(bytes.read());
    } catch (VulkanError const& error) {
      return error.result() == VK_ERROR_DEVICE_LOST;
    }
    return false;
  });
  wait_for_waiters(bytes, 1);
  device.notify_lost();
  CHECK(reading.get());
  CHECK(tracker_of(bytes).idle());
  work.cancel();
}

TEST_CASE_METHOD(TrackedTest, "what cannot be tracked is refused, and nothing is held", "[tracked_work]") {
  auto const bytes = sevens(8, host_visible);
  auto const refused = [&](VkSemaphore semaphore, BufferUse const& use) {
    auto const error = thrown_by<ValidationError>([&] { return device.track(semaphore, 1, {writes(bytes), use}); });
    CHECK(error.context() == std::string{"Device::track"});
    CHECK(bytes.try_write());
    return std::string{error.vuid()};
  };
  CHECK(refused(VK_NULL_HANDLE, reads(bytes)).empty());
  CHECK(refused(own.handle(), reads(Subbuffer<int>{})).empty());
  Device const foreign_device = driver.create_device();
  StandardMemoryAllocator const foreign{foreign_device, {.min_block_size = 16 * 1024}};
  auto const foreign_bytes = Buffer::new_slice<int>(foreign, {.usage = usage}, host_visible, 8);
  CHECK(refused(own.handle(), reads(foreign_bytes)) == "VUID-vkQueueSubmit-commonparent");
}

}  // namespace ashlar::test
