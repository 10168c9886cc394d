#include <ashlar/buffer/buffer.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>

#include <cstdint>

#include "benchmarks/footprint_workload.hpp"
#include "memory/memory_fixture.hpp"

// What the whole allocator takes of the device, in the workloads of the benchmark: exact facts, that no machine
// changes.

namespace ashlar::test {
namespace {

Gpu discrete() {
  Gpu gpu;
  gpu.memory = discrete_memory();
  return gpu;
}

struct FootprintFacts {
  double peak_ratio = 0;    ///< Device memory at most, over live bytes at most.
  double steady_ratio = 0;  ///< Device memory over live bytes, the mean.
  std::uint64_t blocks = 0;
};

/// c1 on a driver of its own.
FootprintFacts footprint(std::uint64_t seed, std::uint64_t steps) {
  SimulatedDriver driver{discrete()};
  StandardMemoryAllocator const allocator{driver.create_device()};
  bench::LiveBytes live;
  bench::Footprint const seen = bench::run_footprint(
      SplitMix64{seed}, steps, bench::footprint_target, live,
      [&](std::uint64_t size) { return allocator.allocate({.size = size, .alignment = bench::alignment}, {}); },
      [&] { return driver.heap_use(0); }, [] {});
  CHECK(nothing_allocated(allocator));
  return {static_cast<double>(seen.peak_device) / static_cast<double>(live.peak()),
          seen.ratio_sum / static_cast<double>(seen.samples), driver.calls("vkAllocateMemory")};
}

// The targets of the benchmark's table.
TEST_CASE("the footprint of c1 stays below a fifth above what is live", "[memory_allocator][workload]") {
  FootprintFacts const facts = footprint(0xF4A6, 1'000'000);
  CHECK(facts.peak_ratio <= 1.20);
  CHECK(facts.steady_ratio <= 1.20);
  CHECK(facts.blocks <= 40);
}

// A fifth of the steps: all of them take half a minute under a sanitizer.
TEST_CASE("the footprint of c1 does not hang on the seed", "[memory_allocator][workload]") {
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    FootprintFacts const facts = footprint(seed, 200'000);
    CHECK(facts.blocks <= 40);
    sum += facts.peak_ratio;
  }
  CHECK(sum / 8 <= 1.22);
}

TEST_CASE("the first buffer of four bytes takes one MiB of the device", "[memory_allocator][workload]") {
  SimulatedDriver driver{discrete()};
  StandardMemoryAllocator const allocator{driver.create_device()};
  auto const buffer = Buffer::new_sized<std::uint32_t>(allocator, {.usage = BufferUsage::StorageBuffer}, {});
  CHECK(driver.calls("vkAllocateMemory") == 1);
  CHECK(driver.heap_use(0) == mib);
}

}  // namespace
}  // namespace ashlar::test
