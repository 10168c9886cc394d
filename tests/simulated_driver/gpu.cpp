#include "simulated_driver/gpu.hpp"

#include <algorithm>

#include "simulated_driver/features.hpp"

namespace ashlar::simulated {

namespace {

VkDeviceSize least_of_4_gib_and_largest_heap(MemoryProperties const& memory) {
  VkDeviceSize largest = 0;
  for (std::uint32_t heap = 0; heap < memory.heap_count; ++heap) {
    largest = std::max(largest, memory.heaps[heap].size);
  }
  return std::min(VkDeviceSize{4} << 30U, largest);
}

}  // namespace

VkDeviceSize Gpu::max_memory_allocation_size() const {
  return limits.max_memory_allocation_size.value_or(least_of_4_gib_and_largest_heap(memory));
}

VkDeviceSize Gpu::max_buffer_size() const { return least_of_4_gib_and_largest_heap(memory); }

bool Gpu::has_type_with(MemoryPropertyFlags properties) const {
  return std::any_of(memory.types, memory.types + memory.type_count,
                     [&](MemoryType const& type) { return type.properties.contains(properties); });
}

bool Gpu::has_feature(std::string_view feature) const {
  if (hidden.contains(feature)) {
    return false;
  }
  if (feature == "protectedMemory") {
    return has_type_with(MemoryProperty::Protected) && api_version >= VK_API_VERSION_1_1;
  }
  if (feature == "deviceCoherentMemory" && !has_type_with(MemoryProperty::DeviceCoherentAmd)) {
    return false;
  }
  auto const& extensions = device_extensions();
  auto const extension = std::find_if(extensions.begin(), extensions.end(), [&](ExtensionInfo const& one) {
    return one.feature != nullptr && one.feature == feature;
  });
  return extension != extensions.end() && ((extension->core_version != 0 && extension->core_version <= api_version) ||
                                           !hidden.contains(extension->name));
}

std::vector<std::string> Gpu::extensions() const {
  std::vector<std::string> names;
  for (ExtensionInfo const& extension : device_extensions()) {
    if (!hidden.contains(extension.name) && (extension.feature == nullptr || has_feature(extension.feature))) {
      names.emplace_back(extension.name);
    }
  }
  return names;
}

VkExternalMemoryHandleTypeFlags Gpu::external_handle_types() const {
  return hidden.contains(VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME) ? 0 : VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
}

void Gpu::make_non_coherent() {
  for (std::uint32_t type = 0; type < memory.type_count; ++type) {
    memory.types[type].properties = memory.types[type].properties.without(MemoryProperty::HostCoherent);
  }
}

std::vector<ExtensionInfo> const& device_extensions() {
  static std::vector<ExtensionInfo> const extensions = {
      {VK_AMD_DEVICE_COHERENT_MEMORY_EXTENSION_NAME, 1, "deviceCoherentMemory"},
      {VK_EXT_MEMORY_BUDGET_EXTENSION_NAME, 1},
      {VK_EXT_MEMORY_PRIORITY_EXTENSION_NAME, 1, "memoryPriority"},
      {VK_KHR_BIND_MEMORY_2_EXTENSION_NAME, 1},
      {VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME, 1, "bufferDeviceAddress", VK_API_VERSION_1_2},
      {VK_KHR_COPY_COMMANDS_2_EXTENSION_NAME, 1},
      {VK_KHR_DEDICATED_ALLOCATION_EXTENSION_NAME, 3},
      {VK_KHR_EXTERNAL_MEMORY_EXTENSION_NAME, 1},
      {VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME, 1},
      {VK_KHR_GET_MEMORY_REQUIREMENTS_2_EXTENSION_NAME, 1},
      {VK_KHR_MAINTENANCE_3_EXTENSION_NAME, 1},
      {VK_KHR_MAINTENANCE_4_EXTENSION_NAME, 2, "maintenance4", VK_API_VERSION_1_3},
      {VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME, 1, "synchronization2", VK_API_VERSION_1_3},
      {VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME, 2, "timelineSemaphore", VK_API_VERSION_1_2},
  };
  return extensions;
}

std::vector<std::string> const& hideable_names() {
  static std::vector<std::string> const names = [] {
    std::vector<std::string> all = features();
    for (ExtensionInfo const& extension : device_extensions()) {
      all.emplace_back(extension.name);
    }
    return all;
  }();
  return names;
}

}  // namespace ashlar::simulated
