#pragma once

#include <ashlar/memory/standard_memory_allocator.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "memory/memory_fixture.hpp"
#include "memory/memory_type_rules.hpp"
#include "support/simulated_driver.hpp"

namespace ashlar::test {

/// The memory types that any buffer may lie in and any device may use: those that are not special.
[[nodiscard]] std::vector<std::uint32_t> ordinary_types(MemoryPropertyFlags with = {});

[[nodiscard]] MemoryType const& type_of_this_gpu(std::uint32_t type);
[[nodiscard]] bool is_host_visible(std::uint32_t type);
[[nodiscard]] bool needs_flush(std::uint32_t type);

/// Bytes of the type's heap.
[[nodiscard]] std::uint64_t heap_size(std::uint32_t type);

/// The largest VkDeviceMemory that there can be of the type.
[[nodiscard]] std::uint64_t most_at_once(std::uint32_t type);

/// What the rules choose on this GPU, best first: all types, and those of them that can hold the size.
[[nodiscard]] std::vector<std::uint32_t> order_by_rules(MemoryUsage usage, std::uint64_t size);
[[nodiscard]] std::vector<std::uint32_t> types_that_hold(MemoryUsage usage, std::uint64_t size);

/// Bytes that are whole atoms, and whole of what blocks are divided into.
[[nodiscard]] std::uint64_t piece_size();

/// Blocks that two pieces of `piece_size()` fill.
[[nodiscard]] MemoryAllocatorCreateInfo blocks_of_two_pieces();

/// Ordinary types of heaps that have room for some such blocks of each type.
[[nodiscard]] std::vector<std::uint32_t> types_with_blocks(MemoryPropertyFlags with = {});

/// `this_gpu()` with no fewer than `at_least` allocations, and no more than `at_most`.
[[nodiscard]] Gpu this_gpu_with_allocations(std::uint32_t at_least, std::uint32_t at_most = ~std::uint32_t{0});

/// A device of this GPU.
class ThisGpuTest {
 protected:
  explicit ThisGpuTest(Gpu const& gpu = this_gpu()) : driver{gpu} {}

  /// Lets other processes have all of a heap that is not in use.
  void occupy_rest(std::uint32_t heap);
  void occupy_rest_of_all();
  void vacate_all();

  /// Bytes that ashlar has of all heaps.
  [[nodiscard]] std::uint64_t use_of_all_heaps() const;

  SimulatedDriver driver;
  Device const device = driver.create_device();
};

/// Writes to all of the allocation, on the host where it can, else on the device; and whether the device still has it.
void stamp(SimulatedDriver& driver, MemoryAllocation const& allocation, std::uint64_t number);
[[nodiscard]] bool has_stamp(SimulatedDriver const& driver, MemoryAllocation const& allocation, std::uint64_t number);

}  // namespace ashlar::test
