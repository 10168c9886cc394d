// Blocks of every ordinary memory type of this GPU: when they are made, kept, given back and mapped.

#include <cstdint>
#include <vector>

#include "memory/this_gpu_fixture.hpp"

namespace ashlar::test {

namespace {

/// This GPU with enough allocations for a few blocks of each memory type.
class BlocksTest : protected ThisGpuTest {
 protected:
  BlocksTest() : ThisGpuTest{this_gpu_with_allocations(64)} {}
};

/// This GPU with a single allocation.
class OneAllocationTest : protected ThisGpuTest {
 protected:
  OneAllocationTest() : ThisGpuTest{this_gpu_with_allocations(1, 1)} {}
};

AllocationCreateInfo of_type(std::uint32_t type, AllocatePreference preference = AllocatePreference::Automatic) {
  return {.memory_type_bits = type_bit(type), .allocate_preference = preference};
}

std::vector<MemoryAllocation> allocate_pieces(MemoryAllocator const& allocator, std::size_t count, std::uint32_t type) {
  std::vector<MemoryAllocation> pieces;
  for (std::size_t i = 0; i < count; ++i) {
    pieces.push_back(allocator.allocate({.size = piece_size()}, of_type(type)));
  }
  return pieces;
}

}  // namespace

TEST_CASE_METHOD(BlocksTest, "empty blocks are given back but for one of each memory type",
                 "[memory_allocator][this_gpu]") {
  StandardMemoryAllocator const allocator{device, blocks_of_two_pieces()};
  std::uint64_t kept = 0;
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    auto pieces = allocate_pieces(allocator, 5, type);
    CHECK(allocator.statistics().types[type].block_count == 3);
    CHECK(driver.live_memories() == kept + 3);
    pieces.clear();
    ++kept;
    CHECK(allocator.statistics().types[type].block_count == 1);
    CHECK(allocator.statistics().types[type].block_bytes == 2 * piece_size());
    CHECK(driver.live_memories() == kept);
    CHECK(use_of_all_heaps() == kept * 2 * piece_size());
  }
}

TEST_CASE_METHOD(ThisGpuTest, "one piece that comes and goes costs one block", "[memory_allocator][this_gpu]") {
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    std::uint64_t const allocated = driver.calls("vkAllocateMemory");
    std::uint64_t const freed = driver.calls("vkFreeMemory");
    for (int i = 0; i < 100; ++i) {
      static_cast<void>(allocator.allocate({.size = 64}, of_type(type)));
    }
    CHECK(driver.calls("vkAllocateMemory") == allocated + 1);
    CHECK(driver.calls("vkFreeMemory") == freed);
  }
}

TEST_CASE_METHOD(ThisGpuTest, "the block kept in reserve is given back when the heap is full",
                 "[memory_allocator][this_gpu]") {
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    static_cast<void>(allocator.allocate({.size = 64}, of_type(type)));
    REQUIRE(allocator.statistics().types[type].block_count == 1);
    std::uint64_t const reserve = allocator.statistics().types[type].block_bytes;
    occupy_rest(type_of_this_gpu(type).heap);
    MemoryAllocation const alone =
        allocator.allocate({.size = reserve}, of_type(type, AllocatePreference::AlwaysAllocate));
    CHECK(alone.memory_type() == type);
    CHECK(allocator.statistics().types[type].block_count == 0);
    vacate_all();
  }
}

TEST_CASE_METHOD(OneAllocationTest, "the block kept in reserve is given back when the allocation limit is reached",
                 "[memory_allocator][this_gpu]") {
  std::vector<std::uint32_t> const types = types_with_blocks();
  for (std::uint32_t const reserved : types) {
    for (std::uint32_t const wanted : types) {
      if (reserved != wanted) {
        INFO("memory type " << wanted << ", reserve of " << reserved);
        StandardMemoryAllocator const allocator{device};
        static_cast<void>(allocator.allocate({.size = 64}, of_type(reserved)));
        REQUIRE(driver.live_memories() == 1);
        CHECK(allocator.allocate({.size = 64}, of_type(wanted)).memory_type() == wanted);
        CHECK(allocator.statistics().types[reserved].block_count == 0);
      }
    }
  }
}

TEST_CASE_METHOD(ThisGpuTest, "the reserve is not given back for a request that may not allocate",
                 "[memory_allocator][this_gpu]") {
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    static_cast<void>(allocator.allocate({.size = 64}, of_type(type)));
    std::uint64_t const more = allocator.statistics().types[type].block_bytes + 1;
    std::uint64_t const calls = driver.calls("vkAllocateMemory");
    auto const error = thrown_by<OutOfMemoryError>(
        [&] { return allocator.allocate({.size = more}, of_type(type, AllocatePreference::NeverAllocate)); });
    CHECK(error.info().result == VK_SUCCESS);
    CHECK(driver.calls("vkAllocateMemory") == calls);
    CHECK(driver.live_memories() == 1);
  }
}

TEST_CASE_METHOD(ThisGpuTest, "a block of which nobody wanted the host is mapped on first access",
                 "[memory_allocator][this_gpu]") {
  for (std::uint32_t const type : types_with_blocks(MemoryProperty::HostVisible)) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    std::uint64_t const calls = driver.calls("vkMapMemory");
    MemoryAllocation const first = allocator.allocate({.size = 64}, of_type(type));
    MemoryAllocation const second = allocator.allocate({.size = 64}, of_type(type));
    REQUIRE(first.memory() == second.memory());
    CHECK(driver.calls("vkMapMemory") == calls);
    CHECK(second.map() == first.map() + (second.offset() - first.offset()));
    CHECK(driver.calls("vkMapMemory") == calls + 1);
  }
}

TEST_CASE_METHOD(BlocksTest,
                 "a block that is there is mapped when it comes to serve the host, dedicated memory at once",
                 "[memory_allocator][this_gpu]") {
  for (std::uint32_t const type : types_with_blocks(MemoryProperty::HostVisible)) {
    for (MemoryUsage const usage : {MemoryUsage::Upload, MemoryUsage::Download, MemoryUsage::Staging}) {
      INFO("memory type " << type << ", " << to_words(usage));
      StandardMemoryAllocator const allocator{device};
      std::uint64_t const calls = driver.calls("vkMapMemory");
      MemoryAllocation const first = allocator.allocate({.size = 64}, of_type(type));
      AllocationCreateInfo info = of_type(type);
      info.usage = usage;
      for (int i = 0; i < 2; ++i) {
        CHECK(allocator.allocate({.size = 64}, info).memory() == first.memory());
        CHECK(driver.calls("vkMapMemory") == calls + 1);
      }
      info.allocate_preference = AllocatePreference::AlwaysAllocate;
      MemoryAllocation const dedicated = allocator.allocate({.size = 64}, info);
      CHECK(driver.calls("vkMapMemory") == calls + 2);
      static_cast<void>(dedicated.map());
      CHECK(driver.calls("vkMapMemory") == calls + 2);
    }
  }
}

}  // namespace ashlar::test
