#include <ashlar/suballocator/free_list_allocator.hpp>

#include <vector>

#include "benchmarks/cases.hpp"
#include "benchmarks/fill_workloads.hpp"
#include "benchmarks/suballocator_pieces.hpp"

namespace ashlar::bench {

Figures run_c2(Options const& options) {
  std::uint64_t const first = options.seed.value_or(1);
  std::uint64_t const last = options.seed.value_or(32);
  std::vector<double> fills;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    FreeListAllocator suballocator{suballocator_info(options, fill_range)};
    fills.push_back(fill_at_first_failure(suballocator, seed, options.sizes));
    require_whole(suballocator, fill_range);
  }
  Figures figures;
  figures["fill_min"] = rounded(minimum(fills), 4);
  figures["fill_median"] = rounded(median(fills), 4);
  figures["fill_max"] = rounded(*std::max_element(fills.begin(), fills.end()), 4);
  return figures;
}

Figures run_c3(Options const& options) {
  FreeListAllocator suballocator{suballocator_info(options, fill_range)};
  std::uint64_t const failures =
      failures_at_fill(suballocator, options.seed.value_or(0xC3), options.sizes, options.fill, options.ops);
  require_whole(suballocator, fill_range);
  Figures figures;
  figures["failures"] = failures;
  figures["failed_percent"] = rounded(100 * static_cast<double>(failures) / static_cast<double>(options.ops), 4);
  return figures;
}

}  // namespace ashlar::bench
