#include "memory/memory_fixture.hpp"

#include <algorithm>

namespace ashlar::test {

MemoryProperties make_memory(DeviceType device_type, std::initializer_list<MemoryHeap> heaps,
                             std::initializer_list<MemoryType> types) {
  MemoryProperties memory;
  memory.device_type = device_type;
  memory.heap_count = static_cast<std::uint32_t>(heaps.size());
  memory.type_count = static_cast<std::uint32_t>(types.size());
  std::copy(heaps.begin(), heaps.end(), memory.heaps);
  std::copy(types.begin(), types.end(), memory.types);
  return memory;
}

MemoryProperties discrete_memory(std::uint64_t own_size, std::uint64_t host_size) {
  using enum MemoryProperty;
  return make_memory(DeviceType::DiscreteGpu, {{own_size, MemoryHeapFlag::DeviceLocal}, {host_size, {}}},
                     {{DeviceLocal, 0}, {HostVisible | HostCoherent, 1}, {HostVisible | HostCached, 1}});
}

MemoryTypeStatistics total(MemoryAllocator const& allocator) {
  MemoryStatistics const statistics = allocator.statistics();
  MemoryTypeStatistics sum;
  for (std::uint32_t type = 0; type < statistics.type_count; ++type) {
    MemoryTypeStatistics const& of_type = statistics.types[type];
    sum.block_count += of_type.block_count;
    sum.block_bytes += of_type.block_bytes;
    sum.suballocation_count += of_type.suballocation_count;
    sum.suballocation_bytes += of_type.suballocation_bytes;
    sum.dedicated_count += of_type.dedicated_count;
    sum.dedicated_bytes += of_type.dedicated_bytes;
  }
  return sum;
}

bool nothing_allocated(MemoryAllocator const& allocator) {
  MemoryTypeStatistics const sum = total(allocator);
  return sum.suballocation_count == 0 && sum.suballocation_bytes == 0 && sum.dedicated_count == 0 &&
         sum.dedicated_bytes == 0;
}

}  // namespace ashlar::test
