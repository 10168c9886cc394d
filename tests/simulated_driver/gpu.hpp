#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "device/vulkan.hpp"
#include "simulated_driver/export.hpp"
#include "simulated_driver/gpu_profile.hpp"

namespace ashlar::simulated {

struct QueueFamily {
  VkQueueFlags flags = 0;
  std::uint32_t queue_count = 1;

  [[nodiscard]] friend bool operator==(QueueFamily const&, QueueFamily const&) = default;
};

/// What the driver says that buffers, or images, need of memory.
struct ResourceRequirements {
  VkDeviceSize alignment = 16;
  VkDeviceSize padding = 0;  ///< Bytes beyond those of the resource, before the sum is rounded up to the alignment.
  std::uint32_t memory_type_bits = ~std::uint32_t{0};      ///< Of the types that the GPU allows for the resource.
  VkDeviceSize prefers_dedicated_from = ~VkDeviceSize{0};  ///< Bytes of the resource.
  bool requires_dedicated = false;
};

/// A GPU that the driver simulates: a profile, and what the profile's format does not say.
struct ASHLAR_SIM_API Gpu {
  Gpu() = default;
  explicit Gpu(GpuProfile const& profile) : name{profile.name}, memory{profile.memory}, limits{profile.limits} {}

  std::string name = "Simulated GPU";
  MemoryProperties memory;
  GpuLimits limits{.non_coherent_atom_size = 64,
                   .buffer_image_granularity = 1,
                   .max_memory_allocation_count = 4096,
                   .min_memory_map_alignment = 64,
                   .max_memory_allocation_size = {}};
  std::uint32_t api_version = VK_API_VERSION_1_3;

  /// Features and extensions, by Vulkan's names, that the GPU does not offer. Without a feature the extension that is
  /// there for it is gone, too; without an extension its feature, unless the version has that.
  std::set<std::string, std::less<>> hidden;

  /// As on many GPUs: a queue for everything, two for compute and two that only copy.
  std::vector<QueueFamily> queue_families{{VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT, 1},
                                          {VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT, 2},
                                          {VK_QUEUE_TRANSFER_BIT, 2}};

  ResourceRequirements buffers;
  ResourceRequirements images{.alignment = 256};

  /// With a seed: the host's copy of memory that is not coherent reaches the device's early, as a processor may write
  /// a cache line back at any time. Which dirty atoms, and when, is pseudo-random.
  std::optional<std::uint64_t> write_back_seed;

  /// The profile's, or the least of 4 GiB and the largest heap.
  [[nodiscard]] VkDeviceSize max_memory_allocation_size() const;
  /// The least of 4 GiB and the largest heap.
  [[nodiscard]] VkDeviceSize max_buffer_size() const;

  /// Whether it has the feature, by the name of its member in Vulkan's structs, as in "timelineSemaphore".
  [[nodiscard]] bool has_feature(std::string_view feature) const;
  /// The device extensions that it offers.
  [[nodiscard]] std::vector<std::string> extensions() const;

  /// The handle types of memory that it exports and imports: opaque file descriptors.
  [[nodiscard]] VkExternalMemoryHandleTypeFlags external_handle_types() const;

  /// Whether a memory type has all of the properties.
  [[nodiscard]] bool has_type_with(MemoryPropertyFlags properties) const;

  /// Takes HOST_COHERENT from all memory types.
  void make_non_coherent();
};

/// What `Gpu::hidden` may name: each feature and device extension that the driver knows.
[[nodiscard]] ASHLAR_SIM_API std::vector<std::string> const& hideable_names();

/// A device extension, the feature that it is there for, and the version that took both over.
struct ExtensionInfo {
  char const* name;
  std::uint32_t spec_version;
  char const* feature = nullptr;   ///< Null where there is none.
  std::uint32_t core_version = 0;  ///< 0: none did; of extensions with a feature.
};
[[nodiscard]] std::vector<ExtensionInfo> const& device_extensions();

}  // namespace ashlar::simulated
