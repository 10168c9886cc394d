// Threads and queues that use the same bytes at random.

#include <ashlar/buffer/lock.hpp>
#include <ashlar/transfer/submission.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "memory/memory_fixture.hpp"
#include "support/catch.hpp"
#include "transfer/submission_fixture.hpp"

namespace ashlar::test {
namespace {

constexpr std::size_t cells = 6;
constexpr std::size_t cell_size = 5;  // Ints: neighbours share atoms.
constexpr std::size_t rounds = 60;

/// Command buffers that fill and copy each cell, recorded before the threads begin.
struct Commands {
  Commands(Recorder& recorder, Queue its_queue, Subbuffer<int[]> const& a, Subbuffer<int[]> const& b, int first_stamp)
      : queue{std::move(its_queue)} {
    for (std::size_t cell = 0; cell < cells; ++cell) {
      stamps[cell] = first_stamp + static_cast<int>(cell);
      fills[cell] = recorder.fill(queue, part(a, cell), stamps[cell]);
      copies[cell] = recorder.copy(queue, part(a, cell), part(b, cell));
    }
  }

  static Subbuffer<int[]> part(Subbuffer<int[]> const& bytes, std::size_t cell) {
    return bytes.slice(cell * cell_size, cell_size);
  }

  Queue queue;
  std::array<int, cells> stamps{};
  std::array<VkCommandBuffer, cells> fills{};
  std::array<VkCommandBuffer, cells> copies{};
};

/// Whether all of a cell has one stamp.
template <class Guard>
bool is_whole(Guard const& guard) {
  return std::all_of(guard.begin(), guard.end(), [&](int value) { return value == guard[0]; });
}

class StressTest : protected SubmissionTest {
 protected:
  /// What one thread does; whether it always found what it has to find.
  bool run(unsigned seed, Commands const& own, Subbuffer<int[]> const& a, Subbuffer<int[]> const& b) const {
    std::minstd_rand random{seed};
    bool right = true;
    for (std::size_t round = 0; round < rounds; ++round) {
      std::size_t const cell = random() % cells;
      auto const here = Commands::part(a, cell);
      auto const copied = Commands::part(b, cell);
      switch (random() % 8) {
        case 0:
        case 1:
          own.queue.submit(own.fills[cell], {writes(here)});
          break;
        case 2:
          own.queue.submit(own.copies[cell], {reads(here), writes(copied)});
          break;
        case 3:
          right = is_whole(here.read()) && right;
          break;
        case 4:
          right = is_whole(copied.read()) && right;
          break;
        case 5: {
          auto const guard = here.write();
          right = is_whole(guard) && right;
          std::fill(guard.begin(), guard.end(), static_cast<int>(seed * 1000 + round));
          break;
        }
        case 6: {
          auto [source, target] = lock(read(here), overwrite(copied));
          right = is_whole(source) && right;
          target.copy_from(source);
          break;
        }
        default:
          if (auto const guard = here.try_write()) {
            right = is_whole(guard) && right;
            std::fill(guard.begin(), guard.end(), static_cast<int>(seed * 1000 + round));
          } else {
            static_cast<void>(own.queue.try_submit(own.fills[cell], {writes(here)}));
          }
      }
    }
    return right;
  }
};

}  // namespace

TEST_CASE_METHOD(StressTest, "threads and queues share a buffer, and none sees a write by halves",
                 "[submission_stress]") {
  for (auto const& memory : {coherent, not_coherent}) {
    auto const a = sevens(cells * cell_size, memory);
    auto const b = sevens(cells * cell_size, memory);
    std::vector<Commands> commands;
    for (int i = 0; i < 4; ++i) {
      commands.emplace_back(recorder, i % 2 == 0 ? queue : other, a, b, 100 * (i + 1));
    }
    std::vector<std::future<bool>> threads;
    for (unsigned i = 0; i < commands.size(); ++i) {
      threads.push_back(in_thread([&, i] { return run(i + 1, commands[i], a, b); }));
    }
    for (auto& thread : threads) {
      CHECK(thread.get());
    }
    for (std::size_t cell = 0; cell < cells; ++cell) {
      CHECK(is_whole(Commands::part(a, cell).read()));
      CHECK(is_whole(Commands::part(b, cell).read()));
    }
  }
}

TEST_CASE_METHOD(SubmissionTest, "buffers are dropped while other threads find out what is done",
                 "[submission_stress]") {
  std::atomic<bool> over{false};
  auto const destroyed = driver.calls("vkDestroyBuffer");
  constexpr std::size_t count = 200;
  std::array<std::future<void>, 2> polling;
  for (auto& thread : polling) {
    thread = in_thread([&] {
      while (!over) {
        device.poll();
      }
    });
  }
  std::array<std::future<void>, 2> dropping;
  for (std::size_t i = 0; i < dropping.size(); ++i) {
    dropping[i] = in_thread([&, i] {
      Queue const& on = i == 0 ? queue : other;
      for (std::size_t round = 0; round < count; ++round) {
        auto const bytes = Buffer::new_slice<int>(allocator, {.usage = usage}, host_visible, 16);
        on.submit({}, {writes(bytes)});
        if (round % 4 == 0) {
          std::this_thread::yield();
        }
      }
    });
  }
  for (auto& thread : dropping) {
    thread.get();
  }
  over = true;
  for (auto& thread : polling) {
    thread.get();
  }
  device.wait_idle();
  CHECK(driver.calls("vkDestroyBuffer") == destroyed + dropping.size() * count);
  CHECK(nothing_allocated(allocator));
}

TEST_CASE_METHOD(SubmissionTest, "many threads submit to one queue and wait for themselves", "[submission_stress]") {
  auto const bytes = sevens(64, host_visible);
  std::vector<VkCommandBuffer> fills;
  for (int i = 0; i < 4; ++i) {
    fills.push_back(recorder.fill(queue, bytes.slice(static_cast<std::uint64_t>(i) * 16, 16), i));
  }
  std::vector<std::future<bool>> threads;
  for (std::size_t i = 0; i < 4; ++i) {
    threads.push_back(in_thread([&, i] {
      auto const part = bytes.slice(i * 16, 16);
      bool right = true;
      for (int round = 0; round < 50; ++round) {
        {
          auto const guard = part.overwrite();
          std::fill(guard.begin(), guard.end(), 100 + round);
        }
        auto const submission = queue.submit(fills[i], {writes(part)});
        if (round % 2 == 0) {
          submission.wait();
        }
        right = part.read()[15] == static_cast<int>(i) && submission.is_done() && right;
      }
      return right;
    }));
  }
  for (auto& thread : threads) {
    CHECK(thread.get());
  }
}

}  // namespace ashlar::test
