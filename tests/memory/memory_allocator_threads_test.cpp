#include <atomic>
#include <chrono>
#include <cstring>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "memory/memory_fixture.hpp"
#include "suballocator/split_mix_64.hpp"

namespace ashlar::test {
namespace {

constexpr AllocationCreateInfo upload{.usage = MemoryUsage::Upload};

Gpu discrete() {
  Gpu info;
  info.memory = discrete_memory();
  info.limits.buffer_image_granularity = 1024;
  return info;
}

/// Runs `held` until the driver holds its call of `function`, and then `others` to its end: both in threads of their
/// own. Whether `others` ended while the call was held; a deadlock shows after a while.
template <class Held, class Others>
bool goes_on_while_held(SimulatedDriver& driver, char const* function, Held held, Others others) {
  driver.block_next(function);
  auto const held_thread = std::async(std::launch::async, held);
  driver.wait_until_blocked(function);
  auto const others_thread = std::async(std::launch::async, others);
  bool const ended = others_thread.wait_for(std::chrono::seconds{20}) == std::future_status::ready;
  driver.release(function);
  return ended;
}

}  // namespace

TEST_CASE("while one thread waits for vkAllocateMemory the others go on", "[memory_allocator][threads]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device, {.min_block_size = 64 * kib}};
  auto const preference = GENERATE(AllocatePreference::Automatic, AllocatePreference::AlwaysAllocate);
  MemoryAllocation const kept = allocator.allocate({.size = 16 * kib}, {});
  std::atomic<bool> served{false};
  CHECK(goes_on_while_held(
      driver, "vkAllocateMemory",
      [&] { static_cast<void>(allocator.allocate({.size = 60 * kib}, {.allocate_preference = preference})); },
      [&] {
        MemoryAllocation from_block = allocator.allocate({.size = kib}, {});
        bool const shared = from_block.memory() == kept.memory();
        from_block = {};
        MemoryAllocation const of_other_type = allocator.allocate({.size = kib}, upload);
        MemoryAllocation const of_new_block = allocator.allocate({.size = 60 * kib}, {});
        static_cast<void>(allocator.statistics());
        served = shared && of_other_type.map() != nullptr && of_new_block.memory_type() == 0;
      }));
  CHECK(served);
}

TEST_CASE("while one thread waits for vkMapMemory the others go on", "[memory_allocator][threads]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device, {.min_block_size = 64 * kib}};
  MemoryAllocation const kept = allocator.allocate({.size = 16 * kib}, upload);
  MemoryAllocation const unmapped = allocator.allocate({.size = kib}, {.memory_type_bits = type_bit(2)});
  SECTION("of a new block") {
    CHECK(goes_on_while_held(
        driver, "vkMapMemory", [&] { static_cast<void>(allocator.allocate({.size = 60 * kib}, upload)); },
        [&] {
          MemoryAllocation const from_block = allocator.allocate({.size = kib}, upload);
          MemoryAllocation const of_new_block = allocator.allocate({.size = 60 * kib}, upload);
          static_cast<void>(allocator.statistics());
        }));
  }
  SECTION("of a block on first access") {
    CHECK(goes_on_while_held(
        driver, "vkMapMemory", [&] { static_cast<void>(unmapped.map()); },
        [&] {
          MemoryAllocation const from_that_block = allocator.allocate({.size = kib}, {.memory_type_bits = type_bit(2)});
          static_cast<void>(kept.map());
        }));
  }
}

// vkMapMemory wants the memory to itself: host access to it must be externally synchronized.
TEST_CASE("nothing is bound to memory while another thread maps it", "[memory_allocator][threads]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  for (int round = 0; round < 20; ++round) {
    StandardMemoryAllocator const allocator{device};
    MemoryAllocation const mapped = allocator.allocate({.size = 16}, {.memory_type_bits = type_bit(2)});
    MemoryAllocation const bound = allocator.allocate({.size = 16}, {.memory_type_bits = type_bit(2)});
    REQUIRE(mapped.memory() == bound.memory());
    RawBuffer const buffer{device, 16};
    std::uint64_t const calls = driver.calls("vkBindBufferMemory");
    driver.block_next("vkMapMemory");
    auto const mapping = std::async(std::launch::async, [&] { return mapped.map(); });
    driver.wait_until_blocked("vkMapMemory");
    std::atomic<bool> started{false};
    auto const binding = std::async(std::launch::async, [&] {
      started = true;
      bound.bind_buffer(buffer.handle());
    });
    while (!started) {
      std::this_thread::yield();
    }
    for (int turn = 0; turn < 100; ++turn) {  // Time to go wrong in.
      std::this_thread::yield();
    }
    CHECK(driver.calls("vkBindBufferMemory") == calls);
    driver.release("vkMapMemory");
    binding.wait();
    CHECK(driver.calls("vkBindBufferMemory") == calls + 1);
  }
}

TEST_CASE("while one thread waits for vkFreeMemory the others go on", "[memory_allocator][threads]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device, {.min_block_size = 64 * kib}};
  std::vector<MemoryAllocation> two_blocks;
  for (int i = 0; i < 2; ++i) {
    two_blocks.push_back(allocator.allocate({.size = 60 * kib}, {}));
  }
  REQUIRE(driver.live_memories() == 2);
  CHECK(goes_on_while_held(
      driver, "vkFreeMemory", [&] { two_blocks.clear(); },
      [&] { static_cast<void>(allocator.allocate({.size = kib}, {})); }));
}

namespace {

/// Fills the memory with the number, if the host sees it.
void fill(MemoryAllocation const& memory, std::uint32_t number) {
  if (memory.properties().contains(MemoryProperty::HostVisible)) {
    for (std::uint64_t at = 0; at + sizeof number <= memory.size(); at += sizeof number) {
      std::memcpy(memory.map() + at, &number, sizeof number);
    }
    memory.flush({0, memory.size()});
  }
}

/// Whether the device's copy of what `fill` wrote is whole.
bool holds(MemoryAllocation const& memory, std::uint32_t number) {
  if (!memory.properties().contains(MemoryProperty::HostVisible)) {
    return true;
  }
  memory.invalidate({0, memory.size()});
  for (std::uint64_t at = 0; at + sizeof number <= memory.size(); at += sizeof number) {
    if (std::memcmp(memory.map() + at, &number, sizeof number) != 0) {
      return false;
    }
  }
  return true;
}

struct Resource {
  MemoryAllocation memory;
  std::unique_ptr<RawBuffer> buffer;
  std::unique_ptr<RawImage> image;
  std::uint32_t number = 0;
};

Resource make_resource(MemoryAllocator const& allocator, SplitMix64& random) {
  Resource resource;
  resource.number = static_cast<std::uint32_t>(random.next());
  if (random.below(4) == 0) {
    resource.image = std::make_unique<RawImage>(allocator.device(), 1 + random.below(1000));
    resource.memory = allocator.allocate_for_image(resource.image->handle(), ResourceTiling::Optimal, {});
  } else {
    constexpr MemoryUsage usages[] = {MemoryUsage::DeviceOnly, MemoryUsage::Upload, MemoryUsage::Download};
    constexpr AllocatePreference preferences[] = {AllocatePreference::Automatic, AllocatePreference::Automatic,
                                                  AllocatePreference::AlwaysAllocate};
    resource.buffer = std::make_unique<RawBuffer>(allocator.device(), random.of_any_length(12));
    resource.memory = allocator.allocate_for_buffer(
        resource.buffer->handle(),
        {.usage = usages[random.below(3)], .allocate_preference = preferences[random.below(3)]});
  }
  fill(resource.memory, resource.number);
  return resource;
}

/// Makes and drops resources at random; how many had lost what was written to them.
int churn(MemoryAllocator const& allocator, std::uint64_t seed) {
  SplitMix64 random{seed};
  std::vector<Resource> resources;
  int lost = 0;
  for (int step = 0; step < 500; ++step) {
    if (resources.empty() || (resources.size() < 40 && random.below(5) < 3)) {
      resources.push_back(make_resource(allocator, random));
    } else {
      std::swap(resources[random.below(static_cast<std::uint32_t>(resources.size()))], resources.back());
      lost += holds(resources.back().memory, resources.back().number) ? 0 : 1;
      resources.pop_back();
    }
  }
  return lost;
}

}  // namespace

TEST_CASE("threads share an allocator without treading on each other", "[memory_allocator][threads]") {
  SimulatedDriver driver{discrete()};  // It notes overlaps, and wrong neighbours, as violations.
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device, {.min_block_size = 16 * kib, .max_block_size = 64 * kib}};
  std::vector<std::future<int>> threads;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    threads.push_back(std::async(std::launch::async, churn, allocator, seed));
  }
  for (std::future<int>& thread : threads) {
    CHECK(thread.get() == 0);
  }
  CHECK(nothing_allocated(allocator));
  CHECK(total(allocator).block_count <= 3);  // One in reserve for each memory type.
  CHECK(driver.live_memories() == total(allocator).block_count);
  CHECK(driver.take_violations().empty());
}

TEST_CASE("threads share an allocator where memory is short", "[memory_allocator][threads]") {
  Gpu info = discrete();
  info.memory = discrete_memory(256 * kib, 512 * kib);
  info.limits.max_memory_allocation_count = 6;  // A call too many is a violation.
  SimulatedDriver driver{info};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  std::vector<std::future<int>> threads;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    threads.push_back(std::async(std::launch::async, [&allocator, seed] {
      SplitMix64 random{seed};
      int served = 0;
      for (int step = 0; step < 100; ++step) {
        std::vector<MemoryAllocation> allocations;
        try {
          for (int i = 0; i < 4; ++i) {
            allocations.push_back(allocator.allocate({.size = random.of_any_length(17)},
                                                     random.below(2) == 0 ? upload : AllocationCreateInfo{}));
            ++served;
          }
        } catch (OutOfMemoryError const&) {  // The others have it.
        }
      }
      return served;
    }));
  }
  for (std::future<int>& thread : threads) {
    CHECK(thread.get() > 0);
  }
  CHECK(nothing_allocated(allocator));
  CHECK(driver.live_memories() == total(allocator).block_count);
}

TEST_CASE("handles to one allocator die in any thread", "[memory_allocator][threads]") {
  SimulatedDriver driver{discrete()};
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
