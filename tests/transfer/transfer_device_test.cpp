#include <ashlar/error.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>
#include <ashlar/transfer/transfer.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/vulkan_fixture.hpp"

namespace ashlar::test {
namespace {

constexpr BufferCreateInfo both_ways{.usage = BufferUsage::TransferSource | BufferUsage::TransferDestination};

std::vector<std::uint32_t> numbers(std::size_t count, std::uint32_t first = 0) {
  std::vector<std::uint32_t> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

}  // namespace

TEST_CASE_METHOD(VulkanTest, "what is uploaded is downloaded again, idle or busy", "[transfer]") {
  StandardMemoryAllocator const allocator{device()};
  Transfer const transfer{allocator, {.max_staging_size = 1 << 20, .max_copy_threads = 2}};
  for (std::size_t const count : {1U, 1000U, 260'000U}) {  // The last goes through in chunks.
    auto const buffer = transfer.from_iter(both_ways, numbers(count, 1));
    CHECK(transfer.download(buffer).get() == numbers(count, 1));
    for (std::uint32_t round = 0; round < 20; ++round) {  // Mostly the fill is not done yet.
      transfer.fill(buffer, 0);
      transfer.upload_to(buffer, numbers(count, round));
      transfer.update(buffer.index(0), round);
      CHECK(transfer.download(buffer).get() == numbers(count, round));
    }
  }
}

TEST_CASE_METHOD(VulkanTest, "what is queued has its order, and guards see it", "[transfer]") {
  StandardMemoryAllocator const allocator{device()};
  Transfer const transfer{allocator};
  auto const a = transfer.from_iter(both_ways, numbers(1000));
  auto const b = Buffer::new_slice<std::uint32_t>(allocator, both_ways, {.usage = MemoryUsage::Download}, 1000);
  for (std::uint32_t round = 0; round < 50; ++round) {
    transfer.fill(a, round);
    transfer.copy(a, b);
    transfer.update(a.slice(0, 2), {round + 1, round + 2});
    transfer.copy(a.slice(0, 2), b.slice(10, 2));
    auto pending = transfer.download(a);
    auto const guard = b.read();
    CHECK(guard[9] == round);
    CHECK(guard[10] == round + 1);
    CHECK(guard[11] == round + 2);
    CHECK(guard[999] == round);
    CHECK(pending.get()[1] == round + 2);
  }
}

TEST_CASE_METHOD(VulkanTest, "many downloads that nobody reads go through a small ring", "[transfer]") {
  StandardMemoryAllocator const allocator{device()};
  Transfer const transfer{allocator, {.max_staging_size = 1 << 20}};
  auto const buffer = transfer.from_iter(both_ways, numbers(16'384));
  std::vector<std::uint32_t> destination(16'384);
  std::vector<Pending<void>> pending;
  for (int i = 0; i < 200; ++i) {
    transfer.update(buffer.index(0), 0);  // So that it is busy.
    pending.push_back(transfer.download_to(buffer, destination));
  }
  transfer.upload_to(buffer, numbers(16'384, 1));
  pending.clear();
  CHECK(destination == numbers(16'384));
  CHECK(transfer.download(buffer).get() == numbers(16'384, 1));
}

TEST_CASE_METHOD(VulkanTest, "threads share a transfer", "[transfer]") {
  StandardMemoryAllocator const allocator{device()};
  Transfer const transfer{allocator, {.max_staging_size = 1 << 20, .max_copy_threads = 2}};
  auto const shared = Buffer::new_slice<std::uint32_t>(allocator, both_ways, {}, 4000);
  transfer.fill(shared, 0);
  std::vector<int> wrong(4);
  {
    std::vector<std::jthread> running;
    for (std::uint32_t thread = 0; thread < 4; ++thread) {
      running.emplace_back([&, thread] {
        auto const own = shared.slice(1000 * std::uint64_t{thread}, 1000);
        for (std::uint32_t round = 0; round < 50; ++round) {
          transfer.upload_to(own, numbers(1000, round));
          transfer.fill(own.slice(500, 500), thread);
          auto const got = transfer.download(own).get();
          wrong[thread] += got[499] == round + 499 && got[500] == thread && got[999] == thread ? 0 : 1;
        }
      });
    }
  }
  CHECK(wrong == std::vector<int>(4));
}

TEST_CASE_METHOD(VulkanTest, "a transfer and its downloads outlive their handles", "[transfer]") {
  Pending<std::vector<std::uint32_t>> pending;
  {
    StandardMemoryAllocator const allocator{device()};
    Transfer const transfer{allocator};
    auto const buffer = transfer.from_iter(both_ways, numbers(1000, 4));
    transfer.fill(buffer.slice(0, 1), 9);
    pending = transfer.download(buffer);
  }
  auto const got = pending.get();
  CHECK(got[0] == 9);
  CHECK(got[999] == 1003);
}

}  // namespace ashlar::test
