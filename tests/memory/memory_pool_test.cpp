#include "memory/memory_pool.hpp"

#include <ashlar/memory/standard_memory_allocator.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "memory/memory_fixture.hpp"
#include "memory/opened_allocation.hpp"

// The shards of a memory type's pool, and the threads that are at home in them.

namespace ashlar::test {
namespace {

using detail::MemoryShard;

constexpr std::uint64_t bytes = 1024;

class PoolTest {
 protected:
  [[nodiscard]] MemoryAllocation allocate(std::uint64_t size = bytes) const {
    return allocator.allocate({.size = size}, {});
  }

  [[nodiscard]] std::vector<MemoryAllocation> allocate_many(std::size_t count) const {
    std::vector<MemoryAllocation> pieces;
    while (pieces.size() < count) {
      pieces.push_back(allocate());
    }
    return pieces;
  }

  [[nodiscard]] MemoryTypeStatistics statistics() const { return allocator.statistics().types[0]; }

  /// Runs `f` on another thread; the test fails if it waits for somebody.
  template <class F>
  void on_another_thread(F f) {
    auto thread = std::async(std::launch::async, std::move(f));
    bool const ended = thread.wait_for(std::chrono::seconds{20}) == std::future_status::ready;
    CHECK(ended);
    if (!ended) {
      std::abort();  // It would wait for ever.
    }
    thread.get();
  }

  static Gpu gpu() {
    Gpu info;
    info.memory = discrete_memory();
    return info;
  }

  SimulatedDriver driver{gpu()};
  Device device = driver.create_device();
  StandardMemoryAllocator allocator{device};
};

/// The calling thread gets a home of its own: the first one is held while it asks for a piece.
void move_out(MemoryAllocator const& allocator, MemoryShard& first) {
  std::lock_guard const held{first};
  static_cast<void>(allocator.allocate({.size = bytes}, {}));
}

}  // namespace

TEST_CASE_METHOD(PoolTest, "a thread that finds its shard held does not wait, and moves for good",
                 "[memory_pool][threads]") {
  MemoryAllocation const here = allocate();
  MemoryShard& first = shard_of(here);
  on_another_thread([&] {
    std::optional<MemoryAllocation> there;
    {
      std::lock_guard const held{first};
      there = allocate();
    }
    MemoryShard* const second = &shard_of(*there);
    CHECK(second != &first);
    for (int i = 0; i != 10; ++i) {
      CHECK(&shard_of(allocate()) == second);
    }
  });
  CHECK(&shard_of(allocate()) == &first);
  CHECK(statistics().block_count == 2);
}

TEST_CASE_METHOD(PoolTest, "the home of a thread that has ended is the next one's", "[memory_pool][threads]") {
  MemoryAllocation const here = allocate();
  std::set<MemoryShard const*> homes;
  for (int i = 0; i != 5; ++i) {
    on_another_thread([&] {
      move_out(allocator, shard_of(here));
      homes.insert(&shard_of(allocate()));
    });
  }
  CHECK(homes.size() == 1);
  CHECK(homes.count(&shard_of(here)) == 0);
}

TEST_CASE_METHOD(PoolTest, "a thread whose shard is full borrows from the others before there is a new block",
                 "[memory_pool][threads]") {
  std::vector<MemoryAllocation> pieces = allocate_many(1);
  MemoryShard& first = shard_of(pieces[0]);
  on_another_thread([&] {
    move_out(allocator, first);
    pieces.push_back(allocate());
    MemoryShard& second = shard_of(pieces.back());
    while (pieces.size() < 2 * mib / bytes) {
      pieces.push_back(allocate());
      CHECK(driver.calls("vkAllocateMemory") == 2);
      bool const is_full = second.live_bytes() == mib;
      REQUIRE((&shard_of(pieces.back()) == &second || is_full));
    }
  });
  pieces.erase(pieces.begin() + 2);  // Of the second.
  MemoryAllocation const borrowed = allocate();
  CHECK(&shard_of(borrowed) != &first);
  CHECK(driver.calls("vkAllocateMemory") == 2);
  MemoryAllocation const of_new_block = allocate();
  CHECK(driver.calls("vkAllocateMemory") == 3);
}

TEST_CASE_METHOD(PoolTest, "a thread whose shard has less than its part of the memory gets a block of its own",
                 "[memory_pool][threads]") {
  std::vector<MemoryAllocation> const pieces = allocate_many(3 * mib / bytes + 1);
  REQUIRE(statistics().block_count == 4);
  on_another_thread([&] {
    move_out(allocator, shard_of(pieces[0]));
    CHECK(&shard_of(allocate()) != &shard_of(pieces[0]));
    std::vector<MemoryAllocation> const own = allocate_many(mib / bytes + 1);
    CHECK(&shard_of(own.back()) == &shard_of(own.front()));
    CHECK(statistics().block_count == 6);
  });
}

TEST_CASE_METHOD(PoolTest, "who gets no block of their own takes what another thread's shard has",
                 "[memory_pool][threads]") {
  std::vector<MemoryAllocation> const pieces = allocate_many(3 * mib / bytes + 1);
  MemoryShard& first = shard_of(pieces[0]);
  REQUIRE(statistics().block_count == 4);
  on_another_thread([&] {
    move_out(allocator, first);
    std::vector<MemoryAllocation> const own = allocate_many(mib / bytes);
    REQUIRE(&shard_of(own.back()) != &first);
    AllocationCreateInfo info{};
    SECTION("as it may make none") { info.allocate_preference = AllocatePreference::NeverAllocate; }
    SECTION("as the driver gives none") {
      driver.fail_from_now_on("vkAllocateMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY);
      info.memory_type_bits = type_bit(0);
    }
    CHECK(&shard_of(allocator.allocate({.size = bytes}, info)) == &first);
    driver.cancel_failures();
  });
}

TEST_CASE_METHOD(PoolTest, "large pieces come from the first shard, whichever the thread", "[memory_pool][threads]") {
  MemoryAllocation const here = allocate();
  on_another_thread([&] {
    move_out(allocator, shard_of(here));
    CHECK(&shard_of(allocate(64 * kib)) == &shard_of(here));
    CHECK(&shard_of(allocate(64 * kib - 1)) != &shard_of(here));
  });
}

TEST_CASE_METHOD(PoolTest, "a thread gives others' pieces back without their shard, up to seven of many",
                 "[memory_pool][threads]") {
  std::vector<MemoryAllocation> pieces = allocate_many(100);
  MemoryShard& first = shard_of(pieces[0]);
  on_another_thread([&] {
    move_out(allocator, first);
    MemoryAllocation const kept = allocate();  // Its home has a shard of this pool.
    {
      std::lock_guard const held{first};
      pieces.resize(93);
      CHECK(first.piece_count() == 100);
    }
    pieces.pop_back();
    CHECK(first.piece_count() == 92);
  });
  CHECK(statistics().suballocation_count == 92);
}

TEST_CASE_METHOD(PoolTest, "what another thread gave back can be had again, and is in the figures",
                 "[memory_pool][threads]") {
  std::vector<MemoryAllocation> pieces = allocate_many(mib / bytes);
  MemoryShard& first = shard_of(pieces[0]);
  REQUIRE(statistics().block_count == 1);
  on_another_thread([&] {
    move_out(allocator, first);
    MemoryAllocation const kept = allocate();
    pieces.resize(pieces.size() - 5);
    CHECK(first.has_returned());
  });
  SECTION("it is counted") { CHECK(statistics().suballocation_count == pieces.size()); }
  SECTION("it serves its own thread") { CHECK(&shard_of(allocate()) == &first); }
  SECTION("it serves who must not allocate") {
    CHECK(allocator.allocate({.size = bytes}, {.allocate_preference = AllocatePreference::NeverAllocate}));
  }
  CHECK_FALSE(first.has_returned());
  CHECK(statistics().suballocation_count == pieces.size());
}

TEST_CASE_METHOD(PoolTest, "what another thread gave back serves who borrows", "[memory_pool][threads]") {
  std::vector<MemoryAllocation> pieces = allocate_many(mib / bytes);
  MemoryShard& first = shard_of(pieces[0]);
  on_another_thread([&] {
    move_out(allocator, first);
    std::vector<MemoryAllocation> const own = allocate_many(mib / bytes);
    pieces.resize(pieces.size() - 5);
    CHECK(first.has_returned());
    MemoryAllocation const borrowed = allocate();
    CHECK(&shard_of(borrowed) == &first);
    CHECK_FALSE(first.has_returned());
  });
  CHECK(driver.calls("vkAllocateMemory") == 2);
}

TEST_CASE_METHOD(PoolTest, "the last piece frees everything, of whichever shard and in whichever thread",
                 "[memory_pool][threads]") {
  std::vector<MemoryAllocation> pieces = allocate_many(200);
  pieces.push_back(allocator.allocate({.size = bytes}, {.allocate_preference = AllocatePreference::AlwaysAllocate}));
  MemoryShard& first = shard_of(pieces[0]);
  bool const here = GENERATE(true, false);
  bool const from_behind = GENERATE(true, false);
  on_another_thread([&] {
    move_out(allocator, first);
    for (int i = 0; i != 100; ++i) {
      pieces.push_back(allocate());
    }
    CHECK(&shard_of(pieces.back()) != &first);
    allocator = {};
    device = {};
    CHECK(driver.live_memories() == 3);
    while (!here && !pieces.empty()) {
      CHECK(driver.live_objects() != 0);
      pieces.erase(from_behind ? pieces.end() - 1 : pieces.begin());
    }
  });
  while (!pieces.empty()) {
    CHECK(driver.live_objects() != 0);
    pieces.erase(from_behind ? pieces.end() - 1 : pieces.begin());
  }
  CHECK(driver.live_objects() == 0);
}

TEST_CASE_METHOD(PoolTest, "dedicated memory alone keeps what it is of", "[memory_pool]") {
  MemoryAllocation dedicated =
      allocator.allocate({.size = bytes}, {.allocate_preference = AllocatePreference::AlwaysAllocate});
  allocator = {};
  device = {};
  CHECK(driver.live_memories() == 1);
  dedicated = {};
  CHECK(driver.live_objects() == 0);
}

}  // namespace ashlar::test
