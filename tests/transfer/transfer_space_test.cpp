// Who needs staging memory, and how he gets it.

#include <ashlar/error.hpp>

#include <chrono>
#include <cstdint>
#include <future>
#include <vector>

#include "access.hpp"
#include "buffer/access_threads.hpp"
#include "device/device_state.hpp"
#include "support/catch.hpp"
#include "transfer/transfer_fixture.hpp"

namespace ashlar::test {
namespace {

using detail::in_thread;

constexpr std::size_t count = 16'384;  // 64 KiB of numbers.

Gpu discrete_gpu() {
  Gpu gpu;
  gpu.memory = discrete_memory();
  return gpu;
}

class SpaceTest : protected TransferTest {
 protected:
  SpaceTest() : TransferTest{discrete_gpu()} {}

  Transfer const transfer{allocator, {.max_staging_size = 1 * mib}};
  Subbuffer<std::uint32_t[]> const buffer = transfer.from_iter(both_ways, numbers(count, 1));
};

}  // namespace

TEST_CASE_METHOD(SpaceTest, "ten thousand downloads that nobody reads go through a small ring, then an upload",
                 "[transfer][long]") {
  std::vector<std::uint32_t> destination(count);
  std::vector<Pending<void>> pending;
  for (int i = 0; i < 10'000; ++i) {
    pending.push_back(transfer.download_to(buffer, destination));
  }
  transfer.upload_to(buffer, numbers(count, 2));
  CHECK(transfer.staging_size() <= 4 * mib);
  for (auto const& one : pending) {
    one.wait();
  }
  CHECK(destination == numbers(count, 1));
  CHECK(transfer.download(buffer).get() == numbers(count, 2));
}

TEST_CASE_METHOD(SpaceTest, "another thread's downloads make room, queued or done", "[transfer]") {
  std::vector<std::vector<std::uint32_t>> destinations(16, std::vector<std::uint32_t>(count));
  std::vector<Pending<void>> pending;
  in_thread([&] {
    for (auto& destination : destinations) {
      pending.push_back(transfer.download_to(buffer, destination));
    }
  }).get();
  for (int i = 0; i < 40; ++i) {
    CHECK(transfer.download(buffer).get() == numbers(count, 1));
  }
  for (std::size_t i = 0; i < pending.size(); ++i) {
    pending[i].wait();
    CHECK(destinations[i] == numbers(count, 1));
  }
}

TEST_CASE_METHOD(SpaceTest, "who finds no room waits for the device", "[transfer]") {
  HeldQueue held{transfer.queue()};
  auto const waits = driver.calls("vkWaitSemaphores");
  auto uploading = in_thread([&] {
    for (std::uint32_t i = 0; i < 40; ++i) {
      transfer.upload_to(buffer, numbers(count, i));
    }
  });
  wait_for_driver_wait(waits);
  CHECK(uploading.wait_for(std::chrono::seconds{0}) != std::future_status::ready);
  held.release();
  uploading.get();
  CHECK(transfer.download(buffer).get() == numbers(count, 39));
}

TEST_CASE_METHOD(SpaceTest, "who finds no room goes on though another thread learned that all is done", "[transfer]") {
  Transfer const roomy{allocator, {.max_staging_size = 2 * mib}};
  auto const watched = Buffer::new_slice<std::uint32_t>(allocator, both_ways, {.usage = MemoryUsage::Download}, 4);
  HeldQueue held{roomy.queue()};
  for (std::uint32_t i = 0; i < 16; ++i) {  // As much as its first block holds.
    roomy.upload_to(buffer, numbers(count, i));
  }
  roomy.submit();
  driver.occupy_heap(1, driver.gpu().memory.heaps[1].size - driver.heap_use(1));
  driver.block_next("vkCreateBuffer");
  auto uploading = in_thread([&] {
    for (std::uint32_t i = 0; i < 4; ++i) {
      roomy.upload_to(buffer, numbers(count, 100 + i));
    }
  });
  driver.wait_until_blocked("vkCreateBuffer");
  held.release();
  roomy.queue().with_handle([&](VkQueue queue) { detail::Access::state(device).vk.vkQueueWaitIdle(queue); });
  // Asks how far the queue has come, for a submission behind all of the others.
  HeldQueue again{roomy.queue()};
  Transfer const other{allocator, {.queue = roomy.queue()}};
  other.fill(watched, 1);
  CHECK_FALSE(watched.try_read());
  driver.release("vkCreateBuffer");
  again.release();
  uploading.get();
  driver.occupy_heap(1, 0);
  CHECK(roomy.download(buffer).get() == numbers(count, 103));
}

TEST_CASE_METHOD(SpaceTest, "staging memory grows up to its limit, and is given back", "[transfer]") {
  Transfer const growing{allocator, {.max_staging_size = 4 * mib}};
  std::vector<Pending<std::vector<std::uint32_t>>> pending;
  for (int i = 0; i < 200; ++i) {
    pending.push_back(growing.download(buffer));
    CHECK(growing.staging_size() <= 7 * mib);  // Smaller blocks live until their last piece goes.
  }
  CHECK(growing.staging_size() >= 1 * mib);
  growing.submit().wait();
  growing.trim();
  CHECK(growing.staging_size() == 0);
  for (auto& one : pending) {
    CHECK(one.get() == numbers(count, 1));
  }
  CHECK(growing.download(buffer).get() == numbers(count, 1));
}

TEST_CASE_METHOD(SpaceTest, "staging memory that is in use is not given back", "[transfer]") {
  HeldQueue held{transfer.queue()};
  auto pending = transfer.download(buffer);
  transfer.submit();
  transfer.trim();
  CHECK(transfer.staging_size() >= count * 4);
  held.release();
  CHECK(pending.get() == numbers(count, 1));
}

TEST_CASE_METHOD(SpaceTest, "a ring that may not grow for want of memory is used as it is", "[transfer]") {
  Transfer const growing{allocator, {.max_staging_size = 64 * mib}};
  growing.upload_to(buffer, numbers(count, 1));
  growing.submit().wait();
  driver.occupy_heap(1, driver.gpu().memory.heaps[1].size - driver.heap_use(1));
  for (std::uint32_t i = 0; i < 100; ++i) {
    growing.upload_to(buffer, numbers(count, i));
  }
  driver.occupy_heap(1, 0);
  CHECK(growing.download(buffer).get() == numbers(count, 99));
}

TEST_CASE_METHOD(SpaceTest, "without any staging memory it is said that memory is missing", "[transfer]") {
  Transfer const late{allocator};
  transfer.submit().wait();
  transfer.trim();
  StandardMemoryAllocator const other{device, {.min_block_size = 64 * kib}};
  Transfer const poor{other};
  driver.occupy_heap(1, driver.gpu().memory.heaps[1].size - driver.heap_use(1));
  CHECK_THROWS_AS(poor.upload_to(buffer, numbers(count, 5)), OutOfMemoryError);
  CHECK_THROWS_AS(poor.download(buffer), OutOfMemoryError);
  CHECK_THROWS_AS(poor.upload_to(new_buffer(1'000'000), numbers(1'000'000)), OutOfMemoryError);
  driver.occupy_heap(1, 0);
  poor.upload_to(buffer, numbers(count, 5));
  CHECK(poor.download(buffer).get() == numbers(count, 5));
}

}  // namespace ashlar::test
