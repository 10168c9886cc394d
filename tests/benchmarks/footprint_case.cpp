#include <algorithm>
#include <barrier>
#include <vector>

#include "benchmarks/bench_device.hpp"
#include "benchmarks/cases.hpp"
#include "benchmarks/footprint_workload.hpp"
#include "benchmarks/metered_vulkan.hpp"
#include "benchmarks/threads.hpp"

namespace ashlar::bench {

Figures run_c1(Options const& options) {
  if (options.remote != 0) {
    throw UsageError{"c1 has no --remote"};
  }
  BenchDevice bench{options};
  LiveBytes live;
  DeviceMeter meter;
  std::vector<Footprint> footprints(options.threads);
  std::barrier at_end{static_cast<std::ptrdiff_t>(options.threads), [&]() noexcept { meter = device_meter(); }};
  std::uint32_t const type_bits = std::uint32_t{1} << bench.device_local_type();
  auto const allocate = [&](std::uint64_t size) {
    return bench.allocator().allocate({.size = size, .alignment = alignment, .memory_type_bits = type_bits},
                                      {.usage = MemoryUsage::DeviceOnly});
  };
  run_threads(options.threads, [&](std::uint32_t i) {
    footprints[i] = run_footprint(SplitMix64{options.seed.value_or(0xF4A6) + i}, options.ops / options.threads,
                                  footprint_target / options.threads, live, allocate, device_bytes,
                                  [&] { at_end.arrive_and_wait(); });
  });
  Footprint all;
  for (Footprint const& one : footprints) {
    all.peak_device = std::max(all.peak_device, one.peak_device);
    all.ratio_sum += one.ratio_sum;
    all.samples += one.samples;
  }
  Figures figures;
  figures["peak_device"] = all.peak_device;
  figures["peak_live"] = live.peak();
  figures["peak_device_over_peak_live"] =
      rounded(static_cast<double>(all.peak_device) / static_cast<double>(live.peak()), 4);
  figures["steady_device_over_live"] =
      rounded(all.samples == 0 ? 0 : all.ratio_sum / static_cast<double>(all.samples), 4);
  figures["vkAllocateMemory"] = meter.allocations;
  figures["vkFreeMemory"] = meter.deallocations;
  bench.finish(figures);
  return figures;
}

}  // namespace ashlar::bench
