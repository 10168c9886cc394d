#include <ashlar/suballocator/free_list_allocator.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "benchmarks/cases.hpp"
#include "benchmarks/suballocator_pieces.hpp"

#if defined(__x86_64__)
#  include <x86intrin.h>
#endif

namespace ashlar::bench {

namespace {

#if defined(__x86_64__)
std::uint64_t ticks() { return __rdtsc(); }
#else
std::uint64_t ticks() { return static_cast<std::uint64_t>(Clock::now().time_since_epoch().count()); }
#endif

/// One pass: what each allocation took, in ticks.
void run_timed(FreeListAllocator& suballocator, std::vector<Suballocation>& slots,
               std::vector<Operation> const& operations, std::vector<std::uint32_t>& taken) {
  for (std::size_t i = 0; i < operations.size(); ++i) {
    Operation const& operation = operations[i];
    Suballocation& piece = slots[operation.slot];
    suballocator.deallocate(piece);
    std::uint64_t const begin = ticks();
    piece = suballocator.allocate(operation.size, alignment, operation.tiling);
    taken[i] = static_cast<std::uint32_t>(ticks() - begin);
    if (!piece) {
      throw WrongResult{"no room"};
    }
  }
}

/// What so large a share of the allocations took at most.
double percentile(std::vector<std::uint32_t> const& sorted, double share) {
  auto const index = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(index, sorted.size() - 1)];
}

struct Percentile {
  char const* name;
  double share;
};
constexpr Percentile percentiles[] = {{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}};

}  // namespace

Figures run_latency(Options const& options) {
  std::uint64_t const range = steady_range(options.live);
  FreeListAllocator suballocator{suballocator_info(options, range)};
  SteadyState const state = draw_steady_state(options.seed.value_or(0x5EED), options.live, options.ops, options.sizes,
                                              options.mixes_tilings(), SlotOrder::Random);
  std::vector<Suballocation> slots;
  for (Operation const& operation : state.fill) {
    slots.push_back(suballocator.allocate(operation.size, alignment, operation.tiling));
  }
  std::vector<std::uint32_t> taken(options.ops);
  std::vector<double> values[std::size(percentiles)];
  std::vector<double> ratios;
  for (std::uint32_t pass = 0; pass < options.passes; ++pass) {
    Clock::time_point const begin_time = Clock::now();
    std::uint64_t const begin = ticks();
    run_timed(suballocator, slots, state.operations, taken);
    double const nanoseconds = std::chrono::duration<double, std::nano>{Clock::now() - begin_time}.count();
    double const tick = nanoseconds / static_cast<double>(ticks() - begin);
    if (pass == 0 && options.passes > 1) {
      continue;
    }
    std::sort(taken.begin(), taken.end());
    for (std::size_t i = 0; i < std::size(percentiles); ++i) {
      values[i].push_back(tick * percentile(taken, percentiles[i].share));
    }
    ratios.push_back(values[2].back() / values[0].back());
  }
  for (Suballocation const& piece : slots) {
    suballocator.deallocate(piece);
  }
  require_whole(suballocator, range);
  Figures figures;
  for (std::size_t i = 0; i < std::size(percentiles); ++i) {
    add_nanoseconds(figures, std::string{percentiles[i].name} + "_ns", values[i]);
  }
  figures["p99.9_over_p50_min"] = rounded(minimum(ratios));
  figures["p99.9_over_p50_median"] = rounded(median(ratios));
  return figures;
}

}  // namespace ashlar::bench
