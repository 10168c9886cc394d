// Dedicated memory of every ordinary memory type of this GPU: when it is taken, and when not.

#include <cstdint>
#include <vector>

#include "memory/bound_buffer.hpp"
#include "memory/memory_allocator_state.hpp"
#include "memory/this_gpu_fixture.hpp"

namespace ashlar::test {

namespace {

/// This GPU with exactly 16 allocations.
class DedicatedTest : protected ThisGpuTest {
 protected:
  DedicatedTest() : ThisGpuTest{this_gpu_with_allocations(16, 16)} {}

  /// As the GPU's are, but for what they say of dedicated memory.
  void prefer_dedicated_from(std::uint64_t size) {
    simulated::ResourceRequirements requirements = this_gpu().buffers;
    requirements.prefers_dedicated_from = size;
    driver.set_buffer_requirements(requirements);
  }
  void require_dedicated() {
    simulated::ResourceRequirements requirements = this_gpu().buffers;
    requirements.requires_dedicated = true;  // Other memory is a violation then.
    driver.set_buffer_requirements(requirements);
    requirements = this_gpu().images;
    requirements.requires_dedicated = true;
    driver.set_image_requirements(requirements);
  }

  /// Memory that is not the allocator's.
  [[nodiscard]] std::vector<DeviceMemory> foreign_memory(std::size_t count, std::uint32_t type) const {
    std::vector<DeviceMemory> memory;
    for (std::size_t i = 0; i < count; ++i) {
      memory.push_back(DeviceMemory::allocate(device, {.size = 1, .memory_type = type}));
    }
    return memory;
  }
};

AllocationCreateInfo of_type(std::uint32_t type, AllocatePreference preference = AllocatePreference::Automatic) {
  return {.memory_type_bits = type_bit(type), .allocate_preference = preference};
}

}  // namespace

TEST_CASE_METHOD(DedicatedTest, "memory is dedicated where the driver requires it, whatever the size",
                 "[memory_allocator][this_gpu][dedicated]") {
  require_dedicated();
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    RawBuffer const buffer{device, 5};
    CHECK_THROWS_AS(allocator.allocate_for_buffer(buffer.handle(), of_type(type, AllocatePreference::NeverAllocate)),
                    ValidationError);
    MemoryAllocation const of_buffer = allocator.allocate_for_buffer(buffer.handle(), of_type(type));
    CHECK(of_buffer.is_dedicated());
    CHECK(of_buffer.memory_type() == type);
    CHECK(of_buffer.offset() == 0);
    CHECK(of_buffer.size() == align_up(5, this_gpu().buffers.alignment));
    CHECK(driver.allocations().back().dedicated_buffer == buffer.handle());

    RawImage const image{device, 10};
    MemoryAllocation const of_image =
        allocator.allocate_for_image(image.handle(), ResourceTiling::Optimal, of_type(type));
    CHECK(of_image.is_dedicated());
    CHECK(driver.allocations().back().dedicated_image == image.handle());
    CHECK(driver.allocations().back().size == align_up(40, this_gpu().images.alignment));
  }
}

TEST_CASE_METHOD(DedicatedTest, "memory is dedicated where the driver prefers it",
                 "[memory_allocator][this_gpu][dedicated]") {
  prefer_dedicated_from(200);
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    RawBuffer const small{device, 199};
    RawBuffer const large{device, 200};
    MemoryAllocation const of_small = allocator.allocate_for_buffer(small.handle(), of_type(type));
    CHECK_FALSE(of_small.is_dedicated());
    MemoryAllocation const of_large = allocator.allocate_for_buffer(large.handle(), of_type(type));
    CHECK(of_large.is_dedicated());
    CHECK(of_large.memory_type() == type);
    CHECK(driver.allocations().back().dedicated_buffer == large.handle());
    CHECK(driver.allocations().back().size == align_up(200, this_gpu().buffers.alignment));
  }
}

TEST_CASE_METHOD(DedicatedTest, "memory is dedicated where no block holds it",
                 "[memory_allocator][this_gpu][dedicated]") {
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device, blocks_of_two_pieces()};
    MemoryAllocation const small = allocator.allocate({.size = piece_size()}, of_type(type));
    CHECK_FALSE(small.is_dedicated());
    MemoryAllocation const large = allocator.allocate({.size = 2 * piece_size() + 1}, of_type(type));
    CHECK(large.is_dedicated());
    CHECK(driver.allocations().back().size == 2 * piece_size() + 1);
  }
}

TEST_CASE_METHOD(DedicatedTest, "AlwaysAllocate dedicates memory to the smallest buffer, of its exact size",
                 "[memory_allocator][this_gpu][dedicated]") {
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    RawBuffer const buffer{device, 4};
    MemoryAllocation allocation =
        allocator.allocate_for_buffer(buffer.handle(), of_type(type, AllocatePreference::AlwaysAllocate));
    CHECK(allocation.is_dedicated());
    CHECK(driver.allocations().back().dedicated_buffer == buffer.handle());
    CHECK(driver.allocations().back().size == align_up(4, this_gpu().buffers.alignment));
    allocation = {};
    CHECK(driver.live_memories() == 0);
  }
}

TEST_CASE_METHOD(DedicatedTest, "NeverAllocate takes from blocks that are there, and else fails without a call",
                 "[memory_allocator][this_gpu][dedicated]") {
  prefer_dedicated_from(1);
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    AllocationCreateInfo const never = of_type(type, AllocatePreference::NeverAllocate);
    RawBuffer const buffer{device, 4};
    std::uint64_t const calls = driver.calls("vkAllocateMemory");
    auto const error =
        thrown_by<OutOfMemoryError>([&] { return allocator.allocate_for_buffer(buffer.handle(), never); });
    CHECK(error.info().result == VK_SUCCESS);
    CHECK(driver.calls("vkAllocateMemory") == calls);

    MemoryAllocation const piece = allocator.allocate({.size = 16}, of_type(type));
    MemoryAllocation const allocation = allocator.allocate_for_buffer(buffer.handle(), never);
    CHECK(allocation.memory() == piece.memory());
    CHECK(driver.calls("vkAllocateMemory") == calls + 1);
  }
}

TEST_CASE_METHOD(DedicatedTest, "dedicated memory that the driver refuses is looked for in blocks",
                 "[memory_allocator][this_gpu][dedicated][failure]") {
  prefer_dedicated_from(1);
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    MemoryAllocation const piece = allocator.allocate({.size = 16}, of_type(type));
    occupy_rest_of_all();
    RawBuffer const buffer{device, 16};
    CHECK(allocator.allocate_for_buffer(buffer.handle(), of_type(type)).memory() == piece.memory());
    vacate_all();
  }
}

TEST_CASE_METHOD(DedicatedTest, "dedicated memory is no longer preferred above three quarters of the allocation limit",
                 "[memory_allocator][this_gpu][dedicated]") {
  prefer_dedicated_from(1);
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device, blocks_of_two_pieces()};
    RawBuffer const buffer{device, 4};
    {
      auto const up_to_there = foreign_memory(11, type);
      CHECK(allocator.allocate_for_buffer(buffer.handle(), of_type(type)).is_dedicated());
    }
    auto const above = foreign_memory(13, type);
    RawBuffer const small{device, 4};
    RawBuffer const large{device, 2 * piece_size()};
    RawBuffer const always{device, 4};
    MemoryAllocation const of_small = allocator.allocate_for_buffer(small.handle(), of_type(type));
    MemoryAllocation const of_large = allocator.allocate_for_buffer(large.handle(), of_type(type));
    CHECK_FALSE(of_small.is_dedicated());
    CHECK_FALSE(of_large.is_dedicated());
    CHECK(allocator.allocate_for_buffer(always.handle(), of_type(type, AllocatePreference::AlwaysAllocate))
              .is_dedicated());
    require_dedicated();
    RawBuffer const required{device, 4};
    CHECK(allocator.allocate_for_buffer(required.handle(), of_type(type)).is_dedicated());
    prefer_dedicated_from(1);
  }
}

TEST_CASE_METHOD(DedicatedTest, "exportable memory is dedicated and exportable, at each place of the order",
                 "[memory_allocator][this_gpu][dedicated]") {
  constexpr auto handle_types = ExternalMemoryHandleTypes{ExternalMemoryHandleType::OpaqueFd};
  constexpr VkBufferUsageFlags usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
  std::vector<std::uint32_t> const order = types_that_hold(MemoryUsage::DeviceOnly, 128);
  StandardMemoryAllocator const allocator{device};
  MemoryAllocation const block_that_is_there = allocator.allocate({.size = 16}, {});
  for (std::size_t refused = 0; refused < order.size(); ++refused) {
    INFO("refused " << refused);
    std::size_t const before = driver.allocations().size();
    for (std::uint64_t nth = 1; nth <= refused; ++nth) {
      driver.fail_next("vkAllocateMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY, nth);
    }
    BoundBuffer const buffer{allocator, 100, usage, handle_types};
    CHECK(buffer.memory().is_dedicated());
    CHECK(buffer.memory().memory_type() == order[refused]);
    auto const made = driver.allocations();
    REQUIRE(made.size() == before + refused + 1);
    for (std::size_t i = 0; i <= refused; ++i) {
      CHECK(made[before + i].memory_type == order[i]);
      CHECK(made[before + i].export_handle_types == handle_types.mask());
      CHECK(made[before + i].dedicated_buffer == buffer.handle());
    }
  }
}

TEST_CASE_METHOD(DedicatedTest, "memory that is to be exportable cannot come from blocks that are there",
                 "[memory_allocator][this_gpu][dedicated]") {
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    MemoryAllocation const block_that_is_there = allocator.allocate({.size = 16}, of_type(type));
    MemoryRequirements const requirements{.size = 16, .export_handle_types = ExternalMemoryHandleType::OpaqueFd};
    CHECK_THROWS_AS(allocator.allocate(requirements, of_type(type, AllocatePreference::NeverAllocate)),
                    ValidationError);
    CHECK(allocator.allocate(requirements, of_type(type)).is_dedicated());
  }
}

}  // namespace ashlar::test
