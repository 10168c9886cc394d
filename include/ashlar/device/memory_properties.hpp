#pragma once

#include <ashlar/flags.hpp>

#include <cstdint>

namespace ashlar {

/// VkPhysicalDeviceType.
enum class DeviceType : std::uint8_t { Other = 0, IntegratedGpu = 1, DiscreteGpu = 2, VirtualGpu = 3, Cpu = 4 };

/// VkMemoryPropertyFlagBits.
enum class MemoryProperty : std::uint32_t {
  DeviceLocal = 0x1,
  HostVisible = 0x2,
  HostCoherent = 0x4,
  HostCached = 0x8,
  LazilyAllocated = 0x10,
  Protected = 0x20,
  DeviceCoherentAmd = 0x40,
  DeviceUncachedAmd = 0x80,
  RdmaCapableNv = 0x100,
};
template <>
inline constexpr bool enable_flags<MemoryProperty> = true;
using MemoryPropertyFlags = Flags<MemoryProperty>;

/// VkMemoryHeapFlagBits.
enum class MemoryHeapFlag : std::uint32_t {
  DeviceLocal = 0x1,
  MultiInstance = 0x2,
};
template <>
inline constexpr bool enable_flags<MemoryHeapFlag> = true;

/// A store of memory: the GPU's own, the host's, or a window into one of them.
struct MemoryHeap {
  std::uint64_t size = 0;  ///< Bytes.
  Flags<MemoryHeapFlag> flags{};
};

/// A way to use a heap.
struct MemoryType {
  MemoryPropertyFlags properties{};
  std::uint32_t heap = 0;  ///< Index of the heap.
};

inline constexpr std::uint32_t max_memory_heaps = 16;  ///< VK_MAX_MEMORY_HEAPS.
inline constexpr std::uint32_t max_memory_types = 32;  ///< VK_MAX_MEMORY_TYPES.

/// The memory of one physical device: VkPhysicalDeviceMemoryProperties, and what kind of device it is.
struct MemoryProperties {
  DeviceType device_type = DeviceType::Other;
  std::uint32_t heap_count = 0;
  std::uint32_t type_count = 0;
  MemoryHeap heaps[max_memory_heaps];
  MemoryType types[max_memory_types];
};

}  // namespace ashlar
