#include "failure_sweep/signature.hpp"

#include <algorithm>

#include "memory/memory_type_rules.hpp"

namespace ashlar::test {

namespace {

constexpr std::uint64_t small = 64;

/// The properties of the two types that a usage likes best: the second is what is left if the first fails.
std::string best_two_types(Gpu const& gpu, MemoryUsage usage) {
  std::string text;
  auto const order = MemoryTypeRules{gpu.memory, {.usage = usage, .size = small}}.order();
  for (std::size_t i = 0; i < std::min<std::size_t>(order.size(), 2); ++i) {
    text += " " + std::to_string(gpu.memory.types[order[i]].properties.mask());
  }
  return text + ";";
}

std::string position_in_run(std::vector<std::string> const& calls, std::size_t i) {
  if (i == 0 || calls[i - 1] != calls[i]) {
    return "first";
  }
  return i + 1 == calls.size() || calls[i + 1] != calls[i] ? "last" : "between";
}

}  // namespace

StepSignatures::StepSignatures(Gpu const& gpu, StepRecord const& record) : gpu_{gpu} {
  std::size_t run = 0;
  for (std::size_t i = 0; i < record.calls.size(); ++i) {
    std::string const position = position_in_run(record.described_calls, i);
    if (position == "first") {
      calls_ += record.described_calls[i] + ", ";
      ++run;
    }
    places_[record.calls[i]].push_back(std::to_string(run) + " " + position);
  }
  std::map<std::uint64_t, int> times;
  for (std::uint64_t const place : record.host_allocations) {
    host_places_.push_back(std::to_string(place) + " " + std::to_string(std::min(++times[place], 3)));
  }
}

std::string StepSignatures::of(Injection const& injection) const {
  if (injection.of_host_memory()) {
    return "new " + host_places_.at(injection.nth - 1) + " in " + calls_;
  }
  return injection.function + " " + std::to_string(injection.result) + " " + std::to_string(injection.elements) + " " +
         places_.at(injection.function).at(injection.nth - 1) + looked_at_by(injection.function) + " in " + calls_;
}

std::string StepSignatures::looked_at_by(std::string const& function) const {
  if (function == "vkAllocateMemory" || function == "vkMapMemory") {
    std::string types = has_small_heap(gpu_.memory) ? " small heap" : "";
    for (MemoryUsage const usage : all_usages) {
      types += best_two_types(gpu_, usage);
    }
    return types;
  }
  bool const moves_atoms = function == "vkFlushMappedMemoryRanges" || function == "vkInvalidateMappedMemoryRanges";
  return moves_atoms ? " atoms of " + std::to_string(gpu_.limits.non_coherent_atom_size) : "";
}

}  // namespace ashlar::test
