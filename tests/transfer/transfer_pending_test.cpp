// What a download gives: a value that comes later.

#include <ashlar/error.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <future>
#include <optional>
#include <utility>
#include <vector>

#include "buffer/access_threads.hpp"
#include "support/catch.hpp"
#include "transfer/transfer_fixture.hpp"

namespace ashlar::test {
namespace {

using detail::in_thread;

/// Where nothing is read in place, and nothing is coherent.
Gpu discrete_gpu() {
  Gpu gpu;
  gpu.memory = discrete_memory();
  gpu.make_non_coherent();
  return gpu;
}

using Values = std::vector<std::uint32_t>;

class PendingTest : protected TransferTest {
 protected:
  PendingTest() : TransferTest{discrete_gpu()} {}

  Transfer transfer{allocator};
  Subbuffer<std::uint32_t[]> buffer = transfer.from_iter(both_ways, numbers(100, 1));
};

}  // namespace

TEST_CASE_METHOD(PendingTest, "a pending is empty until it gets a download, and after it was moved", "[transfer]") {
  Pending<Values> none;
  CHECK_FALSE(none);
  CHECK(none.is_done());
  CHECK_FALSE(none.submission());
  auto pending = transfer.download(buffer);
  CHECK(pending);
  none = std::move(pending);
  CHECK(none);
  CHECK_FALSE(pending);  // NOLINT(bugprone-use-after-move): it promises to be empty.
  auto const moved = Pending<Values>{std::move(none)};
  CHECK(moved);
  CHECK_FALSE(none);  // NOLINT(bugprone-use-after-move)
  Pending<void> const nothing;
  CHECK_FALSE(nothing);
  CHECK(nothing.is_done());
}

TEST_CASE_METHOD(PendingTest, "a value is handed out once", "[transfer]") {
  auto pending = transfer.download(buffer);
  CHECK(pending.get() == numbers(100, 1));
  CHECK_FALSE(pending);
  auto one = transfer.download(buffer.index(7));
  CHECK(one.get() == 8);
  CHECK_FALSE(one);
}

TEST_CASE_METHOD(PendingTest, "a moved pending gets its value", "[transfer]") {
  std::vector<Pending<Values>> pending;
  for (std::uint32_t i = 0; i < 20; ++i) {
    pending.push_back(transfer.download(buffer.slice(i, 10)));
  }
  std::swap(pending[3], pending[4]);
  CHECK(pending[3].get() == numbers(10, 5));
  CHECK(pending[4].get() == numbers(10, 4));
  CHECK(pending[19].get() == numbers(10, 20));
}

TEST_CASE_METHOD(PendingTest, "whether it is done is told while the queue is held, and after", "[transfer]") {
  HeldQueue held{transfer.queue()};
  auto pending = transfer.download(buffer);
  CHECK_FALSE(pending.is_done());  // Submits it.
  REQUIRE(held.is_reached());
  CHECK_FALSE(pending.wait_for(std::chrono::microseconds{1}));
  auto const submission = pending.submission();
  CHECK(submission);
  CHECK_FALSE(submission.is_done());
  held.release();
  CHECK(pending.wait_for(std::chrono::hours{1}));
  CHECK(pending.is_done());
  CHECK(submission.is_done());
  CHECK(submission == pending.submission());
  CHECK(pending.get() == numbers(100, 1));
}

TEST_CASE_METHOD(PendingTest, "its submission is the one that copies it", "[transfer]") {
  auto const first = transfer.download(buffer);
  auto const second = transfer.download(buffer);
  auto const submission = first.submission();
  CHECK(submission == second.submission());
  auto const third = transfer.download(buffer);
  CHECK(third.submission().value() > submission.value());
  CHECK(third.submission() == transfer.submit());
}

TEST_CASE_METHOD(PendingTest, "what is there at once has no submission", "[transfer]") {
  auto const mapped = Buffer::new_slice<std::uint32_t>(allocator, both_ways, {.usage = MemoryUsage::Download}, 10);
  transfer.upload_to(mapped, numbers(10, 2));
  auto pending = transfer.download(mapped);
  CHECK(pending.is_done());
  CHECK_FALSE(pending.submission());
  CHECK(pending.get() == numbers(10, 2));
}

TEST_CASE_METHOD(PendingTest, "who waits submits what was queued before, too", "[transfer]") {
  transfer.submit().wait();
  transfer.fill(buffer, 8);
  auto pending = transfer.download(buffer);
  auto const before = submissions();
  CHECK(pending.get() == Values(100, 8));
  CHECK(submissions() == before + 1);
}

TEST_CASE_METHOD(PendingTest, "a value that is not wanted any more goes nowhere", "[transfer]") {
  HeldQueue held{transfer.queue()};
  {
    auto const queued = transfer.download(buffer);
    auto const submitted = transfer.download(buffer);
    CHECK_FALSE(submitted.is_done());
  }
  auto pending = transfer.download(buffer);
  pending = transfer.download(buffer.slice(0, 3));
  held.release();
  CHECK(pending.get() == numbers(3, 1));
}

TEST_CASE_METHOD(PendingTest, "the destructor of a download into memory of the caller's waits", "[transfer]") {
  std::array<std::uint32_t, 100> destination{};
  HeldQueue held{transfer.queue()};
  auto const waits = driver.calls("vkWaitSemaphores");
  auto thread = in_thread([&] { static_cast<void>(transfer.download_to(buffer, destination)); });
  wait_for_driver_wait(waits);
  CHECK(thread.wait_for(std::chrono::seconds{0}) != std::future_status::ready);
  CHECK(destination[0] == 0);
  held.release();
  thread.get();
  CHECK(destination[0] == 1);
  CHECK(destination[99] == 100);
}

TEST_CASE_METHOD(PendingTest, "a download into memory of the caller's that is assigned to waits", "[transfer]") {
  std::array<std::uint32_t, 100> first{};
  std::array<std::uint32_t, 100> second{};
  auto pending = transfer.download_to(buffer, first);
  pending = transfer.download_to(buffer, second);
  CHECK(first[99] == 100);
  pending.wait();
  CHECK(second[99] == 100);
  pending = Pending<void>{};
  CHECK_FALSE(pending);
}

TEST_CASE_METHOD(PendingTest, "a failed invalidation belongs to its download, and the others get their values",
                 "[transfer]") {
  auto first = transfer.download(buffer);
  auto second = transfer.download(buffer);
  auto third = transfer.download(buffer);
  driver.fail_next("vkInvalidateMappedMemoryRanges", VK_ERROR_OUT_OF_HOST_MEMORY, 2);
  CHECK(third.get() == numbers(100, 1));
  CHECK(first.get() == numbers(100, 1));
  for (int i = 0; i < 2; ++i) {
    auto const error = thrown_by<VulkanError>([&] { return second.get(); });
    CHECK(error.result() == VK_ERROR_OUT_OF_HOST_MEMORY);
    CHECK(error.function() == std::string{"vkInvalidateMappedMemoryRanges"});
  }
  CHECK(second);
  CHECK(transfer.download(buffer).get() == numbers(100, 1));
}

TEST_CASE_METHOD(PendingTest, "a failed submission is told to who waits, and can be tried again",
                 "[transfer][failed_calls]") {
  auto pending = transfer.download(buffer);
  driver.fail_next("vkQueueSubmit", VK_ERROR_OUT_OF_HOST_MEMORY);
  CHECK(thrown_by<VulkanError>([&] { return pending.get(); }).function() == std::string{"vkQueueSubmit"});
  driver.fail_next("vkWaitSemaphores", VK_ERROR_OUT_OF_HOST_MEMORY);
  {
    HeldQueue const held{transfer.queue()};
    CHECK(thrown_by<VulkanError>([&] { return pending.get(); }).function() == std::string{"vkWaitSemaphores"});
  }
  CHECK(pending.get() == numbers(100, 1));
}

TEST_CASE_METHOD(PendingTest, "a destructor that cannot submit gives the download up", "[transfer][failed_calls]") {
  std::array<std::uint32_t, 100> destination{};
  {
    auto const pending = transfer.download_to(buffer, destination);
    driver.fail_next("vkQueueSubmit", VK_ERROR_OUT_OF_HOST_MEMORY);
  }
  CHECK(destination[0] == 0);
  transfer.submit().wait();
  transfer.trim();
  CHECK(destination[0] == 0);
}

TEST_CASE_METHOD(PendingTest, "a pending keeps all that it needs", "[transfer]") {
  auto pending = transfer.download(buffer);
  auto last = transfer.download(buffer.index(3));
  transfer = {};
  buffer = {};
  allocator = {};
  device = {};
  CHECK(pending.get() == numbers(100, 1));
  CHECK(last.get() == 4);
}

TEST_CASE_METHOD(PendingTest, "threads hand their downloads to one another", "[transfer]") {
  auto pending = in_thread([&] { return transfer.download(buffer); }).get();
  auto other = transfer.download(buffer);
  CHECK(in_thread([&, mine = std::move(other)]() mutable { return mine.get(); }).get() == numbers(100, 1));
  CHECK(pending.get() == numbers(100, 1));
}

}  // namespace ashlar::test
