#include <ashlar/buffer/buffer.hpp>
#include <ashlar/buffer/lock.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>

#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/vulkan_fixture.hpp"

namespace ashlar::test {
namespace {

constexpr BufferCreateInfo storage{.usage = BufferUsage::StorageBuffer};
constexpr AllocationCreateInfo upload{.usage = MemoryUsage::Upload};
constexpr AllocationCreateInfo download{.usage = MemoryUsage::Download};

}  // namespace

TEST_CASE_METHOD(VulkanTest, "threads share a buffer by its guards") {
  StandardMemoryAllocator const allocator{device()};
  constexpr std::uint32_t threads = 4;
  constexpr std::uint32_t rounds = 500;
  auto const counts = Buffer::from_iter(allocator, storage, download, std::vector<std::uint32_t>(threads + 1));
  {
    std::vector<std::jthread> running;
    for (std::uint32_t i = 0; i < threads; ++i) {
      running.emplace_back([&counts, i] {
        auto const own = counts.index(i);
        auto const everybodys = counts.index(threads);
        for (std::uint32_t round = 0; round < rounds; ++round) {
          *everybodys.write() += 1;
          auto [mine, all] = lock(write(own), read(everybodys));
          *mine = *all;
        }
      });
    }
  }
  auto const guard = counts.read();
  CHECK(guard[threads] == threads * rounds);
  for (std::uint32_t i = 0; i < threads; ++i) {
    CHECK(guard[i] >= rounds);
    CHECK(guard[i] <= threads * rounds);
  }
}

TEST_CASE_METHOD(VulkanTest, "a guard keeps the buffer, its memory and its device") {
  ReadGuard<std::uint32_t[]> guard;
  {
    StandardMemoryAllocator const allocator{device()};
    auto const numbers = Buffer::from_iter(allocator, storage, upload, {1U, 2U, 3U});
    numbers.overwrite().copy_from({4U, 5U, 6U});
    guard = numbers.read();
  }
  CHECK(guard.size() == 3);
  CHECK(guard[2] == 6);
  auto const moved = std::move(guard);
  CHECK(moved[0] == 4);
}

}  // namespace ashlar::test
