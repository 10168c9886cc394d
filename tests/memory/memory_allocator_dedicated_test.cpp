#include <algorithm>
#include <string>
#include <vector>

#include "memory/memory_allocator_state.hpp"
#include "memory/memory_fixture.hpp"

namespace ashlar::test {
namespace {

constexpr AllocationCreateInfo never_allocate{.allocate_preference = AllocatePreference::NeverAllocate};
constexpr AllocationCreateInfo always_allocate{.allocate_preference = AllocatePreference::AlwaysAllocate};

Gpu discrete(std::uint32_t max_allocation_count = 4096) {
  Gpu info;
  info.memory = discrete_memory();
  info.limits.max_memory_allocation_count = max_allocation_count;
  return info;
}

/// Memory that is not the allocator's.
std::vector<DeviceMemory> foreign_memory(Device const& device, std::size_t count) {
  std::vector<DeviceMemory> memory;
  for (std::size_t i = 0; i < count; ++i) {
    memory.push_back(DeviceMemory::allocate(device, {.size = 4096, .memory_type = 1}));
  }
  return memory;
}

}  // namespace

TEST_CASE("memory is dedicated where the driver requires it, whatever the size", "[memory_allocator][dedicated]") {
  SimulatedDriver driver{discrete()};
  driver.set_buffer_requirements({.requires_dedicated = true});  // Other memory is a violation then.
  driver.set_image_requirements({.alignment = 4096, .requires_dedicated = true});
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  RawBuffer const buffer{device, 5};
  MemoryAllocation const of_buffer = allocator.allocate_for_buffer(buffer.handle(), {});
  CHECK(of_buffer.is_dedicated());
  CHECK(of_buffer.offset() == 0);
  CHECK(of_buffer.size() == 16);
  CHECK(driver.allocations().back().dedicated_buffer == buffer.handle());

  RawImage const image{device, 10};
  MemoryAllocation const of_image = allocator.allocate_for_image(image.handle(), ResourceTiling::Optimal, {});
  CHECK(of_image.is_dedicated());
  CHECK(driver.allocations().back().dedicated_image == image.handle());
  CHECK(driver.allocations().back().size == 4096);

  CHECK_THROWS_AS(allocator.allocate_for_buffer(buffer.handle(), never_allocate), ValidationError);
}

TEST_CASE("memory is dedicated where the driver prefers it", "[memory_allocator][dedicated]") {
  SimulatedDriver driver{discrete()};
  driver.set_buffer_requirements({.prefers_dedicated_from = 64 * kib});
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  RawBuffer const small{device, 64 * kib - 1};
  RawBuffer const large{device, 64 * kib};
  MemoryAllocation const of_small = allocator.allocate_for_buffer(small.handle(), {});
  CHECK_FALSE(of_small.is_dedicated());
  MemoryAllocation const of_large = allocator.allocate_for_buffer(large.handle(), {});
  CHECK(of_large.is_dedicated());
  CHECK(driver.allocations().back().dedicated_buffer == large.handle());
  CHECK(driver.allocations().back().size == 64 * kib);
}

TEST_CASE("memory is dedicated where the size asks for it", "[memory_allocator][dedicated]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device, {.max_block_size = 16 * mib}};
  MemoryAllocation const small = allocator.allocate({.size = 64 * kib}, {});
  CHECK_FALSE(small.is_dedicated());
  MemoryAllocation const large = allocator.allocate({.size = 16 * mib + 100}, {});  // No block holds it.
  CHECK(large.is_dedicated());
  CHECK(driver.allocations().back().size == 16 * mib + 100);
}

TEST_CASE("AlwaysAllocate dedicates memory to the smallest resource", "[memory_allocator][dedicated]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  RawBuffer const buffer{device, 4};
  {
    MemoryAllocation const allocation = allocator.allocate_for_buffer(buffer.handle(), always_allocate);
    CHECK(allocation.is_dedicated());
    CHECK(driver.allocations().back().dedicated_buffer == buffer.handle());
    CHECK(driver.allocations().back().size == 16);
  }
  CHECK(driver.live_memories() == 0);
}

TEST_CASE("NeverAllocate takes from blocks that are there, and else fails without a call",
          "[memory_allocator][dedicated]") {
  SimulatedDriver driver{discrete()};
  driver.set_buffer_requirements({.prefers_dedicated_from = 1});
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  RawBuffer const buffer{device, 4};
  auto const error =
      thrown_by<OutOfMemoryError>([&] { return allocator.allocate_for_buffer(buffer.handle(), never_allocate); });
  CHECK(error.info().result == VK_SUCCESS);
  CHECK(driver.calls("vkAllocateMemory") == 0);

  MemoryAllocation const piece = allocator.allocate({.size = 16}, {});
  MemoryAllocation const allocation = allocator.allocate_for_buffer(buffer.handle(), never_allocate);
  CHECK(allocation.memory() == piece.memory());
  CHECK(driver.calls("vkAllocateMemory") == 1);
}

TEST_CASE("dedicated memory is no longer preferred above three quarters of the allocation limit",
          "[memory_allocator][dedicated]") {
  SimulatedDriver driver{discrete(16)};
  driver.set_buffer_requirements({.prefers_dedicated_from = 1});
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device, {.max_block_size = mib}};
  RawBuffer const buffer{device, 4};
  RawBuffer const large{device, 3 * mib / 4};
  SECTION("up to there it is") {
    auto const foreign = foreign_memory(device, 11);
    CHECK(allocator.allocate_for_buffer(buffer.handle(), {}).is_dedicated());
  }
  SECTION("above, a preference and a size do not count") {
    auto const foreign = foreign_memory(device, 13);
    MemoryAllocation const small_one = allocator.allocate_for_buffer(buffer.handle(), {});
    CHECK_FALSE(small_one.is_dedicated());
    CHECK_FALSE(allocator.allocate_for_buffer(large.handle(), {}).is_dedicated());
  }
  SECTION("above, what is required still does") {
    auto const foreign = foreign_memory(device, 13);
    CHECK(allocator.allocate_for_buffer(buffer.handle(), always_allocate).is_dedicated());
    driver.set_buffer_requirements({.requires_dedicated = true});
    RawBuffer const required{device, 4};
    CHECK(allocator.allocate_for_buffer(required.handle(), {}).is_dedicated());
  }
}

TEST_CASE("exportable memory is dedicated and exportable, of whichever memory type it comes to be",
          "[memory_allocator][dedicated]") {
  constexpr auto handle_types = ExternalMemoryHandleTypes{ExternalMemoryHandleType::OpaqueFd};
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  MemoryAllocation const block_that_is_there = allocator.allocate({.size = 16}, {});
  RawBuffer const buffer{device, 100, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, handle_types};
  driver.fail_next("vkAllocateMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY, 1);
  driver.fail_next("vkAllocateMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY, 2);
  MemoryAllocation const allocation = detail::allocate_for_buffer(
      allocator, buffer.handle(),
      {.size = 100, .flags = 0, .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, .handle_types = handle_types}, 1, {});
  CHECK(allocation.is_dedicated());
  CHECK(allocation.memory_type() == 2);
  auto const made = driver.allocations();
  REQUIRE(made.size() == 4);
  for (std::uint32_t type = 0; type < 3; ++type) {
    INFO("memory type " << type);
    CHECK(made[1 + type].memory_type == type);
    CHECK(made[1 + type].export_handle_types == handle_types.mask());
    CHECK(made[1 + type].dedicated_buffer == buffer.handle());
  }
}

TEST_CASE("memory that is to be exportable cannot come from blocks that are there", "[memory_allocator][dedicated]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  MemoryAllocation const block_that_is_there = allocator.allocate({.size = 16}, {});
  MemoryRequirements const requirements{.size = 16, .export_handle_types = ExternalMemoryHandleType::OpaqueFd};
  CHECK_THROWS_AS(allocator.allocate(requirements, never_allocate), ValidationError);
  CHECK(allocator.allocate(requirements, {}).is_dedicated());
  CHECK(driver.allocations().back().export_handle_types == VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT);
}

}  // namespace ashlar::test
