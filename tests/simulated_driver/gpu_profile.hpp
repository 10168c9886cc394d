#pragma once

#include <ashlar/device/memory_properties.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulated_driver/export.hpp"

namespace ashlar::simulated {

/// The members of VkPhysicalDeviceLimits that memory depends on.
struct GpuLimits {
  std::uint64_t non_coherent_atom_size = 0;
  std::uint64_t buffer_image_granularity = 0;
  std::uint32_t max_memory_allocation_count = 0;
  std::uint64_t min_memory_map_alignment = 0;
  std::optional<std::uint64_t> max_memory_allocation_size;  ///< Vulkan 1.1 and later.
};

/// What a real GPU says of its memory.
struct ASHLAR_SIM_API GpuProfile {
  std::string name;
  std::string source;  ///< Where the figures come from.
  MemoryProperties memory;
  GpuLimits limits;
  std::vector<std::string> classes;  ///< What is particular about it, such as "small_bar".

  [[nodiscard]] bool is_a(std::string_view class_name) const;
};

/// Reads profiles from JSON text: an array of objects, as in tests/profiles/gpu_memory_profiles.json. Members that it
/// does not know are ignored; "source" and "class" may be absent.
/// \throws std::runtime_error that names the entry and the field, as in "Apple M2: types[2].flags[0]: …".
[[nodiscard]] ASHLAR_SIM_API std::vector<GpuProfile> parse_gpu_profiles(std::string_view json);

/// The profiles of a file.
/// \throws std::runtime_error that begins with the file's name.
[[nodiscard]] ASHLAR_SIM_API std::vector<GpuProfile> load_gpu_profiles(std::string const& path);

/// The profiles of the project's own file, read once.
/// \throws std::runtime_error if the file is absent or malformed.
[[nodiscard]] ASHLAR_SIM_API std::vector<GpuProfile> const& gpu_profiles();

/// The one of `gpu_profiles()` whose name starts so.
/// \throws std::runtime_error unless there is exactly one.
[[nodiscard]] ASHLAR_SIM_API GpuProfile const& gpu_profile(std::string_view name_start);

}  // namespace ashlar::simulated
