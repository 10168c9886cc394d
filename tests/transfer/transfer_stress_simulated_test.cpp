// Threads use the same and neighbouring ranges at random. Each range holds one stamp at a time, whoever looks.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "transfer/transfer_fixture.hpp"

namespace ashlar::test {
namespace {

using Numbers = Subbuffer<std::uint32_t[]>;

constexpr std::uint64_t cells = 12;
constexpr std::uint64_t cell_size = 3000;  // Numbers: not whole atoms, and some cells are staged in chunks.
constexpr int threads = 4;
constexpr int rounds = 60;

bool is_uniform(auto const& values) {
  return std::all_of(values.begin(), values.end(), [&](std::uint32_t value) { return value == values[0]; });
}

class StressTest : protected TransferTest {
 protected:
  /// One thread's random use of cells by a transfer and by guards. Cells are only ever written as a whole.
  void run(std::uint32_t thread, Transfer const& transfer) {
    std::mt19937 random{thread};  // NOLINT(cert-msc51-cpp): the same each time.
    std::vector<std::pair<std::vector<std::uint32_t>, Pending<void>>> unread;
    unread.reserve(4);
    std::uint32_t stamp = thread << 20U;
    for (int round = 0; round < rounds; ++round) {
      Numbers const& buffer = random() % 2 == 0 ? mapped : own;
      auto const cell = buffer.slice(random() % cells * cell_size, cell_size);
      Numbers const& to_buffer = random() % 2 == 0 ? mapped : own;
      auto const to = to_buffer.slice(random() % cells * cell_size, cell_size);
      ++stamp;
      switch (random() % 8) {
        case 0:
          transfer.fill(cell, stamp);
          break;
        case 1:
          transfer.upload_to(cell, std::vector<std::uint32_t>(cell_size, stamp));
          break;
        case 2:
          transfer.update(cell, std::vector<std::uint32_t>(cell_size, stamp));
          break;
        case 3:
          if (!(cell == to)) {
            transfer.copy(cell, to);
          }
          break;
        case 4:
          expect(is_uniform(transfer.download(cell).get()));
          break;
        case 5:
          if (unread.size() == 4) {
            unread.clear();
          }
          unread.emplace_back(std::vector<std::uint32_t>(cell_size), Pending<void>{});
          unread.back().second = transfer.download_to(cell, unread.back().first);
          break;
        case 6:
          if (buffer == mapped) {
            if (auto guard = cell.write()) {
              expect(is_uniform(guard));
              std::fill(guard.begin(), guard.end(), stamp);
            }
          }
          break;
        default:
          if (buffer == mapped) {
            if (auto const guard = cell.try_read()) {
              expect(is_uniform(guard));
            }
          }
          transfer.submit();
      }
    }
    for (auto const& [values, pending] : unread) {
      pending.wait();
      expect(is_uniform(values));
    }
  }

  void expect(bool holds) { wrong += holds ? 0 : 1; }

  Numbers const own = new_buffer(cells * cell_size);
  Numbers const mapped =
      Buffer::new_slice<std::uint32_t>(allocator, both_ways, {.usage = MemoryUsage::Download}, cells* cell_size);
  std::atomic<int> wrong{0};
};

}  // namespace

TEST_CASE_METHOD(StressTest, "threads transfer, read and write ranges that stay whole", "[transfer][stress]") {
  Transfer const first{allocator, {.max_staging_size = 64 * kib, .max_copy_threads = 2}};
  Transfer const second{allocator, {.queue = device.queue(QueueFlag::Graphics), .max_staging_size = 32 * kib}};
  first.fill(own, 0);
  first.fill(mapped, 0);
  {
    std::vector<std::jthread> running;
    for (std::uint32_t thread = 0; thread < threads; ++thread) {
      running.emplace_back([&, thread] { run(thread, thread % 2 == 0 ? first : second); });
    }
  }
  for (Numbers const& buffer : {own, mapped}) {
    for (std::uint64_t cell = 0; cell < cells; ++cell) {
      CHECK(is_uniform(first.download(buffer.slice(cell * cell_size, cell_size)).get()));
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE_METHOD(StressTest, "a thread's range holds what the thread transferred last", "[transfer][stress]") {
  Transfer const transfer{allocator, {.max_staging_size = 64 * kib, .max_copy_threads = 2}};
  {
    std::vector<std::jthread> running;
    for (std::uint32_t thread = 0; thread < threads; ++thread) {
      running.emplace_back([&, thread] {
        std::mt19937 random{thread};  // NOLINT(cert-msc51-cpp): the same each time.
        auto const mine = mapped.slice(thread * 1001, 1001);
        std::vector<std::uint32_t> model(1001, thread);
        transfer.upload_to(mine, model);
        for (int round = 0; round < rounds; ++round) {
          std::uint64_t const first = random() % 900;
          std::uint64_t const size = 1 + random() % 100;
          auto const stamp = static_cast<std::uint32_t>(random());
          auto const part = mine.slice(first, size);
          if (round % 3 == 0) {
            transfer.fill(part, stamp);
          } else if (round % 3 == 1) {
            transfer.upload_to(part, std::vector<std::uint32_t>(size, stamp));
          } else {
            part.overwrite().fill(stamp);
          }
          std::fill_n(model.begin() + static_cast<std::ptrdiff_t>(first), size, stamp);
          if (round % 5 == 0) {
            expect(transfer.download(mine).get() == model);
          }
        }
        auto const guard = mine.read();
        expect(std::equal(guard.begin(), guard.end(), model.begin()));
      });
    }
  }
  CHECK(wrong == 0);
}

}  // namespace ashlar::test
