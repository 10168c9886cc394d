#pragma once

#include <ashlar/suballocator/suballocator.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "benchmarks/workload.hpp"

namespace ashlar::bench {

/// The command line is wrong: exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class DriverChoice : std::uint8_t {
  Loader,     ///< The best device of the Vulkan loader, or the one that ASHLAR_DEVICE names.
  Simulated,  ///< The simulated driver, in this process.
  NoOp,       ///< The same, but what only buffers need does nothing: what is left is the library's own.
};

/// What a case is told; each has defaults of its own, and ignores what it has no use for.
struct Options {
  std::uint32_t live = 10'000;  ///< Allocations that live at the same time, for each thread.
  std::uint64_t ops = 100'000;  ///< Pairs of a free and an allocation, for each thread and pass.
  std::uint32_t passes = 1;     ///< Over the same operations; of several the first is not timed.
  SizeRange sizes{};            ///< `--sizes` and `--hi`.
  std::uint32_t threads = 1;
  std::uint32_t remote = 0;  ///< One in so many frees is done by the next thread; 0: none.
  std::optional<std::uint64_t> seed{};
  SuballocationStrategy strategy = SuballocationStrategy::Default;
  std::uint64_t granule = 256;
  std::uint64_t granularity = 1;  ///< Above the granule each allocation is linear or optimal at random.
  DriverChoice driver = DriverChoice::Loader;
  std::string gpu = "NVIDIA H100";  ///< Of the simulated driver: a part of its name.
  double fill = 0.9;                ///< Of c3.
  std::uint64_t bytes = 4096;       ///< Of one transfer.

  [[nodiscard]] bool mixes_tilings() const noexcept { return granularity > granule; }
};

/// What `--help` says of the options.
extern char const* const options_text;

/// Reads `--name value` pairs over the defaults.
/// \throws UsageError
[[nodiscard]] Options parse_options(Options defaults, std::vector<std::string> const& arguments);

}  // namespace ashlar::bench
