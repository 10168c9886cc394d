#pragma once

#include <map>
#include <string>
#include <vector>

#include "failure_sweep/chapter_run.hpp"

namespace ashlar::test {

/// What tells the failures of a step apart, on one GPU as on another: those of equal signature meet the same code in
/// the same state, as far as can be seen from outside, so that one of them is enough.
///
/// That of a Vulkan call is its result, where it stands among the calls of the step, and what else ashlar looks at
/// then. Equal calls in a row, such as for smaller and smaller blocks, have three: the first, the last, and one that
/// all between share. That of an allocation of host memory is its call stack, and whether it is the first or second
/// from there, or the third or a later one, which share theirs.
class StepSignatures {
 public:
  StepSignatures(Gpu const& gpu, StepRecord const& record);

  [[nodiscard]] std::string of(Injection const& injection) const;

 private:
  [[nodiscard]] std::string looked_at_by(std::string const& function) const;

  Gpu const& gpu_;
  std::string calls_;                                       ///< All of them, equal ones in a row as one.
  std::map<std::string, std::vector<std::string>> places_;  ///< Of each function's calls.
  std::vector<std::string> host_places_;
};

}  // namespace ashlar::test
