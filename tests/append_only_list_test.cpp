#include "append_only_list.hpp"

#include <atomic>
#include <cstdint>
#include <latch>
#include <thread>
#include <vector>

#include "support/catch.hpp"

namespace ashlar::test {
namespace {

struct Entry {
  int number;
  int same_again;
};

using List = detail::AppendOnlyList<Entry>;

Entry const* find(List const& list, int number) {
  return list.find([number](Entry const& entry) { return entry.number == number; });
}

}  // namespace

TEST_CASE("what was added to a list is found where it was put", "[append_only_list]") {
  List list;
  CHECK(find(list, 0) == nullptr);
  std::vector<Entry const*> entries;
  for (int i = 0; i != 100; ++i) {
    entries.push_back(&list.add({i, i}));
    CHECK(find(list, i + 1) == nullptr);
  }
  for (int i = 0; i != 100; ++i) {
    CHECK(find(list, i) == entries[static_cast<std::size_t>(i)]);
  }
}

TEST_CASE("threads add to a list and search it at once", "[append_only_list][threads]") {
  constexpr int thread_count = 4;
  constexpr int count = 300;
  List list;
  std::latch begin{thread_count};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread != thread_count; ++thread) {
    threads.emplace_back([&, thread] {
      begin.arrive_and_wait();
      for (int i = thread; i < count * thread_count; i += thread_count) {
        Entry const& added = list.add({i, i});
        bool const is_whole = list.find([](Entry const& entry) { return entry.number != entry.same_again; }) == nullptr;
        bool const is_there = find(list, i) == &added && find(list, thread) != nullptr;
        wrong += is_whole && is_there ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wrong == 0);
  for (int i = 0; i != count * thread_count; ++i) {
    REQUIRE(find(list, i) != nullptr);
  }
}

// Races are rare: a list that minds none of them fails this in some runs only, the more the idler the machine.
TEST_CASE("threads that add at once to a list lose none", "[append_only_list][threads]") {
  constexpr int count = 100'000;
  for (int round = 0; round != 20; ++round) {
    List list;
    std::latch begin{2};
    auto const add_many = [&] {
      begin.count_down();
      while (!begin.try_wait()) {  // Awake, so that both begin at once.
      }
      for (int i = 0; i != count; ++i) {
        list.add({i, i});
      }
    };
    std::thread other{add_many};
    add_many();
    other.join();
    int found = 0;
    CHECK(list.find([&](Entry const&) { return ++found < 0; }) == nullptr);
    CHECK(found == 2 * count);
  }
}

}  // namespace ashlar::test
