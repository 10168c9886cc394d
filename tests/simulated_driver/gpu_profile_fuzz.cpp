#include "simulated_driver/gpu_profile.hpp"

#include <ashlar/device/device.hpp>
#include <ashlar/memory/memory_type.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fuzzing/require.hpp"
#include "memory/memory_type_rules.hpp"
#include "simulated_driver/driver.hpp"
#include "simulated_driver/icd.hpp"
#include "suballocator/split_mix_64.hpp"

// Any bytes as a file of profiles: they are refused with a reason, or make GPUs that the driver and the library can
// work with.

namespace ashlar::test {
namespace {

using fuzzing::require;

void check_memory(MemoryProperties const& memory) {
  require(memory.heap_count >= 1 && memory.heap_count <= max_memory_heaps, "the number of heaps is Vulkan's");
  require(memory.type_count >= 1 && memory.type_count <= max_memory_types, "the number of memory types is Vulkan's");
  for (std::uint32_t type = 0; type < memory.type_count; ++type) {
    require(memory.types[type].heap < memory.heap_count, "a memory type has a heap");
  }
}

void check_limits(simulated::GpuLimits const& limits) {
  for (std::uint64_t const unit :
       {limits.non_coherent_atom_size, limits.buffer_image_granularity, limits.min_memory_map_alignment}) {
    require(std::has_single_bit(unit), "a unit is a power of two");
  }
  require(limits.max_memory_allocation_count != 0, "there is an allocation");
  require(limits.max_memory_allocation_size != 0, "an allocation has a byte");
}

/// Where the rules of small heaps change their answer: a size, or one byte beside it.
std::uint64_t near(std::uint64_t size, SplitMix64& random) {
  return std::max<std::uint64_t>(size, 1) + random.below(3) - 1;
}

/// The same with some heaps of sizes that the rules distinguish.
MemoryProperties with_heaps_near_limits(MemoryProperties memory, SplitMix64& random) {
  constexpr std::uint64_t small = std::uint64_t{512} << 20U;
  for (std::uint32_t heap = 0; heap < memory.heap_count; ++heap) {
    std::uint64_t const sizes[] = {memory.heaps[heap].size, memory.heaps[0].size, memory.heaps[0].size / 4, small,
                                   4 * small};
    memory.heaps[heap].size = near(sizes[random.below(5)], random);
  }
  return memory;
}

MemoryTypeRequest any_request(MemoryProperties const& memory, SplitMix64& random) {
  auto const any_flags = [&] {
    return MemoryPropertyFlags::from_mask(static_cast<std::uint32_t>(random.next() & 0xF));
  };
  std::uint64_t const heap_size = memory.heaps[random.below(memory.heap_count)].size;
  MemoryTypeRequest request{.usage = all_usages[random.below(4)], .size = near(heap_size / 16, random)};
  if (random.below(2) == 0) {
    request.filter = {.required = any_flags(), .preferred = any_flags(), .not_preferred = any_flags()};
    request.resource_type_bits = static_cast<std::uint32_t>(random.next());
    request.user_type_bits = static_cast<std::uint32_t>(random.next());
  }
  for (std::uint32_t heap = 0; heap < memory.heap_count; ++heap) {
    std::uint64_t const size = memory.heaps[heap].size;
    std::uint64_t const uses[] = {0, near(size / 2 - std::min(size / 2, request.size), random), size};
    request.heap_use[heap] = uses[random.below(3)];
  }
  return request;
}

void check_ranking(MemoryProperties const& memory, SplitMix64& random) {
  for (int count = 0; count != 16; ++count) {
    MemoryProperties const varied = count < 4 ? memory : with_heaps_near_limits(memory, random);
    MemoryTypeRequest const request = any_request(varied, random);
    MemoryTypeRanking const ranking = rank_memory_types(varied, request);
    require(std::vector<std::uint32_t>(ranking.begin(), ranking.end()) == MemoryTypeRules{varied, request}.order(),
            "the library ranks the memory types as the rules do");
  }
}

/// A device can be made of it.
void check_device(simulated::GpuProfile const& profile) {
  simulated::Driver driver{{simulated::Gpu{profile}}};
  {
    auto const instance = Instance::create({.get_instance_proc_addr = simulated::get_instance_proc_addr});
    auto const device = Device::create({.physical_device = instance.physical_devices()[0]});
    require(device.physical_device().memory().type_count == profile.memory.type_count, "the device has the types");
  }
  require(driver.live_objects() == 0, "nothing lives");
  require(driver.take_violations().empty(), "Vulkan is used rightly");
}

void check(std::vector<simulated::GpuProfile> const& profiles, SplitMix64 random) {
  require(!profiles.empty(), "there are profiles");
  std::set<std::string> names;
  for (simulated::GpuProfile const& profile : profiles) {
    require(!profile.name.empty() && names.insert(profile.name).second, "names are there, and differ");
    check_memory(profile.memory);
    check_limits(profile.limits);
    check_ranking(profile.memory, random);
  }
  check_device(profiles[0]);
}

/// FNV-1a: with every standard library the same.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (char const letter : text) {
    value = (value ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
  }
  return value;
}

void run(std::string_view text) {
  std::vector<simulated::GpuProfile> profiles;
  try {
    profiles = simulated::parse_gpu_profiles(text);
  } catch (std::runtime_error const& error) {
    require(std::string_view{error.what()}.find(": ") != std::string_view::npos, "the reason says where and what");
    return;
  }
  check(profiles, SplitMix64{hash(text)});
}

}  // namespace
}  // namespace ashlar::test

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  ashlar::test::run({reinterpret_cast<char const*>(data), size});
  return 0;
}
