#pragma once

#include <ashlar/device/memory_properties.hpp>

#include <cstdint>

namespace ashlar {

/// What an allocator holds of one memory type. Bytes and counts of one moment.
struct MemoryTypeStatistics {
  std::uint64_t block_count = 0;
  std::uint64_t block_bytes = 0;
  std::uint64_t suballocation_count = 0;
  std::uint64_t suballocation_bytes = 0;
  std::uint64_t dedicated_count = 0;
  std::uint64_t dedicated_bytes = 0;
};

/// What is known of one heap. Bytes.
struct MemoryHeapStatistics {
  std::uint64_t size = 0;
  std::uint64_t device_use = 0;   ///< Allocated by all of ashlar on this device.
  std::uint64_t process_use = 0;  ///< Of the whole process, by VK_EXT_memory_budget; `device_use` where that is off.
  std::uint64_t budget = 0;       ///< What the driver advises for the process; four fifths of `size` where that is off.
};

struct MemoryStatistics {
  std::uint32_t type_count = 0;
  std::uint32_t heap_count = 0;
  MemoryTypeStatistics types[max_memory_types];
  MemoryHeapStatistics heaps[max_memory_heaps];

  std::uint64_t allocation_count = 0;      ///< VkDeviceMemory objects of the device, its owner's included.
  std::uint64_t max_allocation_count = 0;  ///< maxMemoryAllocationCount.
};

}  // namespace ashlar
