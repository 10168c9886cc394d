// Calls of Vulkan that fail, and a device that is lost.

#include <ashlar/error.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "transfer/transfer_fixture.hpp"

namespace ashlar::test {
namespace {

constexpr char const* functions[] = {"vkCreateBuffer",
                                     "vkAllocateMemory",
                                     "vkBindBufferMemory",
                                     "vkMapMemory",
                                     "vkCreateSemaphore",
                                     "vkCreateCommandPool",
                                     "vkAllocateCommandBuffers",
                                     "vkResetCommandPool",
                                     "vkBeginCommandBuffer",
                                     "vkEndCommandBuffer",
                                     "vkQueueSubmit",
                                     "vkWaitSemaphores",
                                     "vkFlushMappedMemoryRanges",
                                     "vkInvalidateMappedMemoryRanges"};

constexpr std::size_t small = 1000;
constexpr std::size_t large = 70'000;  // More than a quarter of the ring, so that it is copied in chunks.

class FailureTest : protected TwoGpusTest {
 protected:
  /// All that a transfer does, small and large.
  static void use(Transfer const& transfer, Subbuffer<std::uint32_t[]> const& a, Subbuffer<std::uint32_t[]> const& b) {
    transfer.fill(a, 1);
    transfer.upload_to(a.slice(0, small), numbers(small, 5));
    auto pending = transfer.download(a.slice(0, small));
    transfer.copy(a, b);
    transfer.update(b.index(0), 9);
    auto const few = pending.get();  // Not in a CHECK, which would keep what it throws.
    CHECK(few == numbers(small, 5));
    transfer.fill(a, 2);
    transfer.upload_to(a, numbers(large, 7));
    transfer.update(a.index(0), 7);
    auto const many = transfer.download(a).get();
    CHECK(many == numbers(large, 7));
    auto const first = transfer.download(b.index(0)).get();
    CHECK(first == 9);
  }
};

}  // namespace

TEST_CASE_METHOD(FailureTest, "whichever call fails, nothing is locked or lost, and the next try succeeds",
                 "[transfer][failed_calls]") {
  auto const a = new_buffer(large);
  auto const b = new_buffer(large);
  for (char const* const function : functions) {
    INFO(function);
    for (std::uint64_t nth = 1; nth <= 3; ++nth) {
      Transfer const transfer{allocator, {.max_staging_size = 1 * mib, .max_copy_threads = 2}};
      std::vector<std::uint32_t> kept(small);
      driver.fail_next(function, VK_ERROR_OUT_OF_HOST_MEMORY, nth);
      try {
        use(transfer, a, b);
      } catch (VulkanError const& error) {
        CHECK(error.result() == VK_ERROR_OUT_OF_HOST_MEMORY);
        CHECK(error.function() == std::string{function});
      } catch (OutOfMemoryError const&) {  // No other memory could be had.
      }
      driver.cancel_failures();
      use(transfer, a, b);
      transfer.submit().wait();
      transfer.trim();
      CHECK(transfer.staging_size() == 0);
    }
  }
}

TEST_CASE_METHOD(FailureTest, "what is queued stays queued while submitting fails, and is not forgotten",
                 "[transfer][failed_calls]") {
  Transfer const transfer{allocator};
  auto const a = new_buffer(small);
  auto const b = new_buffer(small);
  for (char const* const function :
       {"vkResetCommandPool", "vkBeginCommandBuffer", "vkEndCommandBuffer", "vkQueueSubmit"}) {
    INFO(function);
    transfer.fill(a, 1);
    transfer.copy(a, b);
    transfer.fill(a, 2);
    {
      Failing const failing{driver, function, VK_ERROR_OUT_OF_HOST_MEMORY};
      CHECK(thrown_by<VulkanError>([&] { return transfer.submit(); }).function() == std::string{function});
      CHECK(thrown_by<VulkanError>([&] {
              return transfer.submit({.stage = PipelineStage::Transfer, .access = AccessFlag::TransferRead});
            }).function() == std::string{function});
    }
    transfer.update(b.index(0), 3);
    CHECK(transfer.download(a.index(5)).get() == 2);
    auto const got = transfer.download(b).get();
    CHECK(got[0] == 3);
    CHECK(got[1] == 1);
  }
}

TEST_CASE_METHOD(FailureTest, "a transfer that goes gives up what it cannot submit", "[transfer][failed_calls]") {
  auto const a = new_buffer(small);
  {
    Transfer const transfer{allocator};
    transfer.fill(a, 1);
    transfer.submit().wait();
    transfer.fill(a, 2);
    driver.fail_from_now_on("vkQueueSubmit", VK_ERROR_OUT_OF_HOST_MEMORY);
  }
  driver.cancel_failures();
  CHECK(Transfer{allocator}.download(a.index(3)).get() == 1);
}

TEST_CASE_METHOD(FailureTest, "a lost device is told to all who wait, and all can be destroyed",
                 "[transfer][failed_calls]") {
  Transfer const transfer{allocator, {.max_staging_size = 1 * mib, .max_copy_threads = 2}};
  auto const a = transfer.from_iter(both_ways, numbers(large));
  transfer.fill(a.slice(0, 1), 1);
  transfer.submit().wait();
  std::array<std::uint32_t, small> destination{};
  HeldQueue const held{transfer.queue()};
  transfer.fill(a, 3);
  transfer.submit();
  auto submitted = transfer.download(a.slice(0, small));
  auto const submission = submitted.submission();
  auto into = transfer.download_to(a.slice(0, small), destination);
  simulated::device_control()->lose(device.handle());
  auto const is_lost = [](auto const& f) {
    return thrown_by<VulkanError>([&] {
             f();
             return 0;
           }).result() == VK_ERROR_DEVICE_LOST;
  };
  CHECK(is_lost([&] { static_cast<void>(submitted.get()); }));
  CHECK(is_lost([&] { into.wait(); }));
  CHECK(is_lost([&] { submission.wait(); }));
  CHECK(is_lost([&] { transfer.submit(); }));
  CHECK(is_lost([&] {
    transfer.upload_to(a, numbers(large));
    static_cast<void>(transfer.download(a).get());
    transfer.submit();
  }));
  CHECK(destination[0] == 0);
}

TEST_CASE_METHOD(FailureTest, "a transfer, buffers and allocators go in any order", "[transfer][failed_calls]") {
  for (int order = 0; order < 6; ++order) {
    StandardMemoryAllocator own{device, {.min_block_size = 64 * kib}};
    Transfer transfer{own};
    auto buffer = Buffer::new_slice<std::uint32_t>(own, both_ways, {}, small);
    auto other = Buffer::new_slice<std::uint32_t>(own, both_ways, {}, small);
    transfer.fill(buffer, 4);
    if (order % 2 == 0) {
      transfer.submit();
    }
    transfer.copy(buffer, other);
    auto pending = transfer.download(other);
    if (order < 3) {
      buffer = {};
      own = {};
      transfer = {};
    } else {
      transfer = {};
      own = {};
      buffer = {};
    }
    other = {};
    if (order != 5) {
      CHECK(pending.get() == std::vector<std::uint32_t>(small, 4));
    }
  }
}

TEST_CASE_METHOD(FailureTest, "the last handle waits for what it queued", "[transfer][failed_calls]") {
  auto const buffer = Buffer::new_slice<std::uint32_t>(allocator, both_ways, {.usage = MemoryUsage::Download}, small);
  {
    Transfer const transfer{allocator};
    transfer.fill(buffer, 4);
  }
  auto const guard = buffer.try_read();
  REQUIRE(guard);
  CHECK(guard[small - 1] == 4);
}

}  // namespace ashlar::test
