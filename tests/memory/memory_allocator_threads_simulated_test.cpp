// Threads that share an allocator on this GPU, while the driver holds a call of one of them.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "memory/device_memory_state.hpp"
#include "memory/this_gpu_fixture.hpp"
#include "suballocator/split_mix_64.hpp"

namespace ashlar::test {

namespace {

AllocationCreateInfo of_type(std::uint32_t type, MemoryUsage usage = MemoryUsage::DeviceOnly) {
  return {.usage = usage, .memory_type_bits = type_bit(type)};
}

class HeldCallTest : protected ThisGpuTest {
 protected:
  HeldCallTest() : ThisGpuTest{this_gpu_with_allocations(8)} {}

  /// Runs `held` until the driver holds its call of `function`, and then `others` to its end: both in threads of their
  /// own. Whether `others` ended while the call was held; a deadlock shows after a while.
  template <class Held, class Others>
  [[nodiscard]] bool goes_on_while_held(char const* function, Held held, Others others) {
    driver.block_next(function);
    auto const held_thread = std::async(std::launch::async, held);
    driver.wait_until_blocked(function);
    auto const others_thread = std::async(std::launch::async, others);
    bool const ended = others_thread.wait_for(std::chrono::seconds{20}) == std::future_status::ready;
    driver.release(function);
    return ended;
  }
};

/// Whether another thread has the mutex that the memory is mapped under. The calling thread has it not.
bool is_locked_for_mapping(DeviceMemory const& memory) {
  std::unique_lock const lock{detail::Access::state(memory).map_mutex, std::try_to_lock};
  return !lock.owns_lock();
}

}  // namespace

TEST_CASE_METHOD(HeldCallTest, "while one thread waits for vkAllocateMemory the others go on",
                 "[memory_allocator][this_gpu][threads]") {
  auto const preference = GENERATE(AllocatePreference::Automatic, AllocatePreference::AlwaysAllocate);
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device, blocks_of_two_pieces()};
    MemoryAllocation const kept = allocator.allocate({.size = piece_size()}, of_type(type));
    MemoryAllocation other = allocator.allocate({.size = piece_size()}, of_type(type));
    AllocationCreateInfo info = of_type(type);
    info.allocate_preference = preference;
    std::atomic<bool> served{false};
    CHECK(goes_on_while_held(
        "vkAllocateMemory", [&] { static_cast<void>(allocator.allocate({.size = piece_size()}, info)); },
        [&] {
          other = {};
          MemoryAllocation const from_block = allocator.allocate({.size = piece_size()}, of_type(type));
          MemoryAllocation const of_new_block = allocator.allocate({.size = piece_size()}, of_type(type));
          static_cast<void>(allocator.statistics());
          served = from_block.memory() == kept.memory() && of_new_block.memory_type() == type;
        }));
    CHECK(served);
  }
}

TEST_CASE_METHOD(HeldCallTest, "while one thread waits for vkMapMemory the others go on",
                 "[memory_allocator][this_gpu][threads]") {
  auto const preference = GENERATE(AllocatePreference::Automatic, AllocatePreference::AlwaysAllocate);
  for (std::uint32_t const type : types_with_blocks(MemoryProperty::HostVisible)) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device, blocks_of_two_pieces()};
    AllocationCreateInfo const upload = of_type(type, MemoryUsage::Upload);
    MemoryAllocation const kept = allocator.allocate({.size = piece_size()}, upload);
    MemoryAllocation other = allocator.allocate({.size = piece_size()}, upload);
    AllocationCreateInfo info = upload;
    info.allocate_preference = preference;
    std::atomic<bool> served{false};
    CHECK(goes_on_while_held(
        "vkMapMemory", [&] { static_cast<void>(allocator.allocate({.size = piece_size()}, info)); },
        [&] {
          other = {};
          MemoryAllocation const from_block = allocator.allocate({.size = piece_size()}, upload);
          MemoryAllocation const of_new_block = allocator.allocate({.size = piece_size()}, upload);
          static_cast<void>(allocator.statistics());
          served = from_block.memory() == kept.memory() && of_new_block.map() != nullptr;
        }));
    CHECK(served);
  }
}

TEST_CASE_METHOD(HeldCallTest, "while one thread maps a block on first access the others take pieces of it",
                 "[memory_allocator][this_gpu][threads]") {
  for (std::uint32_t const type : types_with_blocks(MemoryProperty::HostVisible)) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device, blocks_of_two_pieces()};
    MemoryAllocation const unmapped = allocator.allocate({.size = piece_size()}, of_type(type));
    std::atomic<bool> served{false};
    CHECK(goes_on_while_held(
        "vkMapMemory", [&] { static_cast<void>(unmapped.map()); },
        [&] { served = allocator.allocate({.size = piece_size()}, of_type(type)).memory() == unmapped.memory(); }));
    CHECK(served);
  }
}

TEST_CASE_METHOD(HeldCallTest, "while one thread waits for vkFreeMemory the others go on",
                 "[memory_allocator][this_gpu][threads]") {
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device, blocks_of_two_pieces()};
    std::vector<MemoryAllocation> pieces;
    for (int i = 0; i < 4; ++i) {
      pieces.push_back(allocator.allocate({.size = piece_size()}, of_type(type)));
    }
    REQUIRE(driver.live_memories() == 2);
    std::atomic<bool> served{false};
    CHECK(goes_on_while_held(
        "vkFreeMemory", [&] { pieces.clear(); },
        [&] { served = allocator.allocate({.size = piece_size()}, of_type(type)).memory_type() == type; }));
    CHECK(served);
    CHECK(driver.live_memories() == 1);
  }
}

// vkMapMemory wants the memory to itself: host access to it must be externally synchronized. Both calls are made under
// one mutex.
TEST_CASE_METHOD(HeldCallTest, "nothing is bound to memory while another thread maps it",
                 "[memory_allocator][this_gpu][threads]") {
  for (std::uint32_t const type : types_with_blocks(MemoryProperty::HostVisible)) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    MemoryAllocation const mapped = allocator.allocate({.size = piece_size()}, of_type(type));
    MemoryAllocation const of_buffer = allocator.allocate({.size = piece_size()}, of_type(type));
    MemoryAllocation const of_image =
        allocator.allocate({.size = piece_size(), .alignment = 256, .tiling = ResourceTiling::Optimal}, of_type(type));
    DeviceMemory const memory = mapped.memory();
    REQUIRE(of_buffer.memory() == memory);
    RawBuffer const buffer{device, 16};
    RawImage const image{device, 16};
    auto const locked_while_held = [&](char const* function, MemoryAllocation const& allocation, auto call) {
      REQUIRE_FALSE(is_locked_for_mapping(allocation.memory()));
      driver.block_next(function);
      auto thread = std::async(std::launch::async, call);
      driver.wait_until_blocked(function);
      bool const locked = is_locked_for_mapping(allocation.memory());
      driver.release(function);
      thread.get();
      return locked;
    };
    CHECK(locked_while_held("vkBindBufferMemory", of_buffer, [&] { of_buffer.bind_buffer(buffer.handle()); }));
    CHECK(locked_while_held("vkBindImageMemory", of_image, [&] { of_image.bind_image(image.handle()); }));
    CHECK(locked_while_held("vkMapMemory", mapped, [&] { static_cast<void>(mapped.map()); }));
    CHECK_FALSE(is_locked_for_mapping(memory));
  }
}

TEST_CASE("threads share an allocator where allocations and memory are short",
          "[memory_allocator][this_gpu][threads]") {
  SimulatedDriver driver{this_gpu_with_allocations(1, 6)};  // A call too many is a violation.
  for (std::uint32_t heap = 0; heap < this_gpu().memory.heap_count; ++heap) {
    std::uint64_t const size = this_gpu().memory.heaps[heap].size;
    driver.occupy_heap(heap, size - std::min(size, 256 * kib));
  }
  StandardMemoryAllocator const allocator{driver.create_device()};
  std::vector<std::uint32_t> const types = ordinary_types();
  std::vector<std::future<void>> threads;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    threads.push_back(std::async(std::launch::async, [&, seed] {
      SplitMix64 random{seed};
      for (int step = 0; step < 100; ++step) {
        std::vector<MemoryAllocation> allocations;
        try {
          for (int i = 0; i < 4; ++i) {
            std::uint32_t const type = types[random.below(static_cast<std::uint32_t>(types.size()))];
            allocations.push_back(allocator.allocate({.size = random.of_any_length(17)}, of_type(type)));
          }
        } catch (OutOfMemoryError const&) {  // The others have it.
        }
      }
    }));
  }
  for (std::future<void>& thread : threads) {
    thread.get();
  }
  CHECK(nothing_allocated(allocator));
  CHECK(driver.live_memories() == total(allocator).block_count);
  CHECK(allocator.allocate({.size = 1}, of_type(types[0])).memory_type() == types[0]);
}

TEST_CASE("handles to one allocator die in any thread", "[memory_allocator][this_gpu][threads]") {
  SimulatedDriver driver{this_gpu_with_allocations(4)};
  for (int round = 0; round < 20; ++round) {
    StandardMemoryAllocator allocator{driver.create_device()};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([copy = allocator, memory = allocator.allocate({.size = 16}, {})]() mutable {
        copy = {};
        memory = {};
      });
    }
    allocator = {};
    for (std::thread& thread : threads) {
      thread.join();
    }
    CHECK(driver.live_objects() == 0);
  }
}

}  // namespace ashlar::test
