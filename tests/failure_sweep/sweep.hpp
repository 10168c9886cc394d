#pragma once

#include <string>
#include <vector>

#include "failure_sweep/chapter_run.hpp"
#include "failure_sweep/coverage.hpp"
#include "failure_sweep/vulkan_registry.hpp"

namespace ashlar::test {

struct SweepOptions {
  bool all = false;    ///< Also what is like an injection before.
  bool pairs = false;  ///< Also a second failure in what follows each.
  std::string only;    ///< The point, as it is printed where it fails; empty: every one.
};

/// The failures of the whole script, one after the other, on one GPU after the other.
class Sweep {
 public:
  explicit Sweep(SweepOptions options);

  /// `mode` says what was changed of the GPU.
  void run(Gpu const& gpu, std::string const& mode);

  [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }
  [[nodiscard]] std::uint64_t points() const noexcept { return points_; }
  [[nodiscard]] Coverage const& coverage() const noexcept { return coverage_; }

 private:
  void run_chapter(Chapter const& chapter);
  void run_step(Chapter const& chapter, std::size_t step, std::vector<StepRecord> const& clean);
  void run_point(Chapter const& chapter, std::size_t step, std::vector<Injection> const& injections,
                 std::vector<StepRecord> const& clean);
  void run_pairs(Chapter const& chapter, std::size_t step, Injection const& first,
                 std::vector<StepRecord> const& clean);
  [[nodiscard]] std::vector<Injection> injections_of(std::vector<std::string> const& calls) const;
  void report(std::string const& point, char const* problem);

  SweepOptions options_;
  VulkanRegistry registry_;
  Coverage coverage_;
  Gpu gpu_;
  std::string mode_;
  std::uint64_t points_ = 0;
  std::uint64_t failures_ = 0;
};

}  // namespace ashlar::test
