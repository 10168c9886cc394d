// How much there is to be had on this GPU: of a heap, at once, and in how many allocations.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "memory/this_gpu_fixture.hpp"

namespace ashlar::test {

namespace {

/// This GPU, with a few allocations only.
class FewAllocationsTest : protected ThisGpuTest {
 protected:
  FewAllocationsTest() : ThisGpuTest{this_gpu_with_allocations(1, 6)} {}

  /// Memory beside the allocator, until there can be only `left` more allocations.
  [[nodiscard]] std::vector<DeviceMemory> leave_allocations(std::uint32_t left, std::uint32_t type) const {
    std::vector<DeviceMemory> memory;
    while (memory.size() + left < driver.gpu().limits.max_memory_allocation_count) {
      memory.push_back(DeviceMemory::allocate(device, {.size = 1, .memory_type = type}));
    }
    return memory;
  }
};

/// Pieces of a size until there are no more.
std::vector<MemoryAllocation> allocate_all(MemoryAllocator const& allocator, std::uint64_t size, std::uint32_t type) {
  std::vector<MemoryAllocation> pieces;
  try {
    for (;;) {
      pieces.push_back(allocator.allocate({.size = size}, {.memory_type_bits = type_bit(type)}));
    }
  } catch (OutOfMemoryError const&) {
    return pieces;
  }
}

}  // namespace

TEST_CASE_METHOD(ThisGpuTest, "half of a heap can be had at once, more than the heap or the limit never",
                 "[memory_allocator][this_gpu]") {
  StandardMemoryAllocator const allocator{device};
  for (std::uint32_t const type : ordinary_types()) {
    INFO("memory type " << type);
    AllocationCreateInfo const info{.memory_type_bits = type_bit(type)};
    std::uint64_t const half = std::clamp<std::uint64_t>(heap_size(type) / 2, 1, most_at_once(type));
    CHECK(allocator.allocate({.size = half}, info).memory_type() == type);
    std::uint64_t const calls = driver.calls("vkAllocateMemory");
    CHECK_THROWS_AS(allocator.allocate({.size = most_at_once(type) + 1}, info), OutOfMemoryError);
    CHECK_THROWS_AS(allocator.allocate({.size = ~std::uint64_t{0}}, info), OutOfMemoryError);
    CHECK(driver.calls("vkAllocateMemory") == calls);
    CHECK(allocator.allocate({.size = most_at_once(type)}, info).memory_type() == type);
  }
  CHECK(nothing_allocated(allocator));
}

TEST_CASE_METHOD(ThisGpuTest, "a heap can be filled to its end, and used again", "[memory_allocator][this_gpu]") {
  for (std::uint32_t const type : ordinary_types()) {
    INFO("memory type " << type);
    std::uint32_t const heap = type_of_this_gpu(type).heap;
    std::uint64_t const piece = std::bit_floor(std::clamp<std::uint64_t>(heap_size(type) / 16, 1, most_at_once(type)));
    std::uint64_t const room = std::min(heap_size(type), 4096 * piece);  // Other processes have the rest.
    driver.occupy_heap(heap, heap_size(type) - room);
    StandardMemoryAllocator const allocator{device};
    std::vector<MemoryAllocation> pieces = allocate_all(allocator, piece, type);
    CHECK_FALSE(pieces.empty());
    bool const no_room = room - driver.heap_use(heap) < piece;
    bool const no_allocation = driver.live_memories() == this_gpu().limits.max_memory_allocation_count;
    CHECK((no_room || no_allocation));
    CHECK(std::all_of(pieces.begin(), pieces.end(), [&](auto const& one) { return one.memory_type() == type; }));

    auto const error = thrown_by<OutOfMemoryError>(
        [&] { return allocator.allocate({.size = piece}, {.memory_type_bits = type_bit(type)}); });
    CHECK(error.info().requested == piece);
    CHECK(error.info().heap_use == driver.heap_use(heap));
    CHECK(error.info().allocation_count == driver.live_memories());

    pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(pieces.size() / 2));
    CHECK(allocator.allocate({.size = piece}, {.memory_type_bits = type_bit(type)}).memory_type() == type);
    pieces.clear();
    CHECK(nothing_allocated(allocator));
    CHECK(driver.live_memories() <= 1);
    driver.occupy_heap(heap, 0);
    CHECK(allocator.allocate({.size = most_at_once(type)}, {.memory_type_bits = type_bit(type)}));
  }
}

TEST_CASE_METHOD(ThisGpuTest, "blocks grow with demand, but by no more than a quarter of what there is",
                 "[memory_allocator][this_gpu]") {
  for (std::uint32_t const type : ordinary_types()) {
    INFO("memory type " << type);
    std::uint64_t const piece = std::clamp<std::uint64_t>(heap_size(type) / 256, 1, std::min(mib, most_at_once(type)));
    std::size_t const before = driver.allocations().size();
    StandardMemoryAllocator const allocator{device};
    std::vector<MemoryAllocation> pieces;
    for (int i = 0; i < 100; ++i) {
      try {
        pieces.push_back(allocator.allocate({.size = piece}, {.memory_type_bits = type_bit(type)}));
      } catch (OutOfMemoryError const&) {  // Atoms, or the limit of allocations, take more than the pieces.
        CHECK((needs_flush(type) || this_gpu().limits.max_memory_allocation_count < 100 || piece < kib));
        break;
      }
    }
    std::uint64_t total_size = 0;
    auto const allocations = driver.allocations();
    for (std::size_t i = before; i < allocations.size(); ++i) {
      CHECK(allocations[i].size <= std::max({align_up(total_size / 4, mib), mib, piece}));
      total_size += allocations[i].result == VK_SUCCESS ? allocations[i].size : 0;
    }
  }
}

TEST_CASE_METHOD(FewAllocationsTest, "at the allocation limit no call is made, but blocks that are there still serve",
                 "[memory_allocator][this_gpu][failure]") {
  std::uint32_t const type = types_that_hold(MemoryUsage::DeviceOnly, 16).at(0);
  AllocationCreateInfo const info{.memory_type_bits = type_bit(type)};
  StandardMemoryAllocator const allocator{device};
  std::vector<DeviceMemory> foreign = leave_allocations(1, type);
  MemoryAllocation first = allocator.allocate({.size = 16}, info);
  std::uint64_t const calls = driver.calls("vkAllocateMemory");
  AllocationCreateInfo dedicated = info;
  dedicated.allocate_preference = AllocatePreference::AlwaysAllocate;
  auto const error = thrown_by<OutOfMemoryError>([&] { return allocator.allocate({.size = 16}, dedicated); });
  std::uint32_t const most = driver.gpu().limits.max_memory_allocation_count;
  CHECK(error.info().allocation_count == most);
  CHECK(error.info().max_allocation_count == most);
  CHECK(error.info().result == VK_SUCCESS);
  CHECK(driver.calls("vkAllocateMemory") == calls);
  if (!first.is_dedicated() && first.memory().size() >= 2 * first.size()) {
    CHECK(allocator.allocate({.size = 16}, info).memory() == first.memory());
  } else {
    CHECK_THROWS_AS(allocator.allocate({.size = 16}, info), OutOfMemoryError);
  }
  CHECK(driver.calls("vkAllocateMemory") == calls);
  first = {};
  CHECK(allocator.allocate({.size = 16}, dedicated).memory_type() == type);  // The reserve is given back for it.
}

TEST_CASE_METHOD(FewAllocationsTest, "each memory type is served with a handful of allocations",
                 "[memory_allocator][this_gpu]") {
  StandardMemoryAllocator const allocator{device};
  for (std::uint32_t const type : ordinary_types()) {
    std::uint64_t const size = std::min<std::uint64_t>(most_at_once(type), 100);
    CHECK(allocator.allocate({.size = size}, {.memory_type_bits = type_bit(type)}).memory_type() == type);
  }
}

TEST_CASE_METHOD(ThisGpuTest, "the statistics are what the driver counts", "[memory_allocator][this_gpu]") {
  StandardMemoryAllocator const allocator{device};
  std::vector<MemoryAllocation> allocations;
  for (MemoryUsage const usage : all_usages) {
    for (std::uint64_t const size : {1U, 100U, 3000U, 70'000U}) {
      for (AllocatePreference const preference : {AllocatePreference::Automatic, AllocatePreference::AlwaysAllocate}) {
        try {
          allocations.push_back(
              allocator.allocate({.size = size}, {.usage = usage, .allocate_preference = preference}));
        } catch (OutOfMemoryError const&) {
          CHECK((order_by_rules(usage, size).empty() || !allocations.empty() || types_that_hold(usage, size).empty()));
        } catch (ValidationError const&) {
          CHECK(order_by_rules(usage, size).empty());
        }
      }
    }
  }
  MemoryStatistics const statistics = allocator.statistics();
  CHECK(statistics.type_count == this_gpu().memory.type_count);
  CHECK(statistics.heap_count == this_gpu().memory.heap_count);
  CHECK(statistics.allocation_count == driver.live_memories());
  CHECK(statistics.max_allocation_count == this_gpu().limits.max_memory_allocation_count);
  bool const has_budget = device.features().memory_budget;
  for (std::uint32_t heap = 0; heap < statistics.heap_count; ++heap) {
    std::uint64_t use = 0;
    for (std::uint32_t type = 0; type < statistics.type_count; ++type) {
      bool const is_here = type_of_this_gpu(type).heap == heap;
      use += is_here ? statistics.types[type].block_bytes + statistics.types[type].dedicated_bytes : 0;
    }
    std::uint64_t const size = this_gpu().memory.heaps[heap].size;
    CHECK(statistics.heaps[heap].size == size);
    CHECK(statistics.heaps[heap].device_use == driver.heap_use(heap));
    CHECK(statistics.heaps[heap].process_use == driver.heap_use(heap));
    CHECK(use == driver.heap_use(heap));
    CHECK(statistics.heaps[heap].budget == (has_budget ? size : size / 5 * 4));
  }
  MemoryTypeStatistics const sum = total(allocator);
  std::uint64_t bytes = 0;
  for (MemoryAllocation const& allocation : allocations) {
    bytes += allocation.size();
  }
  CHECK(sum.suballocation_bytes + sum.dedicated_bytes == bytes);
  CHECK(sum.suballocation_count + sum.dedicated_count == allocations.size());
  CHECK(sum.block_count + sum.dedicated_count == driver.live_memories());
}

}  // namespace ashlar::test
