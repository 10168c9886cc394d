#include "transfer/copy_threads.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

#include "buffer/access_threads.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using detail::CopyThreads;
using detail::Gate;
using detail::wait_until;

/// Counts who helps; each waits until it may go.
class Counter final : public CopyThreads::Job {
 public:
  void help() noexcept override {
    gate.pass();
    ++helped;
  }

  Gate gate;
  std::atomic<int> helped{0};
};

std::vector<std::byte> pattern(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>(i * 7 + i / 256);
  }
  return bytes;
}

}  // namespace

TEST_CASE("the caller counts as a thread that copies", "[transfer]") {
  CHECK(CopyThreads{1}.most_helpers() == 0);
  CHECK(CopyThreads{4}.most_helpers() == 3);
  CHECK(CopyThreads{0}.most_helpers() < std::max(std::thread::hardware_concurrency(), 1U));
}

TEST_CASE("copies of all sizes arrive, by one thread and by several", "[transfer]") {
  constexpr std::size_t part = 256 << 10U;
  for (std::uint32_t const count : {1U, 2U, 5U}) {
    CopyThreads threads{count};
    for (std::size_t const size : {std::size_t{0}, std::size_t{1}, part - 1, part, part + 1, 7 * part + 12345}) {
      auto const source = pattern(size);
      std::vector<std::byte> destination(size);
      threads.copy(destination.data(), source.data(), size);
      CHECK(destination == source);
    }
  }
}

TEST_CASE("each helper helps once, and who asked waits for them", "[transfer]") {
  CopyThreads threads{4};
  for (int round = 0; round < 3; ++round) {
    Counter job;
    {
      CopyThreads::Help const help{threads, job, 100};
      CHECK(help.count() == 3);
      job.gate.wait_for_arrivals(3);
      job.gate.open();
    }
    CHECK(job.helped == 3);
  }
}

TEST_CASE("no more help than asked for, and none is asked for", "[transfer]") {
  CopyThreads threads{4};
  Counter job;
  job.gate.open();
  {
    CopyThreads::Help const help{threads, job, 2};
    CHECK(help.count() == 2);
  }
  CHECK(job.helped <= 2);
  CHECK(CopyThreads::Help{threads, job, 0}.count() == 0);
}

TEST_CASE("helpers are lent to one at a time, others do without", "[transfer]") {
  CopyThreads threads{3};
  Counter first;
  Counter second;
  {
    CopyThreads::Help const help{threads, first, 2};
    first.gate.wait_for_arrivals(2);
    CHECK(CopyThreads::Help{threads, second, 2}.count() == 0);
    std::vector<std::byte> bytes(1 << 20U);
    auto const source = pattern(bytes.size());
    threads.copy(bytes.data(), source.data(), bytes.size());
    CHECK(bytes == source);
    first.gate.open();
  }
  second.gate.open();
  CHECK(CopyThreads::Help{threads, second, 2}.count() == 2);
}

TEST_CASE("several threads copy at once", "[transfer]") {
  CopyThreads threads{3};
  std::vector<std::jthread> running;
  std::atomic<int> right{0};
  for (int i = 0; i < 4; ++i) {
    running.emplace_back([&, i] {
      auto const source = pattern((2 << 20U) + static_cast<std::size_t>(i));
      for (int round = 0; round < 5; ++round) {
        std::vector<std::byte> destination(source.size());
        threads.copy(destination.data(), source.data(), source.size());
        right += destination == source ? 1 : 0;
      }
    });
  }
  running.clear();
  CHECK(right == 20);
}

}  // namespace ashlar::test
