#include <ashlar/error.hpp>
#include <ashlar/transfer/transfer.hpp>

#include <cstdint>
#include <future>

#include "access.hpp"
#include "buffer/access_threads.hpp"
#include "buffer/buffer_state.hpp"
#include "support/catch.hpp"
#include "transfer/transfer_fixture.hpp"

namespace ashlar::test {
namespace {

/// A graphics card, of whose own memory the host reaches nothing that these tests use.
class ThreadsTest : protected TransferTest {
 protected:
  ThreadsTest() : TransferTest{Gpu{gpu_profile("NVIDIA H100")}} {}

  /// A thread that uploads, and stands still where it makes staging memory: it holds the bytes, which are not queued
  /// yet.
  [[nodiscard]] std::future<void> upload_up_to_staging() {
    driver.block_next("vkCreateBuffer");
    auto uploading = detail::in_thread([this] { transfer.upload_to(buffer, numbers(64, 5)); });
    driver.wait_until_blocked("vkCreateBuffer");
    return uploading;
  }

  void wait_for_waiter() const { detail::wait_for_waiters(detail::Access::state(buffer.buffer()).tracker, 1); }

  Subbuffer<std::uint32_t[]> buffer = new_buffer(64);
  Transfer transfer{allocator};
};

}  // namespace

TEST_CASE_METHOD(ThreadsTest, "who waits for bytes that his own transfer then queues goes on", "[transfer]") {
  auto uploading = upload_up_to_staging();
  auto filling = detail::in_thread([&] { transfer.fill(buffer, 9); });
  wait_for_waiter();
  driver.release("vkCreateBuffer");
  uploading.get();
  filling.get();
  CHECK(submissions() == 0);
  CHECK(transfer.download(buffer).get() == std::vector<std::uint32_t>(64, 9));
}

TEST_CASE_METHOD(ThreadsTest, "who waits for bytes that cannot be submitted is told", "[transfer][failed_calls]") {
  auto uploading = upload_up_to_staging();
  auto filling = detail::in_thread([&] {
    try {
      Transfer{allocator}.fill(buffer, 9);
    } catch (VulkanError const& error) {
      return error.result();
    }
    return std::int32_t{VK_SUCCESS};
  });
  wait_for_waiter();
  {
    Failing const failing{driver, "vkQueueSubmit", VK_ERROR_OUT_OF_HOST_MEMORY};
    driver.release("vkCreateBuffer");
    uploading.get();
    CHECK(filling.get() == VK_ERROR_OUT_OF_HOST_MEMORY);
  }
  CHECK(transfer.download(buffer).get() == numbers(64, 5));
}

TEST_CASE_METHOD(ThreadsTest, "what a submission finds done is used again", "[transfer]") {
  auto const wait_idle = reinterpret_cast<PFN_vkQueueWaitIdle>(device.proc_addr("vkQueueWaitIdle"));
  for (std::uint32_t i = 0; i != 50; ++i) {
    transfer.fill(buffer, i);
    static_cast<void>(transfer.submit());
    transfer.queue().with_handle([&](VkQueue queue) { CHECK(wait_idle(queue) == VK_SUCCESS); });
  }
  CHECK(driver.calls("vkCreateCommandPool") <= 4);
}

TEST_CASE_METHOD(ThreadsTest, "staging memory that is large enough does not grow", "[transfer]") {
  std::uint64_t const count = 3 * mib / 8;
  auto const large = new_buffer(count);
  for (std::uint32_t i = 0; i != 5; ++i) {
    transfer.upload_to(large, numbers(count, i));
    transfer.submit().wait();
  }
  CHECK(transfer.staging_size() <= 2 * mib);
}

TEST_CASE_METHOD(ThreadsTest, "small and large uploads of several threads share a small ring to the end",
                 "[transfer]") {
  Transfer const small{allocator, {.max_staging_size = 1 * mib, .max_copy_threads = 1}};
  auto const large = new_buffer(mib);
  for (int round = 0; round != 10; ++round) {
    auto uploading = detail::in_thread([&] { small.upload_to(large, numbers(mib)); });
    auto others = detail::in_thread([&] {
      for (std::uint32_t i = 0; i != 20; ++i) {
        small.upload_to(buffer, numbers(64, i));
      }
    });
    uploading.get();
    others.get();
  }
  CHECK(small.download(buffer).get() == numbers(64, 19));
}

}  // namespace ashlar::test
