#pragma once

#include <ashlar/buffer/buffer.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "support/simulated_driver.hpp"

namespace ashlar::test {

/// A GPU, and a memory type of it for each kind of memory that guards tell apart.
struct GuardMemory {
  Gpu gpu;
  std::uint32_t host_visible = 0;
  std::uint32_t coherent = 0;
  std::uint32_t not_coherent = 0;
  std::uint32_t not_visible = 0;

  /// Of `this_gpu()`, or another: the type that it gives to uploads, and its own type of each other kind. What it lacks
  /// is added to a copy of it: a memory type (instead of one that is not needed, if there are as many as there may be),
  /// in its largest heap, which is enlarged if it is too small for a few atoms; and allocations, if it allows a handful
  /// only.
  explicit GuardMemory(std::optional<std::uint64_t> atom_size, Gpu const& this_one = this_gpu());
};

/// A device of `GuardMemory`'s GPU.
class GuardTest {
 protected:
  explicit GuardTest(std::optional<std::uint64_t> atom_size = {}, Gpu const& gpu = this_gpu())
      : memory_{atom_size, gpu} {}

  /// `count` ints, all 7.
  [[nodiscard]] Subbuffer<int[]> sevens(std::size_t count, AllocationCreateInfo const& memory) const {
    return Buffer::from_iter(allocator, {.usage = BufferUsage::StorageBuffer}, memory, std::vector<int>(count, 7));
  }

  /// An int as the device sees it.
  [[nodiscard]] int device_value(Subbuffer<int> const& element) const;
  void device_write(Subbuffer<int> const& element, int value);

  /// The atoms in which the element lies.
  [[nodiscard]] RecordedRange atoms_of(Subbuffer<int> const& element) const;

 private:
  static AllocationCreateInfo upload_to(std::uint32_t type) {
    return {.usage = MemoryUsage::Upload, .memory_type_bits = std::uint32_t{1} << type};
  }

  GuardMemory const memory_;

 protected:
  /// Of the kind that the GPU gives to uploads, coherent or not.
  AllocationCreateInfo const host_visible = upload_to(memory_.host_visible);
  AllocationCreateInfo const coherent = upload_to(memory_.coherent);
  AllocationCreateInfo const not_coherent = upload_to(memory_.not_coherent);
  AllocationCreateInfo const not_visible{.usage = MemoryUsage::DeviceOnly,
                                         .memory_type_bits = std::uint32_t{1} << memory_.not_visible};

  std::uint64_t const atom = memory_.gpu.limits.non_coherent_atom_size;
  std::uint64_t const ints_per_atom = atom > sizeof(int) ? atom / sizeof(int) : 1;

  /// Whether what the host writes reaches the device only when it is flushed.
  bool const only_flushes = !memory_.gpu.write_back_seed;

  SimulatedDriver driver{memory_.gpu};
  Device const device = driver.create_device();
  /// Of small blocks: the driver that writes back early searches all that is mapped.
  StandardMemoryAllocator const allocator{device, {.min_block_size = 16 * 1024}};
};

}  // namespace ashlar::test
