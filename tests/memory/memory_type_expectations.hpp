#pragma once

#include <cstdint>
#include <vector>

namespace ashlar::test {

/// The memory types that a request should get, best first, and why.
struct ExpectedOrder {
  std::vector<std::uint32_t> types;
  char const* reason;
};

/// What a small buffer on an otherwise empty GPU should get: 64 KiB, any type, no filter.
struct MemoryTypeExpectation {
  char const* gpu;  ///< GpuProfile::name.
  bool unified;
  std::vector<std::uint32_t> small_heaps;
  ExpectedOrder device_only;
  ExpectedOrder upload;
  ExpectedOrder download;
  ExpectedOrder staging;
};

/// One for each of the project's GPU profiles, reasoned from the rules of `rank_memory_types`.
[[nodiscard]] std::vector<MemoryTypeExpectation> const& memory_type_expectations();

}  // namespace ashlar::test
