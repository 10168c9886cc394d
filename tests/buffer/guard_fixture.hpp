#pragma once

#include <ashlar/buffer/buffer.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "support/simulated_driver.hpp"

namespace ashlar::test {

/// A device with coherent memory and memory that is not; no driver is needed.
class GuardTest {
 protected:
  static constexpr std::uint64_t atom = 64;

  explicit GuardTest(std::uint64_t atom_size = atom) : driver{info(atom_size)} {}

  static constexpr AllocationCreateInfo coherent{.usage = MemoryUsage::Upload, .memory_type_bits = 1};
  static constexpr AllocationCreateInfo not_coherent{.usage = MemoryUsage::Upload, .memory_type_bits = 2};
  static constexpr AllocationCreateInfo not_visible{.usage = MemoryUsage::DeviceOnly, .memory_type_bits = 4};

  /// `count` ints, all 7.
  [[nodiscard]] Subbuffer<int[]> sevens(std::size_t count, AllocationCreateInfo const& memory) const {
    return Buffer::from_iter(allocator, {.usage = BufferUsage::StorageBuffer}, memory, std::vector<int>(count, 7));
  }

  /// An int as the device sees it.
  [[nodiscard]] int device_value(Subbuffer<int> const& element) const {
    MemoryAllocation const& allocation = element.buffer().allocation();
    std::string const bytes =
        driver.device_read(allocation.memory().handle(), allocation.offset() + element.offset(), sizeof(int));
    int value = 0;
    std::memcpy(&value, bytes.data(), sizeof(int));
    return value;
  }

  void device_write(Subbuffer<int> const& element, int value) {
    MemoryAllocation const& allocation = element.buffer().allocation();
    driver.device_write(allocation.memory().handle(), allocation.offset() + element.offset(),
                        {reinterpret_cast<char const*>(&value), sizeof(int)});
  }

  SimulatedDriver driver;
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};

 private:
  static Gpu info(std::uint64_t atom_size) {
    Gpu info;
    info.limits.non_coherent_atom_size = atom_size;
    MemoryProperties& memory = info.memory;
    memory.device_type = DeviceType::DiscreteGpu;
    memory.heap_count = 1;
    memory.heaps[0] = {.size = std::uint64_t{1} << 30, .flags = MemoryHeapFlag::DeviceLocal};
    memory.type_count = 3;
    memory.types[0].properties = MemoryProperty::HostVisible | MemoryProperty::HostCoherent;
    memory.types[1].properties = MemoryProperty::HostVisible | MemoryProperty::HostCached;
    memory.types[2].properties = MemoryProperty::DeviceLocal;
    return info;
  }
};

}  // namespace ashlar::test
