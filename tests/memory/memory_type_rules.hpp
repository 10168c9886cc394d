#pragma once

#include <ashlar/memory/memory_type.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::test {

/// The rules for choosing a memory type, stated once more, for the tests to measure `rank_memory_types` by: one
/// criterion after another says which of two types is better, and why.
class MemoryTypeRules {
 public:
  MemoryTypeRules(MemoryProperties const& memory, MemoryTypeRequest const& request);

  /// The types that the request may use, best first.
  [[nodiscard]] std::vector<std::uint32_t> order() const;

  /// Why `a` comes before `b`, in words; empty if it does not. Both are types that the request may use.
  [[nodiscard]] std::string why(std::uint32_t a, std::uint32_t b) const;

 private:
  /// By how much a type falls short of a criterion; less is better.
  struct Criterion {
    std::string better;  ///< What is said of the better type.
    std::vector<std::uint64_t> shortfall;
  };

  void add(std::string better, auto const& shortfall);
  void add_filter();
  void add_small_heaps();
  void add_usage();
  void add_ties();

  [[nodiscard]] std::vector<std::uint32_t> find_candidates() const;
  [[nodiscard]] MemoryPropertyFlags own(std::uint32_t type) const;
  [[nodiscard]] std::uint64_t heap_size(std::uint32_t type) const;
  [[nodiscard]] bool counts_as_device_local(std::uint32_t type) const;
  [[nodiscard]] bool has_largest_heap(std::uint32_t type) const;

  MemoryProperties const memory_;
  MemoryTypeRequest const request_;
  bool unified_;
  bool carve_out_;
  std::vector<std::uint32_t> candidates_;
  std::vector<Criterion> criteria_;
};

/// The rule's own reading of the memory.
[[nodiscard]] bool rules_call_unified(MemoryProperties const& memory);
[[nodiscard]] bool rules_call_small(MemoryProperties const& memory, std::uint32_t heap);

/// "DEVICE_LOCAL HOST_VISIBLE", or "no flags".
[[nodiscard]] std::string to_words(MemoryPropertyFlags properties);

[[nodiscard]] std::string_view to_words(MemoryUsage usage);

inline constexpr MemoryUsage all_usages[] = {MemoryUsage::DeviceOnly, MemoryUsage::Upload, MemoryUsage::Download,
                                             MemoryUsage::Staging};

}  // namespace ashlar::test
