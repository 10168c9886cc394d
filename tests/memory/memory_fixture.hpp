#pragma once

#include <ashlar/error.hpp>
#include <ashlar/memory/memory_allocator.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>

#include <cstdint>
#include <initializer_list>

#include "memory/raw_resources.hpp"
#include "support/catch.hpp"
#include "support/simulated_driver.hpp"

namespace ashlar::test {

inline constexpr std::uint64_t kib = std::uint64_t{1} << 10U;
inline constexpr std::uint64_t mib = std::uint64_t{1} << 20U;
inline constexpr std::uint64_t gib = std::uint64_t{1} << 30U;

[[nodiscard]] MemoryProperties make_memory(DeviceType device_type, std::initializer_list<MemoryHeap> heaps,
                                           std::initializer_list<MemoryType> types);

/// A discrete GPU whose heap 0 is its own and heap 1 the host's. Each memory usage has a type that it likes best:
/// DeviceOnly 0, Upload and Staging 1 (coherent), Download 2 (cached, not coherent). Heap 1 is what is left to
/// DeviceOnly then, by type 1 before 2; to Upload and Staging type 2, to Download type 1.
[[nodiscard]] MemoryProperties discrete_memory(std::uint64_t own_size = 8 * gib, std::uint64_t host_size = 16 * gib);

/// The bit of a memory type.
[[nodiscard]] constexpr std::uint32_t type_bit(std::uint32_t type) noexcept { return std::uint32_t{1} << type; }

/// What the figures of all memory types add up to.
[[nodiscard]] MemoryTypeStatistics total(MemoryAllocator const& allocator);

/// Whether no resource has memory; blocks may be kept.
[[nodiscard]] bool nothing_allocated(MemoryAllocator const& allocator);

/// The exception of the type that `function` throws; the test fails if it throws none.
template <class Exception, class Function>
[[nodiscard]] Exception thrown_by(Function function) {
  try {
    static_cast<void>(function());
  } catch (Exception const& exception) {
    return exception;
  }
  FAIL("nothing was thrown");
  throw;
}

}  // namespace ashlar::test
