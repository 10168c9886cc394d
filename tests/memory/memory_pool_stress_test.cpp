#include <ashlar/memory/standard_memory_allocator.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "memory/memory_fixture.hpp"
#include "suballocator/split_mix_64.hpp"

namespace ashlar::test {
namespace {

/// Which bytes of which memory somebody has.
class Ledger {
 public:
  /// Whether nobody had any of these.
  [[nodiscard]] bool enter(MemoryAllocation const& allocation) {
    std::uint64_t const begin = allocation.offset();
    std::lock_guard const lock{mutex_};
    auto& ends = ends_[allocation.memory().handle()];
    auto const next = ends.lower_bound(begin);
    bool const is_free = (next == ends.end() || next->first >= begin + allocation.size()) &&
                         (next == ends.begin() || std::prev(next)->second <= begin);
    return ends.emplace(begin, begin + allocation.size()).second && is_free;
  }

  /// Before the bytes are given back.
  void leave(MemoryAllocation const& allocation) {
    std::lock_guard const lock{mutex_};
    auto const memory = ends_.find(allocation.memory().handle());
    memory->second.erase(allocation.offset());
    if (memory->second.empty()) {
      ends_.erase(memory);
    }
  }

 private:
  std::mutex mutex_;
  std::map<VkDeviceMemory, std::map<std::uint64_t, std::uint64_t>> ends_;  ///< By the begins.
};

/// Pieces that one thread hands to another, which frees them.
class Mailbox {
 public:
  void put(MemoryAllocation allocation) {
    std::lock_guard const lock{mutex_};
    pieces_.push_back(std::move(allocation));
  }

  [[nodiscard]] std::vector<MemoryAllocation> take_all() {
    std::lock_guard const lock{mutex_};
    return std::exchange(pieces_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<MemoryAllocation> pieces_;
};

}  // namespace

TEST_CASE("no two of many threads that free each other's pieces ever have the same bytes",
          "[memory_allocator][threads]") {
  constexpr std::uint32_t thread_count = 4;
  Gpu gpu;
  gpu.memory = discrete_memory();
  SimulatedDriver driver{gpu};
  auto const strategy = GENERATE(SuballocationStrategy::MinMemory, SuballocationStrategy::MinTime);
  StandardMemoryAllocator allocator{driver.create_device(), {.max_block_size = 4 * mib, .strategy = strategy}};
  Ledger ledger;
  std::vector<Mailbox> mailboxes(thread_count);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i != thread_count; ++i) {
    threads.emplace_back([&, i, own_allocator = allocator] {
      SplitMix64 random{i};
      std::vector<MemoryAllocation> pieces(150);
      for (int step = 0; step != 6000; ++step) {
        MemoryAllocation& piece = pieces[random.below(150)];
        if (piece) {
          ledger.leave(piece);
          piece = {};
        }
        piece = own_allocator.allocate({.size = random.of_any_length(17), .alignment = 16}, {});
        wrong += ledger.enter(piece) ? 0 : 1;
        if (random.below(8) == 0) {
          ledger.leave(piece);
          mailboxes[(i + 1) % thread_count].put(std::exchange(piece, {}));
        }
        if (random.below(16) == 0) {
          static_cast<void>(mailboxes[i].take_all());
        }
        if (random.below(512) == 0) {
          static_cast<void>(own_allocator.statistics());
        }
      }
      for (MemoryAllocation const& piece : pieces) {
        if (piece) {
          ledger.leave(piece);
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wrong == 0);
  mailboxes.clear();
  CHECK(nothing_allocated(allocator));
  CHECK(driver.live_memories() <= thread_count + 1);  // An empty block of each shard; large pieces have one, too.
  allocator = {};
  CHECK(driver.live_objects() == 0);
}

}  // namespace ashlar::test
