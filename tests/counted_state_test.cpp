#include "counted_state.hpp"

#include <thread>
#include <vector>

#include "support/catch.hpp"

namespace ashlar::detail {
namespace {

struct State final : CountedState {
  int value = 0;
};

}  // namespace

TEST_CASE("the last reference is the one that is dropped last", "[counted]") {
  State state;
  CHECK(state.drop_reference());

  State shared;
  shared.add_reference();
  CHECK_FALSE(shared.drop_reference());
  CHECK(shared.drop_reference());
}

TEST_CASE("exactly one thread drops the last reference, and sees what the others did", "[counted]") {
  constexpr int rounds = 1000;
  constexpr int thread_count = 2;
  for (int round = 0; round < rounds; ++round) {
    auto* const state = new State;
    int values[thread_count] = {};
    int ends = 0;  // Written by the last alone: a second one is a race, too.
    {
      std::vector<std::jthread> threads;
      for (int& value : values) {
        state->add_reference();
        threads.emplace_back([&ends, &values, &value, state] {
          value = 1;
          if (state->drop_reference()) {
            ends += values[0] + values[1] == thread_count ? 1 : 100;
            delete state;
          }
        });
      }
      if (state->drop_reference()) {
        ends += values[0] + values[1] == thread_count ? 1 : 100;
        delete state;
      }
    }
    REQUIRE(ends == 1);
  }
}

}  // namespace ashlar::detail
