// Buffers that one queue family owns at a time, and what a submission refuses.

#include <ashlar/error.hpp>
#include <ashlar/transfer/submission.hpp>

#include <cstdint>
#include <string>

#include "memory/memory_fixture.hpp"
#include "support/catch.hpp"
#include "transfer/submission_fixture.hpp"

namespace ashlar::test {
namespace {

constexpr VkAccessFlags written = VK_ACCESS_MEMORY_WRITE_BIT;
constexpr VkAccessFlags any_access = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT;

class OwnershipTest : protected SubmissionTest {
 protected:
  /// The half of a transfer that the queue's family records; the access of the other half is not its matter.
  VkCommandBuffer release_to(Queue const& to, Queue const& from) {
    return recorder.record(from, [&](VkCommandBuffer commands) {
      recorder.transfer_ownership(commands, bytes.handle(), from.family(), to.family(), written, 0);
    });
  }
  VkCommandBuffer acquire_from(Queue const& from, Queue const& to) {
    return recorder.record(to, [&](VkCommandBuffer commands) {
      recorder.transfer_ownership(commands, bytes.handle(), from.family(), to.family(), 0, any_access);
    });
  }

  Subbuffer<int[]> const bytes = sevens(8, host_visible, Sharing::Exclusive);
  Subbuffer<int[]> const copied = sevens(8, host_visible);
};

/// The VUID, and after a space the text, of the ValidationError that `f` throws.
template <class F>
std::string refusal(F const& f) {
  try {
    static_cast<void>(f());
  } catch (ValidationError const& error) {
    return std::string{error.vuid()} + " " + error.context() + " " + error.problem();
  }
  return "nothing was refused";
}

/// The GPU of this run, without timeline semaphores.
class NoTimelinesTest : protected SubmissionTest {
 protected:
  NoTimelinesTest() : SubmissionTest{gpu()} {}

 private:
  static Gpu gpu() {
    Gpu gpu = this_gpu();
    gpu.hidden.insert("timelineSemaphore");
    return gpu;
  }
};

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

}  // namespace

TEST_CASE_METHOD(OwnershipTest, "the first family to use an exclusive buffer owns it, and others are refused",
                 "[ownership]") {
  fill(queue, bytes, 5);
  fill(queue, bytes, 6);
  HeldQueue held{queue};
  HeldQueue held_too{other};
  CHECK_THAT(refusal([&] { return fill(other, bytes, 8); }), Contains("release it there and acquire it here"));
  CHECK_THAT(refusal([&] { return copy(other, bytes, copied); }),
             Contains("belongs to family " + std::to_string(queue.family())));
  CHECK_THAT(refusal([&] { return other.try_submit({}, {reads(bytes)}); }), Contains("Sharing::Exclusive"));
  held.release();
  held_too.release();
  CHECK(bytes.read()[0] == 6);
  CHECK(copied.try_write());
}

TEST_CASE_METHOD(OwnershipTest, "a submission that fails makes no family the owner", "[ownership][failed_calls]") {
  driver.fail_next("vkQueueSubmit", VK_ERROR_OUT_OF_HOST_MEMORY);
  CHECK_THROWS_AS(fill(queue, bytes, 5), VulkanError);
  fill(other, bytes, 6);
  CHECK(bytes.read()[0] == 6);
}

TEST_CASE_METHOD(OwnershipTest, "any family uses buffers that are shared", "[ownership]") {
  fill(queue, copied, 5);
  fill(other, copied.slice(0, 4), 6);
  CHECK(copied.read()[0] == 6);
  CHECK(copied.read()[4] == 5);
}

TEST_CASE_METHOD(OwnershipTest, "a family that acquires what another released owns it", "[ownership]") {
  auto const go = [&](Queue const& from, Queue const& to, int value) {
    fill(from, bytes, value);
    from.submit(release_to(to, from), {releases(bytes, to.family())});
    CHECK_THAT(refusal([&] { return fill(from, bytes, 0); }), Contains("was released to family"));
    CHECK_THAT(refusal([&] { return fill(to, bytes, 0); }), Contains("has not acquired it yet"));
    to.submit(acquire_from(from, to), {acquires(bytes, from.family())});
    CHECK_THAT(refusal([&] { return fill(from, bytes, 0); }), Contains("belongs to family"));
    copy(to, bytes, copied);
    CHECK(copied.read()[3] == value);
  };
  go(queue, other, 5);
  go(other, queue, 6);
  CHECK(bytes.read()[0] == 6);
}

TEST_CASE_METHOD(OwnershipTest, "a submission may use what it acquires and releases, in whatever order that is named",
                 "[ownership]") {
  auto const acquire_and_fill = [&](Queue const& from, Queue const& to) {
    return recorder.record(to, [&](VkCommandBuffer commands) {
      recorder.transfer_ownership(commands, bytes.handle(), from.family(), to.family(), 0, any_access);
      recorder.function<PFN_vkCmdFillBuffer>("vkCmdFillBuffer")(commands, bytes.handle(), 0, 16, 9);
      recorder.transfer_ownership(commands, bytes.handle(), to.family(), from.family(), written, 0);
    });
  };
  fill(queue, bytes, 5);
  SECTION("released behind the use") {
    queue.submit(release_to(other, queue), {reads(bytes.slice(0, 2)), releases(bytes, other.family())});
  }
  SECTION("released in front of the use") {
    queue.submit(release_to(other, queue), {releases(bytes, other.family()), reads(bytes.slice(0, 2))});
  }
  REQUIRE_THAT(refusal([&] { return fill(queue, bytes, 0); }), Contains("was released to family"));
  other.submit(acquire_and_fill(queue, other), {writes(bytes.slice(0, 4)), acquires(bytes, queue.family()),
                                                releases(bytes, queue.family()), reads(bytes.slice(1, 1))});
  queue.submit(acquire_from(other, queue), {acquires(bytes, other.family()), reads(bytes)});
  copy(queue, bytes, copied);
  CHECK(copied.read()[0] == 9);
  CHECK(copied.read()[4] == 5);
}

TEST_CASE_METHOD(OwnershipTest, "what was not released is not acquired, nor a part of it", "[ownership]") {
  fill(queue, bytes, 5);
  CHECK_THAT(refusal([&] { return other.submit({}, {acquires(bytes, queue.family())}); }),
             StartsWith("VUID-vkQueueSubmit-pSubmits-02207 Queue::submit "));
  CHECK_THAT(refusal([&] { return queue.submit({}, {releases(bytes.slice(0, 4), other.family())}); }),
             Contains("name the whole"));
  queue.submit(release_to(other, queue), {releases(bytes, other.family())});
  CHECK_THAT(refusal([&] { return other.submit({}, {acquires(bytes.slice(4, 4), queue.family())}); }),
             Contains("name the whole"));
  CHECK_THAT(refusal([&] { return queue.submit({}, {acquires(bytes, queue.family())}); }),
             StartsWith("VUID-vkQueueSubmit-pSubmits-02207 "));
  CHECK(bytes.write());
}

TEST_CASE_METHOD(SubmissionTest, "a use of no buffer, or of another device's, is refused", "[submission_validation]") {
  CHECK_THAT(refusal([&] { return queue.submit({}, {reads(Subbuffer<int[]>{})}); }),
             Contains("Queue::submit a use names an empty subbuffer"));
  CHECK_THAT(refusal([&] { return queue.try_submit({}, {reads(Subbuffer<int>{})}); }), Contains("an empty subbuffer"));
  Device const foreign_device = driver.create_device();
  StandardMemoryAllocator const foreign{foreign_device, {.min_block_size = 16 * 1024}};
  auto const bytes = Buffer::new_slice<int>(foreign, {.usage = usage}, host_visible, 8);
  CHECK_THAT(refusal([&] { return queue.submit({}, {writes(bytes)}); }),
             StartsWith("VUID-vkQueueSubmit-commonparent Queue::submit "));
  CHECK(bytes.try_write());
}

TEST_CASE_METHOD(SubmissionTest, "semaphores that are null are refused", "[submission_validation]") {
  Submission const empty;
  CHECK_THAT(refusal([&] { return queue.submit({.waits = {empty}}); }),
             StartsWith("VUID-VkSubmitInfo-pWaitSemaphores-parameter "));
  CHECK_THAT(refusal([&] { return queue.submit({.signals = {{}}}); }),
             StartsWith("VUID-VkSubmitInfo-pSignalSemaphores-parameter "));
}

TEST_CASE_METHOD(SubmissionTest, "structs that ashlar chains itself are refused, wherever they stand",
                 "[submission_validation]") {
  auto const bytes = sevens(8, host_visible);
  VkTimelineSemaphoreSubmitInfo const timelines{
      VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO, nullptr, 0, nullptr, 0, nullptr};
  VkDeviceGroupSubmitInfo group{};
  group.sType = VK_STRUCTURE_TYPE_DEVICE_GROUP_SUBMIT_INFO;
  VkProtectedSubmitInfo front{};
  front.sType = VK_STRUCTURE_TYPE_PROTECTED_SUBMIT_INFO;
  auto const submit = [&] { return queue.submit({.uses = {writes(bytes)}, .next = &front}); };
  front.pNext = &timelines;
  CHECK_THAT(refusal(submit), StartsWith("VUID-VkSubmitInfo-sType-unique "));
  front.pNext = &group;
  CHECK_THAT(refusal(submit), Contains("VkDeviceGroupSubmitInfo"));
  front.pNext = nullptr;
  submit();  // An unprotected submission, as any.
  CHECK(bytes.read()[0] == 7);
}

TEST_CASE_METHOD(NoTimelinesTest, "without timeline semaphores nothing is submitted, and the text says why",
                 "[submission_validation]") {
  REQUIRE_FALSE(device.features().timeline_semaphore);
  auto const bytes = sevens(8, host_visible);
  CHECK_THAT(refusal([&] { return queue.submit({}, {writes(bytes)}); }),
             StartsWith("VUID-VkSemaphoreTypeCreateInfo-timelineSemaphore-03252 Queue::submit "));
  CHECK_THAT(refusal([&] { return queue.try_submit({}, {writes(bytes)}); }), Contains("timeline semaphores"));
  CHECK_FALSE(device.is_lost());
  CHECK(bytes.try_write());
  device.poll();
  device.notify_lost();
  CHECK(device.is_lost());
}

}  // namespace ashlar::test
