#include <ashlar/memory/generic_memory_allocator.hpp>

#include <new>
#include <string>
#include <vector>

#include "memory/memory_fixture.hpp"

namespace ashlar::test {
namespace {

Gpu discrete() {
  Gpu info;
  info.memory = discrete_memory();
  return info;
}

constexpr AllocationCreateInfo upload{.usage = MemoryUsage::Upload};

/// Lets other processes have all of a heap but `left` bytes.
void leave(SimulatedDriver& driver, Device const& device, std::uint32_t heap, std::uint64_t left) {
  driver.occupy_heap(heap, device.physical_device().memory().heaps[heap].size - driver.heap_use(heap) - left);
}

void leave_nothing(SimulatedDriver& driver, Device const& device) {
  for (std::uint32_t heap = 0; heap < device.physical_device().memory().heap_count; ++heap) {
    leave(driver, device, heap, 0);
  }
}

}  // namespace

TEST_CASE("a block that the driver refuses is tried smaller, down to what is needed", "[memory_allocator][failure]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  leave(driver, device, 0, 100 * kib);
  MemoryAllocation const allocation = allocator.allocate({.size = 10 * kib}, {});
  CHECK(allocation.memory_type() == 0);
  CHECK_FALSE(allocation.is_dedicated());
  auto const tries = driver.allocations();
  REQUIRE(tries.size() > 1);
  for (std::size_t i = 1; i < tries.size(); ++i) {
    CHECK(tries[i].size < tries[i - 1].size);
    CHECK(tries[i - 1].result == VK_ERROR_OUT_OF_DEVICE_MEMORY);
  }
  CHECK(tries.back().size > 50 * kib);  // Not smaller than it has to be: the halves are tried one by one.
}

TEST_CASE("where no block can be had, the resource alone may still fit", "[memory_allocator][failure]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  leave(driver, device, 0, 5000);
  MemoryAllocation const allocation = allocator.allocate({.size = 5000}, {});
  CHECK(allocation.memory_type() == 0);
  CHECK(allocation.is_dedicated());
  CHECK(driver.heap_use(0) == 5000);
}

TEST_CASE("dedicated memory that the driver refuses is looked for in blocks", "[memory_allocator][failure]") {
  SimulatedDriver driver{discrete()};
  driver.set_buffer_requirements({.prefers_dedicated_from = 1});
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  MemoryAllocation const piece = allocator.allocate({.size = 16}, {});
  leave_nothing(driver, device);
  RawBuffer const buffer{device, 16};
  MemoryAllocation const allocation = allocator.allocate_for_buffer(buffer.handle(), {});
  CHECK(allocation.memory() == piece.memory());
}

TEST_CASE("after a memory type comes the next best", "[memory_allocator][failure]") {
  VkResult const result =
      GENERATE(VK_ERROR_OUT_OF_DEVICE_MEMORY, VK_ERROR_OUT_OF_HOST_MEMORY, VK_ERROR_TOO_MANY_OBJECTS);
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  SECTION("dedicated") {
    driver.fail_next("vkAllocateMemory", result);
    MemoryAllocation const allocation =
        allocator.allocate({.size = 16}, {.allocate_preference = AllocatePreference::AlwaysAllocate});
    CHECK(allocation.memory_type() == 1);
    CHECK(driver.calls("vkAllocateMemory") == 2);
  }
  SECTION("from a block") {
    leave(driver, device, 0, 0);
    MemoryAllocation const allocation = allocator.allocate({.size = 16}, {});
    CHECK(allocation.memory_type() == 1);
    CHECK_FALSE(allocation.is_dedicated());
  }
}

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

TEST_CASE("any other failure of vkAllocateMemory ends the search", "[memory_allocator][failure]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  auto const preference = GENERATE(AllocatePreference::Automatic, AllocatePreference::AlwaysAllocate);
  driver.fail_next("vkAllocateMemory", VK_ERROR_INVALID_EXTERNAL_HANDLE);
  auto const error =
      thrown_by<VulkanError>([&] { return allocator.allocate({.size = 16}, {.allocate_preference = preference}); });
  CHECK(error.result() == VK_ERROR_INVALID_EXTERNAL_HANDLE);
  CHECK(driver.calls("vkAllocateMemory") == 1);
  CHECK(nothing_allocated(allocator));
  CHECK(device.drain().empty());
}

TEST_CASE("a failed map tries the next memory type", "[memory_allocator][failure]") {
  VkResult const result =
      GENERATE(VK_ERROR_MEMORY_MAP_FAILED, VK_ERROR_OUT_OF_HOST_MEMORY, VK_ERROR_OUT_OF_DEVICE_MEMORY);
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  SECTION("of a new block") {
    driver.fail_next("vkMapMemory", result);
    MemoryAllocation const allocation = allocator.allocate({.size = 16}, upload);
    CHECK(allocation.memory_type() == 2);
    CHECK(driver.live_memories() == 1);
    CHECK(allocator.statistics().types[1].block_count == 0);
  }
  SECTION("of dedicated memory") {
    driver.fail_next("vkMapMemory", result);
    MemoryAllocation const allocation = allocator.allocate(
        {.size = 16}, {.usage = MemoryUsage::Upload, .allocate_preference = AllocatePreference::AlwaysAllocate});
    CHECK(allocation.memory_type() == 2);
    CHECK(driver.live_memories() == 1);
    CHECK(allocator.statistics().types[1].dedicated_count == 0);
  }
  SECTION("of a block that is there, unmapped") {
    MemoryAllocation const device_only = allocator.allocate({.size = 16}, {.memory_type_bits = type_bit(1)});
    driver.fail_next("vkMapMemory", result);
    MemoryAllocation const allocation = allocator.allocate({.size = 16}, upload);
    CHECK(allocation.memory_type() == 2);
    CHECK(allocator.statistics().types[1].suballocation_count == 1);
  }
}

TEST_CASE("when every memory type fails to map that is a VulkanError, and nothing is left behind",
          "[memory_allocator][failure]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  auto const preference = GENERATE(AllocatePreference::Automatic, AllocatePreference::AlwaysAllocate);
  for (std::uint64_t nth = 1; nth <= 10; ++nth) {
    driver.fail_next("vkMapMemory", VK_ERROR_MEMORY_MAP_FAILED, nth);
  }
  auto const error = thrown_by<VulkanError>([&] {
    return allocator.allocate({.size = 16}, {.usage = MemoryUsage::Upload, .allocate_preference = preference});
  });
  CHECK(error.result() == VK_ERROR_MEMORY_MAP_FAILED);
  CHECK(error.function() == std::string{"vkMapMemory"});
  CHECK(driver.live_memories() == 0);
  CHECK(nothing_allocated(allocator));
  CHECK(total(allocator).block_count == 0);
  CHECK(device.drain().empty());
}

TEST_CASE("memory that is there only as a smaller block, but cannot be mapped, is a VulkanError",
          "[memory_allocator][failure]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  leave(driver, device, 1, 100 * kib);
  for (std::uint64_t nth = 1; nth <= 10; ++nth) {
    driver.fail_next("vkMapMemory", VK_ERROR_MEMORY_MAP_FAILED, nth);
  }
  CHECK_THROWS_AS(allocator.allocate({.size = 16}, upload), VulkanError);
  CHECK(driver.live_memories() == 0);
  CHECK(nothing_allocated(allocator));
}

TEST_CASE("at the allocation limit no call is made, but blocks that are there still serve",
          "[memory_allocator][failure]") {
  Gpu info = discrete();
  info.limits.max_memory_allocation_count = 1;
  SimulatedDriver driver{info};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  MemoryAllocation const first = allocator.allocate({.size = 16}, {});
  auto const preference = GENERATE(AllocatePreference::Automatic, AllocatePreference::AlwaysAllocate);
  auto const error = thrown_by<OutOfMemoryError>([&] {
    return allocator.allocate({.size = 16}, {.usage = MemoryUsage::Upload, .allocate_preference = preference});
  });
  CHECK(error.info().allocation_count == 1);
  CHECK(error.info().max_allocation_count == 1);
  CHECK(error.info().result == VK_SUCCESS);
  CHECK(driver.calls("vkAllocateMemory") == 1);
  CHECK(allocator.allocate({.size = 16}, {}).memory() == first.memory());
}

TEST_CASE("wrong requests are refused without a call", "[memory_allocator][failure]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  auto const refusal = [&](MemoryRequirements const& requirements, AllocationCreateInfo const& info = {}) {
    return std::string{thrown_by<ValidationError>([&] { return allocator.allocate(requirements, info); }).what()};
  };
  CHECK_THAT(refusal({.size = 0}), Catch::Matchers::Contains("VUID-VkMemoryAllocateInfo-allocationSize-00638"));
  CHECK_THAT(refusal({.size = 16, .alignment = 0}), Catch::Matchers::Contains("alignment 0"));
  CHECK_THAT(refusal({.size = 16, .alignment = 24}), Catch::Matchers::Contains("alignment 24"));
  CHECK_THAT(refusal({.size = 16, .memory_type_bits = 0}), Catch::Matchers::Contains("no memory type fits"));
  CHECK_THAT(refusal({.size = 16, .memory_type_bits = 1}, upload), Catch::Matchers::Contains("no memory type fits"));
  CHECK_THAT(refusal({.size = 16}, {.memory_type_bits = 1U << 3U}), Catch::Matchers::Contains("no memory type fits"));
  CHECK(driver.calls("vkAllocateMemory") == 0);
}

namespace {

/// Throws std::bad_alloc where it is told to.
class FailingSuballocator {
 public:
  static inline bool fail_creation = false;
  static inline bool fail_allocation = false;

  explicit FailingSuballocator(SuballocatorCreateInfo const& info) : size_{info.region.size} {
    if (fail_creation) {
      throw std::bad_alloc{};
    }
  }
  Suballocation allocate(std::uint64_t size, std::uint64_t /*alignment*/, ResourceTiling /*tiling*/) {
    if (fail_allocation) {
      throw std::bad_alloc{};
    }
    used_ = size;
    return {.offset = 0, .size = size};
  }
  void deallocate(Suballocation const& /*piece*/) noexcept { used_ = 0; }
  std::uint64_t free_size() const noexcept { return used_ == 0 ? size_ : 0; }
  bool empty() const noexcept { return used_ == 0; }

 private:
  std::uint64_t size_;
  std::uint64_t used_ = 0;
};

}  // namespace

TEST_CASE("an exception of the suballocator leaves nothing behind", "[memory_allocator][failure]") {
  bool& fails = GENERATE(false, true) ? FailingSuballocator::fail_creation : FailingSuballocator::fail_allocation;
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  GenericMemoryAllocator<FailingSuballocator> const allocator{device};
  fails = true;
  CHECK_THROWS_AS(allocator.allocate({.size = 16}, {}), std::bad_alloc);
  fails = false;
  CHECK(driver.live_memories() == 0);
  CHECK(total(allocator).block_count == 0);
  CHECK(device.drain().empty());
  CHECK(allocator.allocate({.size = 16}, {}));
}

TEST_CASE("memory that cannot be bound is given back", "[memory_allocator][failure]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  RawBuffer const buffer{device, 16};
  driver.fail_next("vkBindBufferMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY);
  auto const of_buffer = thrown_by<VulkanError>([&] { return allocator.allocate_for_buffer(buffer.handle(), {}); });
  CHECK(of_buffer.function() == std::string{"vkBindBufferMemory"});
  RawImage const image{device, 16};
  driver.fail_next("vkBindImageMemory", VK_ERROR_OUT_OF_HOST_MEMORY);
  auto const of_image =
      thrown_by<VulkanError>([&] { return allocator.allocate_for_image(image.handle(), ResourceTiling::Optimal, {}); });
  CHECK(of_image.function() == std::string{"vkBindImageMemory"});
  CHECK(nothing_allocated(allocator));
}

}  // namespace ashlar::test
