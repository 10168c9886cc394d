#pragma once

#include <ashlar/device/memory_properties.hpp>

#include <algorithm>
#include <cstdint>

#include "fuzzing/input.hpp"
#include "simulated_driver/gpu.hpp"
#include "simulated_driver/gpu_profile.hpp"

namespace ashlar::fuzzing {

/// Heaps and memory types of any kind, small or large, whether a driver could have them or not.
inline MemoryProperties any_memory(Input& input) {
  constexpr std::uint64_t sizes[] = {1 << 20, 4096, 1 << 16, 1 << 24, 1 << 30, std::uint64_t{1} << 34};
  constexpr std::uint32_t special[] = {0, 0x10, 0x20, 0x40, 0x80, 0x100};
  MemoryProperties memory;
  memory.device_type = static_cast<DeviceType>(input.below(5));
  memory.heap_count = 1 + input.below(4);
  for (std::uint32_t heap = 0; heap < memory.heap_count; ++heap) {
    memory.heaps[heap] = {input.pick(sizes), Flags<MemoryHeapFlag>::from_mask(input.below(2))};
  }
  memory.type_count = 1 + input.below(8);
  for (std::uint32_t type = 0; type < memory.type_count; ++type) {
    std::uint32_t flags = input.below(16);
    flags |= input.one_in(8) ? input.pick(special) : 0;
    if ((flags & 0x2) == 0) {
      flags &= ~std::uint32_t{0xC};  // Neither coherent nor cached is what the host cannot see.
    }
    memory.types[type] = {MemoryPropertyFlags::from_mask(flags), input.below(memory.heap_count)};
  }
  return memory;
}

inline simulated::ResourceRequirements any_requirements(Input& input, bool may_pad) {
  constexpr VkDeviceSize alignments[] = {16, 1, 64, 256, 4096, 65536};
  constexpr VkDeviceSize paddings[] = {0, 1, 48, 5000};
  constexpr VkDeviceSize dedicated_from[] = {~VkDeviceSize{0}, 1, 2000, 1 << 20};
  return {.alignment = input.pick(alignments),
          .padding = may_pad ? input.pick(paddings) : 0,
          .memory_type_bits = input.one_in(4) ? static_cast<std::uint32_t>(input.number(32)) : ~std::uint32_t{0},
          .prefers_dedicated_from = input.pick(dedicated_from),
          .requires_dedicated = input.one_in(8)};
}

/// A real GPU or any other, with limits, features and queues to choose.
inline simulated::Gpu any_gpu(Input& input) {
  auto const& profiles = simulated::gpu_profiles();
  std::size_t const profile = input.below(2 * profiles.size());
  simulated::Gpu gpu;
  if (profile < profiles.size()) {
    gpu = simulated::Gpu{profiles[profile]};
  } else {
    constexpr std::uint64_t units[] = {64, 1, 4, 16, 256, 1024, 4096, 65536};
    constexpr std::uint32_t counts[] = {4096, 1, 2, 5, 20};
    gpu.memory = any_memory(input);
    gpu.limits.non_coherent_atom_size = input.pick(units);
    gpu.limits.buffer_image_granularity = input.pick(units);
    gpu.limits.max_memory_allocation_count = input.pick(counts);
  }
  if (input.one_in(2)) {
    gpu.make_non_coherent();
    auto const is_small = [](MemoryHeap const& heap) { return heap.size <= 1 << 16; };
    if (std::all_of(gpu.memory.heaps, gpu.memory.heaps + gpu.memory.heap_count, is_small)) {
      gpu.write_back_seed = input.byte();  // It looks at all bytes whenever any are flushed.
    }
  }
  if (input.one_in(4)) {
    constexpr char const* features[] = {"maintenance4",        "bufferDeviceAddress",   "timelineSemaphore",
                                        "synchronization2",    "memoryPriority",        "VK_EXT_memory_budget",
                                        "VK_KHR_maintenance4", "VK_EXT_memory_priority"};
    gpu.hidden.insert(input.pick(features));
    gpu.hidden.insert(input.pick(features));
  }
  if (input.one_in(4)) {
    gpu.api_version = input.one_in(2) ? VK_API_VERSION_1_1 : VK_API_VERSION_1_2;
  }
  gpu.buffers = any_requirements(input, !gpu.has_feature("maintenance4"));  // It forbids to pad buffers.
  gpu.images = any_requirements(input, true);
  gpu.queue_families.resize(1 + input.below(gpu.queue_families.size()));
  return gpu;
}

}  // namespace ashlar::fuzzing
