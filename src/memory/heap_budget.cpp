#include "memory/heap_budget.hpp"

#include "device/device_state.hpp"
#include "device/instance_state.hpp"

namespace ashlar::detail {
namespace {

VkPhysicalDeviceMemoryBudgetPropertiesEXT query_budget(DeviceState const& device) noexcept {
  VkPhysicalDeviceMemoryBudgetPropertiesEXT budget{};
  budget.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT;
  VkPhysicalDeviceMemoryProperties2 properties{};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2;
  properties.pNext = &budget;
  Instance const instance = device.physical_device.instance();
  Access::state(instance).vk.vkGetPhysicalDeviceMemoryProperties2(device.physical_device.handle(), &properties);
  return budget;
}

}  // namespace

void read_heaps(Device const& device, MemoryStatistics& statistics) noexcept {
  DeviceState const& state = Access::state(device);
  MemoryProperties const& memory = state.physical_device.memory();
  VkPhysicalDeviceMemoryBudgetPropertiesEXT const budget =
      state.features.memory_budget ? query_budget(state) : VkPhysicalDeviceMemoryBudgetPropertiesEXT{};
  statistics.heap_count = memory.heap_count;
  for (std::uint32_t i = 0; i < memory.heap_count; ++i) {
    MemoryHeapStatistics& heap = statistics.heaps[i];
    heap.size = memory.heaps[i].size;
    heap.device_use = state.heap_use[i].load(std::memory_order_relaxed);
    heap.process_use = state.features.memory_budget ? budget.heapUsage[i] : heap.device_use;
    heap.budget = state.features.memory_budget ? budget.heapBudget[i] : heap.size / 5 * 4;
  }
}

}  // namespace ashlar::detail
