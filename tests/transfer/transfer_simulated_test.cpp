#include <ashlar/error.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>
#include <ashlar/transfer/transfer.hpp>

#include <cstdint>
#include <numeric>
#include <vector>

#include "support/catch.hpp"
#include "support/simulated_driver.hpp"

namespace ashlar::test {
namespace {

constexpr BufferCreateInfo storage{.usage = BufferUsage::TransferSource | BufferUsage::TransferDestination};

std::vector<std::uint32_t> numbers(std::size_t count, std::uint32_t first) {
  std::vector<std::uint32_t> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

class TransferTest {
 protected:
  SimulatedDriver driver{this_gpu()};
  Device device = driver.create_device();
  StandardMemoryAllocator allocator{device};
};

}  // namespace

TEST_CASE_METHOD(TransferTest, "what is uploaded is downloaded again, small and large", "[transfer]") {
  Transfer const transfer{allocator, {.max_staging_size = 1 << 20, .max_copy_threads = 3}};
  for (std::size_t const count : {1U, 1000U, 70'000U, 300'000U, 1'000'000U}) {
    auto const values = numbers(count, 7);
    auto const buffer = transfer.from_iter(storage, values);
    auto pending = transfer.download(buffer);
    CHECK(pending.get() == values);
  }
}

TEST_CASE_METHOD(TransferTest, "ten thousand unread downloads go through a small ring", "[transfer]") {
  Transfer const transfer{allocator, {.max_staging_size = 1 << 20}};
  auto const values = numbers(16'384, 3);
  auto const buffer = transfer.from_iter(storage, values);
  std::vector<Pending<std::vector<std::uint32_t>>> pending;
  for (int i = 0; i != 1000; ++i) {
    pending.push_back(transfer.download(buffer));
  }
  transfer.upload_to(buffer, numbers(16'384, 4));
  for (auto& one : pending) {
    REQUIRE(one.get() == values);
  }
  CHECK(transfer.download(buffer).get() == numbers(16'384, 4));
}

TEST_CASE_METHOD(TransferTest, "copies, fills and updates of one batch come one after the other", "[transfer]") {
  Transfer const transfer{allocator};
  auto const a = transfer.from_iter(storage, numbers(64, 0));
  auto const b = transfer.from_iter(storage, numbers(64, 100));
  transfer.copy(a, b);
  transfer.fill(a.slice(0, 32), 9);
  transfer.update(a.slice(32, 2), {5, 6});
  transfer.copy(a.slice(0, 34), b.slice(10, 34));
  auto const got = transfer.download(b).get();
  CHECK(got[9] == 9);
  CHECK(got[10] == 9);
  CHECK(got[42] == 5);
  CHECK(got[43] == 6);
  CHECK(got[44] == 44);
}

}  // namespace ashlar::test
