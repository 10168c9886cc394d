#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "benchmarks/workload.hpp"

namespace ashlar::bench {

/// The live bytes of c1, of all threads together.
inline constexpr std::uint64_t footprint_target = std::uint64_t{512} << 20U;
inline constexpr SizeRange footprint_sizes{.hi = 22};

/// Bytes that are live, in all threads together.
class LiveBytes {
 public:
  void add(std::uint64_t bytes) {
    std::uint64_t const sum = now_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    for (std::uint64_t peak = peak_; sum > peak && !peak_.compare_exchange_weak(peak, sum);) {
    }
  }
  void subtract(std::uint64_t bytes) { now_.fetch_sub(bytes, std::memory_order_relaxed); }

  [[nodiscard]] std::uint64_t now() const { return now_; }
  [[nodiscard]] std::uint64_t peak() const { return peak_; }

 private:
  std::atomic<std::uint64_t> now_ = 0;
  std::atomic<std::uint64_t> peak_ = 0;
};

/// What one thread saw.
struct Footprint {
  std::uint64_t peak_device = 0;  ///< Bytes of device memory, at most.
  double ratio_sum = 0;           ///< Device memory over live bytes at every 1024th step after the first tenth,
  std::uint64_t samples = 0;      ///< and how many of them.
};

/// c1, in one thread: allocates, and frees as much before as keeps this thread's live bytes at `target`. All is given
/// back at the end, before which `at_end` is called.
/// \param allocate of so many bytes; what it returns is given back by its destructor.
/// \param device_bytes the device memory that is allocated now.
template <class Allocate, class DeviceBytes, class AtEnd>
[[nodiscard]] Footprint run_footprint(SplitMix64 random, std::uint64_t steps, std::uint64_t target, LiveBytes& all_live,
                                      Allocate allocate, DeviceBytes device_bytes, AtEnd at_end) {
  std::vector<std::pair<decltype(allocate(std::uint64_t{})), std::uint32_t>> pieces;
  std::uint64_t live = 0;
  Footprint footprint;
  for (std::uint64_t step = 0; step < steps; ++step) {
    std::uint32_t const size = footprint_sizes.draw(random);
    while (live + size > target) {
      std::uint32_t const i = random.below(static_cast<std::uint32_t>(pieces.size()));
      live -= pieces[i].second;
      all_live.subtract(pieces[i].second);
      std::swap(pieces[i], pieces.back());
      pieces.pop_back();
    }
    pieces.emplace_back(allocate(size), size);
    live += size;
    all_live.add(size);
    std::uint64_t const device = device_bytes();
    footprint.peak_device = std::max(footprint.peak_device, device);
    if (step >= steps / 10 && step % 1024 == 0) {
      footprint.ratio_sum += static_cast<double>(device) / static_cast<double>(all_live.now());
      ++footprint.samples;
    }
  }
  at_end();
  return footprint;
}

}  // namespace ashlar::bench
