#include "memory/short_lock.hpp"

#include <atomic>
#include <cstdint>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using detail::ShortLock;

/// Whether a thread of this process sleeps.
bool is_asleep(int thread_id) {
  std::ifstream file{"/proc/self/task/" + std::to_string(thread_id) + "/stat"};
  std::string line;
  std::getline(file, line);
  std::size_t const end_of_name = line.rfind(')');
  return end_of_name != std::string::npos && line.at(end_of_name + 2) == 'S';
}

}  // namespace

TEST_CASE("a short lock is held by one at a time", "[short_lock][threads]") {
  constexpr int thread_count = 4;
  constexpr int rounds = 20'000;
  ShortLock lock;
  int sum = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i != thread_count; ++i) {
    threads.emplace_back([&, tries = i % 2 == 0] {
      for (int round = 0; round != rounds; ++round) {
        if (!tries || !lock.try_lock()) {
          lock.lock();
        }
        std::lock_guard const held{lock, std::adopt_lock};
        ++sum;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(sum == thread_count * rounds);
}

TEST_CASE("who finds a short lock held is told so", "[short_lock]") {
  ShortLock lock;
  CHECK(lock.try_lock());
  CHECK_FALSE(lock.try_lock());
  lock.unlock();
  lock.lock();
  CHECK_FALSE(lock.try_lock());
  lock.unlock();
  CHECK(lock.try_lock());
}

// A wake-up that is missing leaves a thread asleep, and this test without an end.
TEST_CASE("whoever sleeps for a short lock is woken, one after the other", "[short_lock][threads]") {
  constexpr int thread_count = 3;
  ShortLock lock;
  std::vector<std::atomic<int>> ids(thread_count);
  int served = 0;
  lock.lock();
  std::vector<std::thread> threads;
  for (std::atomic<int>& id : ids) {
    threads.emplace_back([&] {
      id = gettid();
      std::lock_guard const held{lock};
      ++served;
    });
  }
  for (std::atomic<int> const& id : ids) {
    while (id == 0 || !is_asleep(id)) {
      std::this_thread::yield();
    }
  }
  CHECK(served == 0);
  lock.unlock();
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(served == thread_count);
  CHECK(lock.try_lock());
}

}  // namespace ashlar::test
