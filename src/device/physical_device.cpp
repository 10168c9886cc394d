#include <ashlar/device/instance.hpp>
#include <ashlar/device/physical_device.hpp>

#include "access.hpp"
#include "device/enumerate.hpp"
#include "device/feature_chain.hpp"
#include "device/instance_state.hpp"
#include "device/physical_device_state.hpp"
#include "text.hpp"

#include <algorithm>
#include <limits>

namespace ashlar {

namespace detail {

namespace {

MemoryProperties memory_properties(VkPhysicalDeviceMemoryProperties const& from, VkPhysicalDeviceType type) noexcept {
  MemoryProperties memory;
  memory.device_type = static_cast<DeviceType>(type);
  memory.heap_count = from.memoryHeapCount;
  memory.type_count = from.memoryTypeCount;
  for (std::uint32_t i = 0; i < from.memoryHeapCount; ++i) {
    VkMemoryHeap const& heap = from.memoryHeaps[i];
    memory.heaps[i] = {heap.size, Flags<MemoryHeapFlag>::from_mask(heap.flags)};
  }
  for (std::uint32_t i = 0; i < from.memoryTypeCount; ++i) {
    VkMemoryType const& memory_type = from.memoryTypes[i];
    memory.types[i] = {MemoryPropertyFlags::from_mask(memory_type.propertyFlags), memory_type.heapIndex};
  }
  return memory;
}

bool has_maintenance4(PhysicalDeviceState const& device) noexcept {
  return device.api_version >= VK_API_VERSION_1_3 || contains(device.extensions, VK_KHR_MAINTENANCE_4_EXTENSION_NAME);
}

PhysicalDeviceLimits read_limits(InstanceFunctions const& vk, PhysicalDeviceState const& device) noexcept {
  VkPhysicalDeviceMaintenance4Properties maintenance4{};
  maintenance4.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES;
  maintenance4.maxBufferSize = std::numeric_limits<VkDeviceSize>::max();
  VkPhysicalDeviceMaintenance3Properties maintenance3{};
  maintenance3.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES;
  maintenance3.pNext = has_maintenance4(device) ? &maintenance4 : nullptr;
  VkPhysicalDeviceProperties2 properties{};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  properties.pNext = &maintenance3;
  vk.vkGetPhysicalDeviceProperties2(device.handle, &properties);

  VkPhysicalDeviceLimits const& from = properties.properties.limits;
  return {
      .max_memory_allocation_count = from.maxMemoryAllocationCount,
      .max_memory_allocation_size = maintenance3.maxMemoryAllocationSize,
      .max_buffer_size = maintenance4.maxBufferSize,
      .non_coherent_atom_size = from.nonCoherentAtomSize,
      .buffer_image_granularity = from.bufferImageGranularity,
      .min_memory_map_alignment = from.minMemoryMapAlignment,
      .min_uniform_buffer_offset_alignment = from.minUniformBufferOffsetAlignment,
      .min_storage_buffer_offset_alignment = from.minStorageBufferOffsetAlignment,
      .min_texel_buffer_offset_alignment = from.minTexelBufferOffsetAlignment,
      .max_uniform_buffer_range = from.maxUniformBufferRange,
      .max_storage_buffer_range = from.maxStorageBufferRange,
  };
}

DeviceFeatures read_features(InstanceFunctions const& vk, PhysicalDeviceState const& device) noexcept {
  FeatureQuery query{device.api_version, device.extensions};
  vk.vkGetPhysicalDeviceFeatures2(device.handle, query.features());
  return declared_features(query.features(), device.api_version, device.extensions);
}

/// A family that draws or computes can transfer too, and need not say so (VkQueueFlagBits).
QueueFamily queue_family(VkQueueFamilyProperties const& from) noexcept {
  auto flags = Flags<QueueFlag>::from_mask(from.queueFlags);
  if (flags.intersects(QueueFlag::Graphics | QueueFlag::Compute)) {
    flags |= QueueFlag::Transfer;
  }
  return {flags, from.queueCount};
}

std::vector<QueueFamily> read_queue_families(InstanceFunctions const& vk, VkPhysicalDevice handle) {
  std::uint32_t count = 0;
  vk.vkGetPhysicalDeviceQueueFamilyProperties(handle, &count, nullptr);
  std::vector<VkQueueFamilyProperties> properties(count);
  vk.vkGetPhysicalDeviceQueueFamilyProperties(handle, &count, properties.data());
  std::vector<QueueFamily> families;
  families.reserve(count);
  for (VkQueueFamilyProperties const& family : properties) {
    families.push_back(queue_family(family));
  }
  return families;
}

}  // namespace

PhysicalDeviceState read_physical_device(InstanceState& instance, VkPhysicalDevice handle) {
  InstanceFunctions const& vk = instance.vk;
  PhysicalDeviceState device;
  device.instance = &instance;
  device.handle = handle;
  vk.vkGetPhysicalDeviceProperties(handle, &device.properties);
  device.api_version = std::min(instance.api_version, device.properties.apiVersion);
  if (device.api_version < VK_API_VERSION_1_1) {
    return device;
  }
  add_names(device.extensions, enumerate<VkExtensionProperties>("vkEnumerateDeviceExtensionProperties",
                                                                [&](std::uint32_t* count, VkExtensionProperties* data) {
                                                                  return vk.vkEnumerateDeviceExtensionProperties(
                                                                      handle, nullptr, count, data);
                                                                }));
  VkPhysicalDeviceMemoryProperties memory{};
  vk.vkGetPhysicalDeviceMemoryProperties(handle, &memory);
  device.memory = memory_properties(memory, device.properties.deviceType);
  device.limits = read_limits(vk, device);
  device.features = read_features(vk, device);
  device.queue_families = read_queue_families(vk, handle);
  return device;
}

std::string version_text(std::uint32_t version) {
  return text(VK_API_VERSION_MAJOR(version), ".", VK_API_VERSION_MINOR(version), ".", VK_API_VERSION_PATCH(version));
}

}  // namespace detail

PhysicalDevice::PhysicalDevice(detail::Counted<detail::InstanceState> instance,
                               detail::PhysicalDeviceState const& state) noexcept
    : instance_{std::move(instance)}, state_{&state} {}

VkPhysicalDevice PhysicalDevice::handle() const noexcept { return state_->handle; }

Instance PhysicalDevice::instance() const noexcept { return detail::Access::make<Instance>(instance_); }

char const* PhysicalDevice::name() const noexcept { return state_->properties.deviceName; }

DeviceType PhysicalDevice::type() const noexcept { return static_cast<DeviceType>(state_->properties.deviceType); }

std::uint32_t PhysicalDevice::api_version() const noexcept { return state_->api_version; }

VkPhysicalDeviceProperties const& PhysicalDevice::properties() const noexcept { return state_->properties; }

MemoryProperties const& PhysicalDevice::memory() const noexcept { return state_->memory; }

PhysicalDeviceLimits const& PhysicalDevice::limits() const noexcept { return state_->limits; }

DeviceFeatures const& PhysicalDevice::features() const noexcept { return state_->features; }

std::uint32_t PhysicalDevice::queue_family_count() const noexcept {
  return static_cast<std::uint32_t>(state_->queue_families.size());
}

QueueFamily const& PhysicalDevice::queue_family(std::uint32_t family) const noexcept {
  return state_->queue_families[family];
}

bool PhysicalDevice::has_extension(char const* name) const noexcept {
  return detail::contains(state_->extensions, name);
}

PhysicalDevices::PhysicalDevices(detail::Counted<detail::InstanceState> instance) noexcept
    : instance_{std::move(instance)} {}

std::size_t PhysicalDevices::size() const noexcept { return instance_->physical_devices.size(); }

PhysicalDevice PhysicalDevices::operator[](std::size_t index) const noexcept {
  return detail::Access::make<PhysicalDevice>(instance_, instance_->physical_devices[index]);
}

}  // namespace ashlar
