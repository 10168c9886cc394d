#include <ashlar/memory/standard_memory_allocator.hpp>

#include "memory/memory_fixture.hpp"

namespace ashlar::test {
namespace {

Gpu discrete() {
  Gpu info;
  info.memory = discrete_memory();
  return info;
}

constexpr AllocationCreateInfo upload{.usage = MemoryUsage::Upload};

}  // namespace

TEST_CASE("the OutOfMemoryError has every figure", "[memory_allocator][failure]") {
  bool const has_budget = GENERATE(true, false);
  Gpu info = discrete();
  if (!has_budget) {
    info.hidden.insert("VK_EXT_memory_budget");
  }
  info.limits.max_memory_allocation_count = 123;
  info.limits.max_memory_allocation_size = 3 * gib;
  SimulatedDriver driver{info};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  DeviceMemory const foreign = DeviceMemory::allocate(device, {.size = 7777, .memory_type = 1});
  driver.occupy_heap(1, 16 * gib - 10'000);
  auto const error = thrown_by<OutOfMemoryError>([&] { return allocator.allocate({.size = 54'321}, upload); });
  CHECK(error.info().requested == 54'321);
  CHECK(error.info().memory_type == 1);
  CHECK(error.info().heap == 1);
  CHECK(error.info().heap_size == 16 * gib);
  CHECK(error.info().heap_use == 7777);
  CHECK(error.info().budget == (has_budget ? 10'000 : 0));
  CHECK(error.info().allocation_count == 1);
  CHECK(error.info().max_allocation_count == 123);
  CHECK(error.info().max_allocation_size == 3 * gib);
  CHECK(error.info().result == VK_ERROR_OUT_OF_DEVICE_MEMORY);
  for (char const* const figure : {"54321", "memory type 1", "heap 1", "17179869184", "7777", "123", "3221225472",
                                   "VK_ERROR_OUT_OF_DEVICE_MEMORY"}) {
    CHECK_THAT(error.what(), Catch::Matchers::Contains(figure));
  }
}

}  // namespace ashlar::test
