#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>

#include "failure_sweep/injection.hpp"

namespace ashlar::test {

/// Which failures were injected, and which were left out because their like was injected before.
class Coverage {
 public:
  /// \param all whether nothing is left out.
  explicit Coverage(bool all) : all_{all} {}

  /// Whether the injection is to run: whether none of this signature did. Counts it either way.
  [[nodiscard]] bool take(Injection const& injection, std::string const& signature);

  /// A table of both by function and result.
  [[nodiscard]] std::string table() const;

 private:
  struct Counts {
    std::uint64_t injected = 0;
    std::uint64_t left = 0;
  };

  bool all_;
  std::unordered_set<std::string> signatures_;
  std::map<std::string, Counts> counts_;  ///< By function and result.
};

}  // namespace ashlar::test
