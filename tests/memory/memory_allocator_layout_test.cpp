#include <algorithm>
#include <vector>

#include "memory/memory_fixture.hpp"

namespace ashlar::test {

TEST_CASE("of a small BAR one allocation takes a sixteenth at most, all together a half",
          "[memory_allocator][layout]") {
  GpuProfile const& gpu = gpu_profile("AMD Radeon RX 6650 XT");
  constexpr std::uint32_t bar = 2;
  REQUIRE(gpu.memory.heaps[bar].size == 256 * mib);
  SimulatedDriver driver{gpu};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  auto const heap_of = [&](MemoryAllocation const& allocation) {
    return gpu.memory.types[allocation.memory_type()].heap;
  };
  constexpr AllocationCreateInfo upload{.usage = MemoryUsage::Upload};

  CHECK(heap_of(allocator.allocate({.size = 16 * mib}, upload)) == bar);
  CHECK(heap_of(allocator.allocate({.size = 16 * mib + 1}, upload)) != bar);
  std::vector<MemoryAllocation> allocations;
  for (int i = 0; i < 200; ++i) {
    allocations.push_back(allocator.allocate({.size = mib}, upload));
    CHECK(driver.heap_use(bar) <= 128 * mib);
  }
  CHECK(std::count_if(allocations.begin(), allocations.end(),
                      [&](auto const& allocation) { return heap_of(allocation) == bar; }) == 128);
  allocations.clear();
  CHECK(heap_of(allocator.allocate({.size = mib}, upload)) == bar);
}

TEST_CASE("blocks of a small BAR stay within its half, with what they leave unused and of all allocators",
          "[memory_allocator][layout]") {
  constexpr std::uint32_t bar = 2;
  SimulatedDriver driver{gpu_profile("AMD Radeon RX 6650 XT")};
  Device const device = driver.create_device();
  StandardMemoryAllocator const first{device};
  StandardMemoryAllocator const second{device};
  std::vector<MemoryAllocation> allocations;
  for (int i = 0; i < 50; ++i) {
    allocations.push_back(first.allocate({.size = 3 * mib}, {.usage = MemoryUsage::Upload}));
    allocations.push_back(second.allocate({.size = 3 * mib}, {.usage = MemoryUsage::Upload}));
    CHECK(driver.heap_use(bar) <= 128 * mib);
  }
  CHECK(driver.heap_use(bar) > 100 * mib);
}

TEST_CASE("a small BAR that is used beyond its half takes no more of what may lie elsewhere",
          "[memory_allocator][layout]") {
  GpuProfile const& gpu = gpu_profile("AMD Radeon RX 6650 XT");
  constexpr std::uint32_t bar = 2;
  SimulatedDriver driver{gpu};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  std::vector<MemoryAllocation> allocations;
  for (int i = 0; i < 130; ++i) {
    allocations.push_back(allocator.allocate(
        {.size = mib}, {.usage = MemoryUsage::Upload,
                        .filter = {.required = MemoryProperty::DeviceLocal | MemoryProperty::HostVisible}}));
  }
  REQUIRE(driver.heap_use(bar) > 130 * mib);  // A block there has room.
  MemoryAllocation const upload = allocator.allocate({.size = 64 * kib}, {.usage = MemoryUsage::Upload});
  CHECK(gpu.memory.types[upload.memory_type()].heap != bar);
}

TEST_CASE("who requires the small BAR gets more of it than its half", "[memory_allocator][layout]") {
  GpuProfile const& gpu = gpu_profile("AMD Radeon RX 6650 XT");
  constexpr std::uint32_t bar = 2;
  SimulatedDriver driver{gpu};
  Device const device = driver.create_device();
  AllocationCreateInfo const required{
      .usage = MemoryUsage::Upload, .filter = {.required = MemoryProperty::DeviceLocal | MemoryProperty::HostVisible}};
  std::vector<MemoryAllocation> allocations;
  SECTION("through one allocator") {
    StandardMemoryAllocator const allocator{device};
    for (int i = 0; i < 240; ++i) {
      allocations.push_back(allocator.allocate({.size = mib}, required));
    }
    CHECK(driver.heap_use(bar) >= 240 * mib);
  }
  SECTION("where pieces do not fill their blocks") {
    StandardMemoryAllocator const allocator{device};
    for (int i = 0; i < 60; ++i) {
      allocations.push_back(allocator.allocate({.size = 3 * mib}, required));
    }
    CHECK(driver.heap_use(bar) >= 180 * mib);
  }
  SECTION("where another allocator has that half") {
    StandardMemoryAllocator const first{device};
    for (int i = 0; i < 128; ++i) {
      allocations.push_back(first.allocate({.size = mib}, required));
    }
    StandardMemoryAllocator const second{device};
    CHECK(second.allocate({.size = mib}, required));
  }
}

}  // namespace ashlar::test
