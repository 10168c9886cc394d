#include <ashlar/memory/standard_memory_allocator.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "memory/memory_fixture.hpp"

namespace ashlar::test {
namespace {

Gpu discrete(std::uint64_t own_size = 8 * gib) {
  Gpu info;
  info.memory = discrete_memory(own_size, 2 * own_size);
  return info;
}

/// The size of the next block, for a piece of `size` bytes, where the blocks have `total` bytes and pieces `live`.
std::uint64_t next_block(std::uint64_t total, std::uint64_t live, std::uint64_t size,
                         MemoryAllocatorCreateInfo const& info = {}) {
  std::uint64_t const wanted = live + size + (live + size) / 100 * 18;
  std::uint64_t const grown = std::max(std::min(total / 4, wanted - std::min(wanted, total)), total / 256);
  std::uint64_t const units = (std::max(size, grown) + info.min_block_size - 1) / info.min_block_size;
  return std::min(units * info.min_block_size, info.max_block_size);
}

std::vector<MemoryAllocation> allocate_many(MemoryAllocator const& allocator, std::size_t count, std::uint64_t size,
                                            AllocationCreateInfo const& info) {
  std::vector<MemoryAllocation> allocations;
  for (std::size_t i = 0; i < count; ++i) {
    allocations.push_back(allocator.allocate({.size = size, .alignment = 256}, info));
  }
  return allocations;
}

}  // namespace

TEST_CASE("blocks grow to a little above what is live, by a quarter of what there is at most", "[memory_allocator]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  std::uint64_t const size = GENERATE(1 * mib, 300 * kib, 5 * mib);
  CAPTURE(size);
  std::vector<MemoryAllocation> pieces;
  std::uint64_t total = 0;
  std::uint64_t largest = 0;
  while (pieces.size() * size < 1800 * mib) {
    std::uint64_t const expected = next_block(total, pieces.size() * size, size);
    pieces.push_back(allocator.allocate({.size = size, .alignment = 256}, {}));
    if (driver.heap_use(0) != total) {
      REQUIRE(driver.heap_use(0) - total == expected);
      total += expected;
      largest = std::max(largest, expected);
    }
  }
  CHECK(total < 1800 * mib / 100 * 130);
  if (size == 1 * mib) {
    CHECK(largest == 256 * mib);              // MemoryAllocatorCreateInfo::max_block_size
    CHECK(driver.allocations().size() < 40);  // 1, 1, 1, 1, 1, 2, 2, 3, … 230 MiB, and then 256 MiB each.
  }
}

// Of 3 MiB two go into none of the blocks at first, and what is unused is as much as there may be soon.
TEST_CASE("blocks of pieces that fit badly stay few", "[memory_allocator]") {
  SimulatedDriver driver{discrete(64 * gib)};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  std::uint64_t const size = GENERATE(3 * mib, 5 * mib, 12 * mib);
  auto const pieces = allocate_many(allocator, 16 * gib / size, size, {});
  CHECK(driver.heap_use(0) < 16 * gib / 100 * 120);
  CHECK(driver.allocations().size() < 1000);
}

TEST_CASE("blocks do not grow for what has been freed", "[memory_allocator]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  std::vector<MemoryAllocation> pieces = allocate_many(allocator, 300, mib, {});
  while (driver.heap_use(0) != pieces.size() * mib) {
    pieces.push_back(allocator.allocate({.size = mib}, {}));
  }
  for (std::size_t i = 0; i < pieces.size(); i += 2) {
    pieces[i] = {};
  }
  std::uint64_t const total = driver.heap_use(0);
  MemoryAllocation const large = allocator.allocate({.size = 20 * mib}, {});  // No hole is so large.
  CHECK(driver.heap_use(0) == total + 20 * mib);
}

TEST_CASE("block sizes are the user's choice", "[memory_allocator]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  SECTION("powers of two") {
    StandardMemoryAllocator const allocator{device, {.min_block_size = 64 * kib, .max_block_size = 256 * kib}};
    auto const allocations = allocate_many(allocator, 200, 10 * kib, {});
    std::vector<RecordedAllocation> const blocks = driver.allocations();
    CHECK(blocks.front().size == 64 * kib);
    CHECK(blocks.back().size == 256 * kib);
    CHECK(std::all_of(blocks.begin(), blocks.end(), [](auto const& block) { return block.size <= 256 * kib; }));
  }
  SECTION("others") {
    StandardMemoryAllocator const allocator{device, {.min_block_size = 3 * mib, .max_block_size = 3 * mib}};
    auto const allocations = allocate_many(allocator, 7, mib, {});
    CHECK(driver.allocations().size() == 3);
    CHECK(driver.heap_use(0) == 9 * mib);
  }
}

TEST_CASE("an allocator needs a device and block sizes in order", "[memory_allocator]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  CHECK_THROWS_AS(StandardMemoryAllocator{Device{}}, ValidationError);
  CHECK_THROWS_AS((StandardMemoryAllocator{device, {.min_block_size = 0}}), ValidationError);
  CHECK_THROWS_AS((StandardMemoryAllocator{device, {.min_block_size = 2, .max_block_size = 1}}), ValidationError);
  CHECK((StandardMemoryAllocator{device, {.min_block_size = 2, .max_block_size = 2}}));
}

TEST_CASE("a heap smaller than a block can be used to its end", "[memory_allocator]") {
  SimulatedDriver driver{discrete(100 * kib)};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  auto const allocations = allocate_many(allocator, 100, kib, {.memory_type_bits = type_bit(0)});
  CHECK(driver.heap_use(0) == 100 * kib);
  CHECK_THROWS_AS(allocate_many(allocator, 1, kib, {.memory_type_bits = type_bit(0)}), OutOfMemoryError);
}

TEST_CASE("a heap of a few bytes serves a small buffer", "[memory_allocator]") {
  std::uint64_t const heap_size = GENERATE(16U, 100U, 1000U, 5000U);
  SimulatedDriver driver{discrete(heap_size)};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  RawBuffer const buffer{device, 4};
  MemoryAllocation const allocation = allocator.allocate_for_buffer(buffer.handle(), {.memory_type_bits = type_bit(0)});
  CHECK(allocation.memory_type() == 0);
  CHECK(driver.calls("vkAllocateMemory") == 1);  // No block that is too small to be divided.
}

TEST_CASE("no block is larger than maxMemoryAllocationSize", "[memory_allocator]") {
  Gpu info = discrete();
  info.limits.max_memory_allocation_size = 5 * mib;  // A larger one is a violation.
  SimulatedDriver driver{info};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  auto const allocations = allocate_many(allocator, 100, 300 * kib, {});
  MemoryAllocation const largest = allocator.allocate({.size = 5 * mib}, {});
  CHECK(largest.memory_type() == 0);
  std::vector<RecordedAllocation> const blocks = driver.allocations();
  CHECK(std::all_of(blocks.begin(), blocks.end() - 1, [](auto const& block) { return block.size <= 4 * mib; }));
  CHECK(blocks.size() < 30);  // 18 of 1 MiB, then of 2 MiB, as a fifth is still less than 4 MiB.
}

TEST_CASE("the statistics are what is allocated", "[memory_allocator]") {
  bool const has_budget = GENERATE(true, false);
  Gpu info = discrete();
  if (!has_budget) {
    info.hidden.insert("VK_EXT_memory_budget");
  }
  SimulatedDriver driver{info};
  driver.occupy_heap(0, 3 * gib);
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  DeviceMemory const foreign = DeviceMemory::allocate(device, {.size = 5 * mib, .memory_type = 0});
  auto pieces = allocate_many(allocator, 3, 1024, {});
  MemoryAllocation const dedicated =
      allocator.allocate({.size = 700}, {.allocate_preference = AllocatePreference::AlwaysAllocate});

  MemoryStatistics statistics = allocator.statistics();
  CHECK(statistics.type_count == 3);
  CHECK(statistics.heap_count == 2);
  CHECK(statistics.types[0].block_count == 1);
  CHECK(statistics.types[0].block_bytes == mib);
  CHECK(statistics.types[0].suballocation_count == 3);
  CHECK(statistics.types[0].suballocation_bytes == 3 * 1024);
  CHECK(statistics.types[0].dedicated_count == 1);
  CHECK(statistics.types[0].dedicated_bytes == 700);
  CHECK(statistics.types[1].block_count == 0);
  CHECK(statistics.heaps[0].size == 8 * gib);
  CHECK(statistics.heaps[0].device_use == 6 * mib + 700);  // The memory beside the allocator, too.
  CHECK(statistics.heaps[0].process_use == 6 * mib + 700);
  CHECK(statistics.heaps[0].budget == (has_budget ? 5 * gib : 8 * gib / 5 * 4));
  CHECK(statistics.heaps[1].device_use == 0);
  CHECK(statistics.heaps[1].budget == (has_budget ? 16 * gib : 16 * gib / 5 * 4));
  CHECK(statistics.allocation_count == 3);
  CHECK(statistics.max_allocation_count == 4096);

  pieces.pop_back();
  statistics = allocator.statistics();
  CHECK(statistics.types[0].suballocation_count == 2);
  CHECK(statistics.types[0].suballocation_bytes == 2 * 1024);
}

}  // namespace ashlar::test
