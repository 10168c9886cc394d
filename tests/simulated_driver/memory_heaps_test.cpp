// How much memory there is: heaps, their budgets, and the limits of allocations.

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

constexpr VkDeviceSize mib = VkDeviceSize{1} << 20U;

/// Bytes of RAM that this process has.
std::uint64_t resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  file >> pages >> resident;
  REQUIRE(file);
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// A memory type of a heap, host-visible if there is one.
std::uint32_t type_of_heap(Gpu const& gpu, std::uint32_t heap) {
  std::uint32_t found = gpu.memory.type_count;
  for (std::uint32_t type = 0; type < gpu.memory.type_count; ++type) {
    MemoryType const& one = gpu.memory.types[type];
    bool const plain = !one.properties.contains(MemoryProperty::Protected) &&
                       !one.properties.contains(MemoryProperty::DeviceCoherentAmd);
    if (one.heap == heap && plain &&
        (found == gpu.memory.type_count || one.properties.contains(MemoryProperty::HostVisible))) {
      found = type;
    }
  }
  return found;
}

/// Allocates all of a heap in pieces, and maps them if that is possible; the mapped bytes.
VkDeviceSize fill_heap(RawVulkan& vulkan, Gpu const& gpu, std::uint32_t heap) {
  std::uint32_t const type = type_of_heap(gpu, heap);
  if (type == gpu.memory.type_count) {
    return 0;
  }
  VkDeviceSize mapped = 0;
  for (VkDeviceSize left = gpu.memory.heaps[heap].size; left > 0;) {
    VkDeviceSize const size = std::min(left, gpu.max_memory_allocation_size());
    VkDeviceMemory memory = VK_NULL_HANDLE;
    REQUIRE(vulkan.try_allocate(size, type, memory) == VK_SUCCESS);
    if (gpu.memory.types[type].properties.contains(MemoryProperty::HostVisible)) {
      char const* const host = vulkan.map(memory);
      REQUIRE(host != nullptr);
      CHECK(host[size - 1] == host[0]);  // Fresh to its end.
      mapped += size;
    }
    left -= size;
  }
  return mapped;
}

VkPhysicalDeviceMemoryBudgetPropertiesEXT budget(RawVulkan const& vulkan) {
  VkPhysicalDeviceMemoryBudgetPropertiesEXT budget{};
  budget.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT;
  VkPhysicalDeviceMemoryProperties2 properties{};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2;
  properties.pNext = &budget;
  vulkan.instance().query<PFN_vkGetPhysicalDeviceMemoryProperties2>("vkGetPhysicalDeviceMemoryProperties2", properties);
  return budget;
}

}  // namespace

TEST_CASE("all memory of every GPU can be allocated and mapped, and costs little", "[simulated_driver]") {
  std::uint64_t const before = resident_bytes();
  VkDeviceSize mapped = 0;
  for (GpuProfile const& profile : gpu_profiles()) {
    INFO(profile.name);
    SimulatedDriver driver{profile};
    RawVulkan vulkan{driver};
    for (std::uint32_t heap = 0; heap < profile.memory.heap_count; ++heap) {
      mapped += fill_heap(vulkan, driver.gpu(), heap);
    }
    std::uint64_t const now = resident_bytes();
    CHECK((now < before || now - before < 64 * mib));
  }
  CHECK(mapped > (VkDeviceSize{1} << 36U));  // More than the machine could have.
}

TEST_CASE("no more can be allocated than the heap has", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  CHECK(vulkan.try_allocate(mib - 100, device_local, memory) == VK_SUCCESS);
  CHECK(driver.heap_use(0) == mib - 100);
  VkDeviceMemory other = VK_NULL_HANDLE;
  CHECK(vulkan.try_allocate(101, device_local, other) == VK_ERROR_OUT_OF_DEVICE_MEMORY);
  CHECK(vulkan.try_allocate(101, lazy, other) == VK_ERROR_OUT_OF_DEVICE_MEMORY);  // The same heap.
  CHECK(vulkan.try_allocate(101, cached, other) == VK_SUCCESS);
  CHECK(vulkan.try_allocate(100, device_local, other) == VK_SUCCESS);
  vulkan.free(memory);
  CHECK(vulkan.try_allocate(101, device_local, other) == VK_SUCCESS);
}

TEST_CASE("two devices of a GPU share its heaps", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan first{driver};
  RawVulkan second{driver};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  CHECK(first.try_allocate(mib, device_local, memory) == VK_SUCCESS);
  CHECK(second.try_allocate(1, device_local, memory) == VK_ERROR_OUT_OF_DEVICE_MEMORY);
}

TEST_CASE("what others occupy of a heap is not there", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  driver.occupy_heap(0, mib - 100);
  CHECK(budget(vulkan).heapBudget[0] == 100);
  CHECK(vulkan.try_allocate(101, device_local, memory) == VK_ERROR_OUT_OF_DEVICE_MEMORY);
  vulkan.control().occupy_heap(0, mib - 101);
  CHECK(vulkan.try_allocate(101, device_local, memory) == VK_SUCCESS);
  driver.occupy_heap(0, 2 * mib);
  CHECK(vulkan.try_allocate(1, device_local, memory) == VK_ERROR_OUT_OF_DEVICE_MEMORY);
  CHECK(budget(vulkan).heapBudget[0] > 0);     // VkPhysicalDeviceMemoryBudgetPropertiesEXT: it must not be zero,
  CHECK(budget(vulkan).heapBudget[0] <= mib);  // nor more than the heap has.
}

TEST_CASE("a heap's budget is what VK_EXT_memory_budget says, and limits nothing", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  CHECK(budget(vulkan).heapBudget[0] == mib);
  CHECK(budget(vulkan).heapUsage[0] == 0);
  driver.set_heap_budget(0, 1000);
  VkDeviceMemory memory = VK_NULL_HANDLE;
  CHECK(vulkan.try_allocate(5000, device_local, memory) == VK_SUCCESS);
  auto const now = budget(vulkan);
  CHECK(now.heapBudget[0] == 1000);
  CHECK(now.heapUsage[0] == 5000);
  CHECK(now.heapBudget[1] == VkDeviceSize{1} << 31U);
  for (std::uint32_t heap = 2; heap < VK_MAX_MEMORY_HEAPS; ++heap) {  // Of heaps that are not there: zero.
    CHECK(now.heapBudget[heap] == 0);
    CHECK(now.heapUsage[heap] == 0);
  }
  vulkan.control().set_heap_budget(0, 2000);
  CHECK(budget(vulkan).heapBudget[0] == 2000);
}

TEST_CASE("no more memory lives than maxMemoryAllocationCount", "[simulated_driver][misuse]") {
  Gpu gpu = test_gpu();
  gpu.limits.max_memory_allocation_count = 2;
  SimulatedDriver driver{gpu};
  RawVulkan vulkan{driver};
  VkDeviceMemory const first = vulkan.allocate(1, cached);
  VkDeviceMemory memory = vulkan.allocate(1, cached);
  CHECK(driver.live_memories() == 2);
  CHECK(vulkan.try_allocate(1, cached, memory) == VK_ERROR_TOO_MANY_OBJECTS);
  CHECK_THAT(violations(driver),
             Catch::Matchers::ContainsSubstring("VUID-vkAllocateMemory-maxMemoryAllocationCount-04101"));
  vulkan.free(first);
  CHECK(vulkan.try_allocate(1, cached, memory) == VK_SUCCESS);
}

TEST_CASE("allocations are recorded, the failed ones too", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkMemoryAllocateFlagsInfo const flags{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, nullptr,
                                        VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT, 0};
  static_cast<void>(vulkan.allocate(100, cached, &flags));
  vulkan.control().fail_next("vkAllocateMemory", VK_ERROR_OUT_OF_HOST_MEMORY);
  CHECK(vulkan.allocate(200, coherent) == VK_NULL_HANDLE);
  auto const allocations = driver.allocations();
  REQUIRE(allocations.size() == 2);
  CHECK(allocations[0].result == VK_SUCCESS);
  CHECK(allocations[0].size == 100);
  CHECK(allocations[0].memory_type == cached);
  CHECK(allocations[0].device_address);
  CHECK(allocations[1].result == VK_ERROR_OUT_OF_HOST_MEMORY);
  CHECK(allocations[1].size == 200);
  CHECK_FALSE(allocations[1].device_address);
  CHECK(driver.heap_use(1) == 100);
}

}  // namespace ashlar::test
