#include "device/live_count.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "support/catch.hpp"

namespace ashlar::detail {

TEST_CASE("a count of what lives is exact, whichever thread made it and whichever ended it", "[live_count]") {
  constexpr int thread_count = 40;  // Some share a part.
  constexpr int each = 1000;
  LiveCount count;
  CHECK(count.load() == 0);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < thread_count; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < each; ++k) {
          count.add();
        }
      });
    }
  }
  CHECK(count.load() == thread_count * each);
  for (int i = 1; i < thread_count * each; ++i) {
    count.remove();
  }
  CHECK(count.load() == 1);
  count.remove();
  CHECK(count.load() == 0);
}

TEST_CASE("who counts while objects pass from thread to thread never counts less than live", "[live_count]") {
  constexpr int rounds = 20;
  constexpr int objects = 10'000;
  for (int round = 0; round < rounds; ++round) {
    LiveCount count;
    count.add();  // Lives all the time.
    std::atomic<int> made{0};
    std::atomic<bool> over{false};
    std::jthread const maker{[&] {
      for (int i = 0; i < objects; ++i) {
        count.add();
        made.fetch_add(1);
      }
    }};
    std::jthread const ender{[&] {
      for (int i = 0; i < objects; ++i) {
        while (made.load() <= i) {
          std::this_thread::yield();
        }
        count.remove();
      }
      over = true;
    }};
    std::uint64_t least = objects;
    std::uint64_t most = 0;
    do {
      std::uint64_t const live = count.load();
      least = std::min(least, live);
      most = std::max(most, live);
    } while (!over);
    REQUIRE(least >= 1);
    REQUIRE(most <= objects + 1);
    REQUIRE(count.load() == 1);
  }
}

}  // namespace ashlar::detail
