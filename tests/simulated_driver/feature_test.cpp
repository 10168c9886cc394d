// Features, extensions and properties: what a GPU says of itself, and what a device may be made with.

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>
#include <string>

#include "simulated_driver/raw_instance.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

/// A struct that Vulkan does not have, of any length.
struct Unknown {
  VkStructureType type = static_cast<VkStructureType>(2'000'000'001);
  void* next = nullptr;
  std::uint32_t content[4] = {1, 2, 3, 4};

  [[nodiscard]] bool untouched() const {
    return content[0] == 1 && content[1] == 2 && content[2] == 3 && content[3] == 4;
  }
};

/// A struct of the type.
template <class Struct>
Struct of_type(VkStructureType type, void* next = nullptr) {
  Struct result{};
  result.sType = type;
  result.pNext = next;
  return result;
}

template <class Struct>
Struct properties_of(RawInstance const& instance, VkStructureType type, std::size_t gpu = 0) {
  auto result = of_type<Struct>(type);
  std::memset(reinterpret_cast<char*>(&result) + sizeof(VkBaseOutStructure), 0xEE,
              sizeof result - sizeof(VkBaseOutStructure));
  auto properties = of_type<VkPhysicalDeviceProperties2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &result);
  instance.query<PFN_vkGetPhysicalDeviceProperties2>("vkGetPhysicalDeviceProperties2", properties, gpu);
  return result;
}

template <class Struct>
Struct features_of(RawInstance const& instance, VkStructureType type) {
  auto result = of_type<Struct>(type);
  std::memset(reinterpret_cast<char*>(&result) + sizeof(VkBaseOutStructure), 0xEE,
              sizeof result - sizeof(VkBaseOutStructure));
  auto features = of_type<VkPhysicalDeviceFeatures2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &result);
  instance.query<PFN_vkGetPhysicalDeviceFeatures2>("vkGetPhysicalDeviceFeatures2", features);
  return result;
}

/// What creating a device with these ends with.
VkResult device_result(RawInstance const& instance, Gpu const& gpu, void const* chain,
                       std::vector<std::string> const& extensions = {}) {
  VkDevice device = nullptr;
  VkResult const result = create_raw_device(instance, gpu, device, chain, extensions);
  if (result == VK_SUCCESS) {
    instance.function<PFN_vkDestroyDevice>("vkDestroyDevice")(device, nullptr);
  } else {
    CHECK(device == nullptr);
  }
  return result;
}

std::set<std::string> extensions_of(RawInstance const& instance) {
  auto const enumerate =
      instance.function<PFN_vkEnumerateDeviceExtensionProperties>("vkEnumerateDeviceExtensionProperties");
  VkPhysicalDevice const gpu = instance.physical_devices().at(0);
  std::uint32_t count = 0;
  REQUIRE(enumerate(gpu, nullptr, &count, nullptr) == VK_SUCCESS);
  std::vector<VkExtensionProperties> extensions(count);
  REQUIRE(enumerate(gpu, nullptr, &count, extensions.data()) == VK_SUCCESS);
  std::set<std::string> names;
  for (VkExtensionProperties const& one : extensions) {
    CHECK(one.specVersion > 0);
    names.emplace(one.extensionName);
  }
  return names;
}

}  // namespace

TEST_CASE("a feature is offered unless it is hidden, in the version's struct and in its own", "[simulated_driver]") {
  bool const hidden = GENERATE(false, true);
  Gpu gpu = test_gpu();
  if (hidden) {
    gpu.hidden = {"timelineSemaphore", "synchronization2", "bufferDeviceAddress", "maintenance4", "memoryPriority"};
  }
  VkBool32 const offered = hidden ? VK_FALSE : VK_TRUE;
  SimulatedDriver const driver{gpu};
  RawInstance const instance;
  auto const vulkan12 =
      features_of<VkPhysicalDeviceVulkan12Features>(instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES);
  CHECK(vulkan12.timelineSemaphore == offered);
  CHECK(vulkan12.bufferDeviceAddress == offered);
  CHECK(vulkan12.drawIndirectCount == VK_FALSE);
  auto const vulkan13 =
      features_of<VkPhysicalDeviceVulkan13Features>(instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES);
  CHECK(vulkan13.synchronization2 == offered);
  CHECK(vulkan13.maintenance4 == offered);
  CHECK(vulkan13.dynamicRendering == VK_FALSE);
  auto const timeline = features_of<VkPhysicalDeviceTimelineSemaphoreFeatures>(
      instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES);
  CHECK(timeline.timelineSemaphore == offered);
  auto const priority = features_of<VkPhysicalDeviceMemoryPriorityFeaturesEXT>(
      instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PRIORITY_FEATURES_EXT);
  CHECK(priority.memoryPriority == offered);
}

TEST_CASE("protected and device-coherent memory are features of the GPUs that have such types", "[simulated_driver]") {
  Gpu gpu = test_gpu();
  bool const has_types = GENERATE(true, false);
  gpu.memory.type_count = has_types ? 6 : protected_type;
  SimulatedDriver const driver{gpu};
  RawInstance const instance;
  auto const protection = features_of<VkPhysicalDeviceProtectedMemoryFeatures>(
      instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROTECTED_MEMORY_FEATURES);
  CHECK(protection.protectedMemory == (has_types ? VK_TRUE : VK_FALSE));
  auto const coherence = features_of<VkPhysicalDeviceCoherentMemoryFeaturesAMD>(
      instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COHERENT_MEMORY_FEATURES_AMD);
  CHECK(coherence.deviceCoherentMemory == (has_types ? VK_TRUE : VK_FALSE));
  CHECK(extensions_of(instance).contains(VK_AMD_DEVICE_COHERENT_MEMORY_EXTENSION_NAME) == has_types);
}

TEST_CASE("a device can be made with what is offered, and with nothing else", "[simulated_driver]") {
  Gpu gpu = test_gpu();
  gpu.hidden = {"timelineSemaphore"};
  SimulatedDriver const driver{gpu};
  RawInstance const instance;
  auto vulkan13 = of_type<VkPhysicalDeviceVulkan13Features>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES);
  vulkan13.synchronization2 = VK_TRUE;
  CHECK(device_result(instance, gpu, &vulkan13) == VK_SUCCESS);
  vulkan13.dynamicRendering = VK_TRUE;  // Offered by no GPU.
  CHECK(device_result(instance, gpu, &vulkan13) == VK_ERROR_FEATURE_NOT_PRESENT);
  auto timeline =
      of_type<VkPhysicalDeviceTimelineSemaphoreFeatures>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES);
  CHECK(device_result(instance, gpu, &timeline) == VK_SUCCESS);
  timeline.timelineSemaphore = VK_TRUE;
  CHECK(device_result(instance, gpu, &timeline) == VK_ERROR_FEATURE_NOT_PRESENT);
  auto core = of_type<VkPhysicalDeviceFeatures2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2);
  core.features.robustBufferAccess = VK_TRUE;
  CHECK(device_result(instance, gpu, &core) == VK_SUCCESS);
  core.features.geometryShader = VK_TRUE;
  CHECK(device_result(instance, gpu, &core) == VK_ERROR_FEATURE_NOT_PRESENT);
}

TEST_CASE("an extension is offered unless it, or its feature, is hidden", "[simulated_driver]") {
  Gpu gpu = test_gpu();
  gpu.hidden = {VK_EXT_MEMORY_BUDGET_EXTENSION_NAME, "maintenance4"};
  SimulatedDriver const driver{gpu};
  RawInstance const instance;
  auto const extensions = extensions_of(instance);
  CHECK(extensions.contains(VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME));
  CHECK(device_result(instance, gpu, nullptr, {VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME}) == VK_SUCCESS);
  for (char const* const name : {VK_EXT_MEMORY_BUDGET_EXTENSION_NAME, VK_KHR_MAINTENANCE_4_EXTENSION_NAME,
                                 "VK_KHR_swapchain", "VK_ashlar_nothing"}) {
    CHECK_FALSE(extensions.contains(name));
    CHECK(device_result(instance, gpu, nullptr, {name}) == VK_ERROR_EXTENSION_NOT_PRESENT);
  }
}

TEST_CASE("without the extension that it came by a feature is gone, unless the version has it", "[simulated_driver]") {
  Gpu gpu = test_gpu();
  gpu.hidden = {VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME, VK_EXT_MEMORY_PRIORITY_EXTENSION_NAME};
  bool const in_version = GENERATE(false, true);
  gpu.api_version = in_version ? VK_API_VERSION_1_2 : VK_API_VERSION_1_1;
  SimulatedDriver const driver{gpu};
  RawInstance const instance;
  CHECK(features_of<VkPhysicalDeviceTimelineSemaphoreFeatures>(
            instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES)
            .timelineSemaphore == (in_version ? VK_TRUE : VK_FALSE));
  CHECK(features_of<VkPhysicalDeviceMemoryPriorityFeaturesEXT>(
            instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PRIORITY_FEATURES_EXT)
            .memoryPriority == VK_FALSE);
}

TEST_CASE("structs of features that the driver does not have say so", "[simulated_driver]") {
  Gpu const gpu = test_gpu();
  SimulatedDriver const driver{gpu};
  RawInstance const instance;
  constexpr VkStructureType type = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES;
  auto storage = features_of<VkPhysicalDevice16BitStorageFeatures>(instance, type);
  CHECK(storage.storageBuffer16BitAccess == VK_FALSE);
  CHECK(storage.storageInputOutput16 == VK_FALSE);
  CHECK(features_of<VkPhysicalDeviceDynamicRenderingFeatures>(
            instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DYNAMIC_RENDERING_FEATURES)
            .dynamicRendering == VK_FALSE);
  CHECK(properties_of<VkPhysicalDeviceMultiviewProperties>(instance,
                                                           VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MULTIVIEW_PROPERTIES)
            .maxMultiviewViewCount == 0);
  storage.storageInputOutput16 = VK_TRUE;
  CHECK(device_result(instance, gpu, &storage) == VK_ERROR_FEATURE_NOT_PRESENT);
}

TEST_CASE("extensions of a GPU are enumerated in as many calls as it takes", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  RawInstance const instance;
  auto const enumerate =
      instance.function<PFN_vkEnumerateDeviceExtensionProperties>("vkEnumerateDeviceExtensionProperties");
  VkExtensionProperties extension{};
  std::uint32_t count = 1;
  CHECK(enumerate(instance.physical_devices().at(0), nullptr, &count, &extension) == VK_INCOMPLETE);
  CHECK(count == 1);
  CHECK(std::string{extension.extensionName}.starts_with("VK_"));
}

TEST_CASE("properties of Vulkan 1.1 to 1.3 hold the GPU's limits", "[simulated_driver]") {
  Gpu gpu = test_gpu();
  gpu.limits.max_memory_allocation_size = 12345678;
  SimulatedDriver const driver{gpu};
  RawInstance const instance;
  auto const vulkan11 = properties_of<VkPhysicalDeviceVulkan11Properties>(
      instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES);
  CHECK(vulkan11.maxMemoryAllocationSize == 12345678);
  CHECK(properties_of<VkPhysicalDeviceMaintenance3Properties>(
            instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES)
            .maxMemoryAllocationSize == 12345678);
  auto const vulkan12 = properties_of<VkPhysicalDeviceVulkan12Properties>(
      instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES);
  CHECK(vulkan12.maxTimelineSemaphoreValueDifference >= std::numeric_limits<std::int32_t>::max());  // Required.
  CHECK(properties_of<VkPhysicalDeviceTimelineSemaphoreProperties>(
            instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_PROPERTIES)
            .maxTimelineSemaphoreValueDifference == vulkan12.maxTimelineSemaphoreValueDifference);
  CHECK(std::string{vulkan12.driverName} == "ashlar simulated driver");
  auto const vulkan13 = properties_of<VkPhysicalDeviceVulkan13Properties>(
      instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_PROPERTIES);
  CHECK(vulkan13.maxBufferSize == std::uint64_t{1} << 31U);  // The largest heap.
  CHECK(properties_of<VkPhysicalDeviceMaintenance4Properties>(
            instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES)
            .maxBufferSize == vulkan13.maxBufferSize);
}

TEST_CASE("a GPU shows its profile", "[simulated_driver]") {
  for (GpuProfile const& profile : gpu_profiles()) {
    INFO(profile.name);
    SimulatedDriver const driver{profile};
    RawInstance const instance;
    VkPhysicalDeviceProperties properties{};
    instance.query<PFN_vkGetPhysicalDeviceProperties>("vkGetPhysicalDeviceProperties", properties);
    CHECK(profile.name.starts_with(properties.deviceName));
    CHECK(static_cast<std::uint32_t>(properties.deviceType) == static_cast<std::uint32_t>(profile.memory.device_type));
    CHECK(properties.limits.nonCoherentAtomSize == profile.limits.non_coherent_atom_size);
    CHECK(properties.limits.bufferImageGranularity == profile.limits.buffer_image_granularity);
    CHECK(properties.limits.maxMemoryAllocationCount == profile.limits.max_memory_allocation_count);
    CHECK(properties.limits.minMemoryMapAlignment == profile.limits.min_memory_map_alignment);
    VkPhysicalDeviceMemoryProperties memory{};
    instance.query<PFN_vkGetPhysicalDeviceMemoryProperties>("vkGetPhysicalDeviceMemoryProperties", memory);
    REQUIRE(memory.memoryHeapCount == profile.memory.heap_count);
    REQUIRE(memory.memoryTypeCount == profile.memory.type_count);
    for (std::uint32_t heap = 0; heap < memory.memoryHeapCount; ++heap) {
      CHECK(memory.memoryHeaps[heap].size == profile.memory.heaps[heap].size);
      CHECK(memory.memoryHeaps[heap].flags == profile.memory.heaps[heap].flags.mask());
    }
    for (std::uint32_t type = 0; type < memory.memoryTypeCount; ++type) {
      CHECK(memory.memoryTypes[type].heapIndex == profile.memory.types[type].heap);
      CHECK(memory.memoryTypes[type].propertyFlags == profile.memory.types[type].properties.mask());
    }
  }
}

TEST_CASE("GPUs have UUIDs that differ, and do not change", "[simulated_driver]") {
  Gpu first = test_gpu();
  first.name = "First";
  Gpu second = test_gpu();
  second.name = "Second";
  simulated::Driver const driver{{first, second}};
  auto const uuids = [] {
    RawInstance const instance;
    std::vector<std::vector<std::uint8_t>> result;
    for (std::size_t gpu = 0; gpu < instance.physical_devices().size(); ++gpu) {
      auto const ids =
          properties_of<VkPhysicalDeviceIDProperties>(instance, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES, gpu);
      result.emplace_back(ids.deviceUUID, ids.deviceUUID + VK_UUID_SIZE);
    }
    return result;
  };
  auto const once = uuids();
  REQUIRE(once.size() == 2);
  CHECK(once[0] != once[1]);
  CHECK(uuids() == once);
}

TEST_CASE("a GPU has three queue families unless a test says otherwise", "[simulated_driver]") {
  Gpu gpu = test_gpu();
  constexpr VkQueueFlags copies = VK_QUEUE_TRANSFER_BIT;
  constexpr VkQueueFlags compute = VK_QUEUE_COMPUTE_BIT | copies;
  using Families = std::vector<simulated::QueueFamily>;
  Families expected = {{VK_QUEUE_GRAPHICS_BIT | compute, 1}, {compute, 2}, {copies, 2}};
  if (GENERATE(false, true)) {
    gpu.queue_families = expected = {{copies, 7}};
  }
  if (GENERATE(false, true)) {
    gpu.hidden = {"protectedMemory"};
  } else {
    expected[0].flags |= VK_QUEUE_PROTECTED_BIT;  // Where memory can be protected, one family can work with it.
  }
  SimulatedDriver const driver{gpu};
  RawInstance const instance;
  auto const query =
      instance.function<PFN_vkGetPhysicalDeviceQueueFamilyProperties>("vkGetPhysicalDeviceQueueFamilyProperties");
  std::uint32_t count = 0;
  query(instance.physical_devices().at(0), &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  query(instance.physical_devices().at(0), &count, families.data());
  Families found;
  for (VkQueueFamilyProperties const& family : families) {
    found.push_back({family.queueFlags, family.queueCount});
  }
  CHECK(found == expected);
}

TEST_CASE("structs that the driver does not know are skipped, and those behind them are not", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Unknown unknown;
  RawInstance const instance{{}, &unknown};
  CHECK(instance.result() == VK_SUCCESS);

  auto timeline =
      of_type<VkPhysicalDeviceTimelineSemaphoreFeatures>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES);
  unknown.next = &timeline;
  auto features = of_type<VkPhysicalDeviceFeatures2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &unknown);
  instance.query<PFN_vkGetPhysicalDeviceFeatures2>("vkGetPhysicalDeviceFeatures2", features);
  CHECK(timeline.timelineSemaphore == VK_TRUE);

  auto maintenance =
      of_type<VkPhysicalDeviceMaintenance3Properties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES);
  unknown.next = &maintenance;
  auto properties = of_type<VkPhysicalDeviceProperties2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &unknown);
  instance.query<PFN_vkGetPhysicalDeviceProperties2>("vkGetPhysicalDeviceProperties2", properties);
  CHECK(maintenance.maxMemoryAllocationSize > 0);
  CHECK(unknown.untouched());

  unknown.next = &timeline;
  VkDevice device = nullptr;
  CHECK(create_raw_device(instance, driver.gpu(), device, &unknown) == VK_SUCCESS);
  VkMemoryAllocateFlagsInfo const flags{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, nullptr, 0, 0};
  auto const next = static_cast<void const*>(&flags);
  unknown.next = const_cast<void*>(next);
  VkMemoryAllocateInfo const allocation{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, &unknown, 16, cached};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  CHECK(instance.function<PFN_vkAllocateMemory>("vkAllocateMemory")(device, &allocation, nullptr, &memory) ==
        VK_SUCCESS);
  instance.function<PFN_vkFreeMemory>("vkFreeMemory")(device, memory, nullptr);
  auto buffer_info = of_type<VkBufferCreateInfo>(VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, &unknown);
  buffer_info.size = 16;
  buffer_info.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  VkBuffer buffer = VK_NULL_HANDLE;
  CHECK(instance.function<PFN_vkCreateBuffer>("vkCreateBuffer")(device, &buffer_info, nullptr, &buffer) == VK_SUCCESS);
  instance.function<PFN_vkDestroyBuffer>("vkDestroyBuffer")(device, buffer, nullptr);
  CHECK(unknown.untouched());
  instance.function<PFN_vkDestroyDevice>("vkDestroyDevice")(device, nullptr);
  CHECK(driver.take_violations().empty());
}

}  // namespace ashlar::test
