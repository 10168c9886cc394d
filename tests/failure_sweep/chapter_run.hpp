#pragma once

#include <string>
#include <vector>

#include "failure_sweep/script.hpp"

namespace ashlar::test {

/// What a step did where nothing failed.
struct StepRecord {
  std::vector<std::string> calls{};  ///< Of Vulkan, in their order.
  /// The same, of vkAllocateMemory with the properties of the memory type and the result.
  std::vector<std::string> described_calls{};
  std::vector<std::uint64_t> host_allocations{};  ///< Hashes of the places that they come from.
  Figures figures{};                              ///< After it.
};

/// One run of a chapter on a fresh driver: without a failure, or with some from a step on.
class ChapterRun {
 public:
  ChapterRun(Chapter const& chapter, Gpu const& gpu);

  /// Throws Mismatch if anything is not as it must be, here and below.
  [[nodiscard]] std::vector<StepRecord> record();

  /// Lets the failures come from the step of that index on. After each the step has failed or succeeded as it must, has
  /// changed nothing if it failed, and is repeated until it succeeds; what follows succeeds, too.
  void inject(std::size_t first, std::vector<Injection> const& injections, std::vector<StepRecord> const& clean);

  /// The calls of the first step with failures, of its repetitions, and of the step after it.
  [[nodiscard]] std::vector<std::string> const& calls() const noexcept { return calls_; }

  /// Whether a failure was the loss of the stage's device, which ends the run.
  [[nodiscard]] bool has_lost_device() const noexcept { return lost_; }

 private:
  void run_step(Stage& stage, Step const& step, StepRecord const& clean);
  void note_calls(Driver const& driver, std::size_t begin);
  [[nodiscard]] Outcome attempt(Stage& stage, Step const& step);
  void finish(std::unique_ptr<Stage> stage, Driver& driver);

  Chapter const& chapter_;
  Gpu gpu_;
  std::vector<Injection> pending_;
  std::vector<std::string> calls_;
  bool lost_ = false;
};

}  // namespace ashlar::test
