// Wrong allocations, mappings and ranges are noted.

#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;

/// A device without any feature.
Gpu featureless_gpu() {
  Gpu gpu = test_gpu();
  auto const& names = simulated::hideable_names();
  gpu.hidden = {names.begin(), names.end()};
  return gpu;
}

}  // namespace

TEST_CASE("right allocations are not noted", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  vulkan.free(vulkan.allocate(1000, device_local));
  vulkan.free(VK_NULL_HANDLE);
  CHECK(driver.live_memories() == 0);
  CHECK(driver.take_violations().empty());
}

TEST_CASE("allocations of a wrong size are noted", "[simulated_driver][misuse]") {
  Gpu gpu = test_gpu();
  gpu.limits.max_memory_allocation_size = std::uint64_t{1} << 30U;
  SimulatedDriver driver{gpu};
  RawVulkan vulkan{driver};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  CHECK(vulkan.try_allocate((VkDeviceSize{1} << 20U) + 1, device_local, memory) == VK_ERROR_OUT_OF_DEVICE_MEMORY);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkAllocateMemory-pAllocateInfo-01713"));
  CHECK(vulkan.try_allocate((VkDeviceSize{1} << 30U) + 1, cached, memory) == VK_ERROR_OUT_OF_DEVICE_MEMORY);
  CHECK_THAT(violations(driver), ContainsSubstring("maxMemoryAllocationSize"));
  CHECK(vulkan.try_allocate(VkDeviceSize{1} << 20U, device_local, memory) == VK_SUCCESS);
  CHECK(vulkan.try_allocate(VkDeviceSize{1} << 30U, cached, memory) == VK_SUCCESS);
  CHECK(vulkan.try_allocate(1, device_local, memory) == VK_ERROR_OUT_OF_DEVICE_MEMORY);  // Full is not wrong.
  CHECK(driver.take_violations().empty());
  static_cast<void>(vulkan.allocate(0, cached));
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkMemoryAllocateInfo-allocationSize-00638"));
}

TEST_CASE("allocations of a memory type that is not there are noted", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  CHECK(vulkan.allocate(1, 6) == VK_NULL_HANDLE);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkAllocateMemory-pAllocateInfo-01714"));
}

TEST_CASE("allocations that need a feature that is off are noted", "[simulated_driver][misuse]") {
  SimulatedDriver driver{featureless_gpu()};
  RawVulkan vulkan{driver};
  static_cast<void>(vulkan.allocate(1, protected_type));
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkMemoryAllocateInfo-memoryTypeIndex-01872"));
  static_cast<void>(vulkan.allocate(1, amd_coherent));
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkAllocateMemory-deviceCoherentMemory-02790"));
  VkMemoryAllocateFlagsInfo const address{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, nullptr,
                                          VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT, 0};
  static_cast<void>(vulkan.allocate(1, cached, &address));
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkMemoryAllocateInfo-flags-03331"));
  VkMemoryPriorityAllocateInfoEXT const priority{VK_STRUCTURE_TYPE_MEMORY_PRIORITY_ALLOCATE_INFO_EXT, nullptr, 1};
  static_cast<void>(vulkan.allocate(1, cached, &priority));
  CHECK_THAT(violations(driver), ContainsSubstring("a priority without its feature"));
}

TEST_CASE("wrong mappings are noted", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(1000, cached);
  vulkan.unmap(memory);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkUnmapMemory-memory-00689"));
  CHECK(vulkan.map(memory, 1000) == nullptr);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkMapMemory-offset-00679"));
  CHECK(vulkan.map(memory, 900, 101) == nullptr);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkMapMemory-size-00681"));
  CHECK(vulkan.map(memory, 900, 0) == nullptr);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkMapMemory-size-00680"));
  CHECK(vulkan.map(vulkan.allocate(64, device_local)) == nullptr);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkMapMemory-memory-00682"));
  CHECK(vulkan.map(memory, 900, 100) != nullptr);
  CHECK(vulkan.map(memory) == nullptr);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkMapMemory-memory-00678"));
  vulkan.unmap(memory);
  CHECK(vulkan.map(memory, 999) != nullptr);
  CHECK(driver.take_violations().empty());
  void* address = nullptr;
  vulkan.unmap(memory);
  vulkan.call<PFN_vkMapMemory>("vkMapMemory", memory, VkDeviceSize{0}, VkDeviceSize{1}, VkMemoryMapFlags{1}, &address);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkMapMemory-flags-zerobitmask"));
}

TEST_CASE("moves of no range are noted", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan const vulkan{driver};
  vulkan.call<PFN_vkFlushMappedMemoryRanges>("vkFlushMappedMemoryRanges", 0U, nullptr);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkFlushMappedMemoryRanges-memoryRangeCount-arraylength"));
  vulkan.call<PFN_vkInvalidateMappedMemoryRanges>("vkInvalidateMappedMemoryRanges", 0U, nullptr);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkInvalidateMappedMemoryRanges-memoryRangeCount-arraylength"));
}

TEST_CASE("wrong ranges are noted", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(1000, cached);
  bool const flushes = GENERATE(true, false);
  auto const move = [&](VkDeviceSize offset, VkDeviceSize size) {
    static_cast<void>(flushes ? vulkan.flush(memory, offset, size) : vulkan.invalidate(memory, offset, size));
    return violations(driver);
  };
  CHECK_THAT(move(0, 64), ContainsSubstring("VUID-VkMappedMemoryRange-memory-00684"));
  REQUIRE(vulkan.map(memory, 64) != nullptr);
  CHECK_THAT(move(96, 32), ContainsSubstring("VUID-VkMappedMemoryRange-offset-00687"));
  CHECK_THAT(move(64, 32), ContainsSubstring("VUID-VkMappedMemoryRange-size-01390"));
  CHECK_THAT(move(960, 64), ContainsSubstring("VUID-VkMappedMemoryRange-size-00685"));
  CHECK_THAT(move(0, 128), ContainsSubstring("VUID-VkMappedMemoryRange-size-00685"));
  CHECK_THAT(move(0, VK_WHOLE_SIZE), ContainsSubstring("VUID-VkMappedMemoryRange-size-00686"));
  CHECK_THAT(move(128, VK_WHOLE_SIZE - 64), ContainsSubstring("VUID-VkMappedMemoryRange-size-00685"));
  CHECK(move(960, 40).empty());
  CHECK(move(64, VK_WHOLE_SIZE).empty());
  vulkan.unmap(memory);
  REQUIRE(vulkan.map(memory, 0, 100) != nullptr);  // Ends within an atom that is not the memory's last.
  CHECK_THAT(move(0, VK_WHOLE_SIZE), ContainsSubstring("VUID-VkMappedMemoryRange-size-01389"));
  CHECK_THAT(move(128, VK_WHOLE_SIZE), ContainsSubstring("VUID-VkMappedMemoryRange-size-00686"));
  CHECK(move(0, 64).empty());
  vulkan.unmap(memory);
  REQUIRE(vulkan.map(memory, 0, 128) != nullptr);
  CHECK(move(64, VK_WHOLE_SIZE).empty());
  CHECK_THAT(move(128, VK_WHOLE_SIZE), ContainsSubstring("VUID-VkMappedMemoryRange-size-00686"));  // Its end.
}

TEST_CASE("memory that is not of the size of what it is dedicated to is noted", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkBuffer const buffer = vulkan.create_buffer(100);
  VkImage const image = vulkan.create_image(100);
  VkMemoryDedicatedAllocateInfo dedicated{VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, nullptr, VK_NULL_HANDLE,
                                          buffer};
  static_cast<void>(vulkan.allocate(100, cached, &dedicated));
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkMemoryDedicatedAllocateInfo-buffer-02965"));
  static_cast<void>(vulkan.allocate(vulkan.requirements(buffer).size, cached, &dedicated));
  CHECK(driver.take_violations().empty());
  dedicated = {VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, nullptr, image, VK_NULL_HANDLE};
  static_cast<void>(vulkan.allocate(100, cached, &dedicated));
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkMemoryDedicatedAllocateInfo-image-02964"));
  dedicated.buffer = buffer;
  static_cast<void>(vulkan.allocate(100, cached, &dedicated));
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkMemoryDedicatedAllocateInfo-image-01432"));
}

TEST_CASE("memory that is dedicated to what does not live is noted", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  RawVulkan other{driver};
  auto const dedicate = [&](VkImage image, VkBuffer buffer) {
    VkMemoryDedicatedAllocateInfo const info{VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, nullptr, image, buffer};
    static_cast<void>(vulkan.allocate(16, cached, &info));
    return violations(driver);
  };
  VkBuffer const destroyed = vulkan.create_buffer(16);
  vulkan.destroy_buffer(destroyed);
  CHECK_THAT(dedicate(VK_NULL_HANDLE, destroyed),
             ContainsSubstring("VUID-VkMemoryDedicatedAllocateInfo-buffer-parameter"));
  CHECK_THAT(dedicate(VK_NULL_HANDLE, other.create_buffer(16)),
             ContainsSubstring("VUID-VkMemoryDedicatedAllocateInfo-commonparent"));
  CHECK_THAT(dedicate(other.create_image(16), VK_NULL_HANDLE),
             ContainsSubstring("VUID-VkMemoryDedicatedAllocateInfo-commonparent"));
  CHECK(dedicate(VK_NULL_HANDLE, VK_NULL_HANDLE).empty());  // To nothing.
}

TEST_CASE("priorities beyond 0 and 1 are noted", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawInstance const instance;
  VkPhysicalDeviceMemoryPriorityFeaturesEXT const feature{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PRIORITY_FEATURES_EXT, nullptr, VK_TRUE};
  VkDevice device = nullptr;
  REQUIRE(create_raw_device(instance, driver.gpu(), device, &feature, {VK_EXT_MEMORY_PRIORITY_EXTENSION_NAME}) ==
          VK_SUCCESS);
  auto const allocate = [&](float value) {
    VkMemoryPriorityAllocateInfoEXT const priority{VK_STRUCTURE_TYPE_MEMORY_PRIORITY_ALLOCATE_INFO_EXT, nullptr, value};
    VkMemoryAllocateInfo const info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, &priority, 16, cached};
    VkDeviceMemory memory = VK_NULL_HANDLE;
    instance.function<PFN_vkAllocateMemory>("vkAllocateMemory")(device, &info, nullptr, &memory);
    instance.function<PFN_vkFreeMemory>("vkFreeMemory")(device, memory, nullptr);
    return violations(driver);
  };
  CHECK(allocate(0).empty());
  CHECK(allocate(1).empty());
  for (float const wrong : {-0.5F, 1.5F}) {
    CHECK_THAT(allocate(wrong), ContainsSubstring("VUID-VkMemoryPriorityAllocateInfoEXT-priority-02602"));
  }
  instance.function<PFN_vkDestroyDevice>("vkDestroyDevice")(device, nullptr);
}

}  // namespace ashlar::test
