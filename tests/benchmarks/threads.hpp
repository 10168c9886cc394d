#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>
#include <vector>

namespace ashlar::bench {

/// Calls `work` with the index of each thread, in a thread each; the first is this one. Since others wait for what it
/// does, a thread that throws ends the program.
template <class Work>
void run_threads(std::uint32_t count, Work work) {
  auto const guarded = [&](std::uint32_t index) {
    try {
      work(index);
    } catch (std::exception const& error) {
      std::fprintf(stderr, "ashlar_bench: %s\n", error.what());
      std::_Exit(1);
    }
  };
  std::vector<std::jthread> others;
  for (std::uint32_t index = 1; index < count; ++index) {
    others.emplace_back(guarded, index);
  }
  guarded(0);
}

}  // namespace ashlar::bench
