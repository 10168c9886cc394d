#include <ashlar/error.hpp>
#include <ashlar/memory/memory_allocator.hpp>

#include "device/device_state.hpp"
#include "memory/allocation_search.hpp"
#include "memory/buffer_memory.hpp"
#include "memory/heap_budget.hpp"
#include "memory/memory_allocator_state.hpp"

#include <algorithm>
#include <bit>

namespace ashlar {
namespace detail {
AnySuballocator::~AnySuballocator() = default;

MemoryAllocatorState::MemoryAllocatorState(Device const& owner, MemoryAllocatorCreateInfo const& info,
                                           SuballocatorFactory factory)
    : device{owner},
      has_small_heap{ashlar::has_small_heap(owner.physical_device().memory())},
      choices{device.physical_device().memory(), pools} {
  for (std::uint32_t type = 0; type < owner.physical_device().memory().type_count; ++type) {
    pools.emplace_back(*this, type, info, factory);
  }
}

inline MemoryAllocation MemoryAllocatorState::allocate(MemoryRequirements const& requirements,
                                                       AllocationCreateInfo const& info) {
  MemoryPool* const pool = first_pool(requirements, info);
  VkResult map_result = VK_SUCCESS;
  MemoryAllocation allocation =
      pool == nullptr ? MemoryAllocation{}
                      : pool->suballocate(requirements, info.usage != MemoryUsage::DeviceOnly, map_result);
  if (!allocation) {
    allocation = search_allocation(*this, requirements, info, map_result);
  }
  return allocation;
}

bool MemoryAllocatorState::exceeds_small_heap(std::uint32_t type, std::uint64_t size) const noexcept {
  MemoryProperties const& memory = device.physical_device().memory();
  std::uint32_t const heap = memory.types[type].heap;
  MemoryTypeRequest request{.size = size};
  request.heap_use[heap] = heap_use(heap);
  return ashlar::exceeds_small_heap(memory, request, heap);
}

std::uint64_t MemoryAllocatorState::heap_use(std::uint32_t heap) const noexcept {
  MemoryProperties const& memory = device.physical_device().memory();
  std::uint64_t use = 0;
  for (std::uint32_t type = 0; type < memory.type_count; ++type) {
    if (memory.types[type].heap == heap) {
      use += pools[type].live_bytes();
    }
  }
  return use;
}

void retain(MemoryAllocatorState& state) noexcept { state.add_reference(); }

void release(MemoryAllocatorState& state) noexcept {
  if (state.drop_reference()) {
    Access::state(state.device).in_flight.wait_for_orphans(state.orphan_count);
    delete &state;
  }
}

MemoryAllocation allocate_for_buffer(MemoryAllocator const& allocator, VkBuffer buffer,
                                     VkBufferCreateInfo const& created, std::uint64_t alignment,
                                     AllocationCreateInfo const& info) {
  MemoryAllocatorState& state = Access::state(allocator);
  DeviceState const& device = Access::state(state.device);
  MemoryRequirements requirements = info.allocate_preference == AllocatePreference::AlwaysAllocate
                                        ? state.buffer_requirements.ask(device, buffer, created)
                                        : state.buffer_requirements.find(device, buffer, created);
  requirements.alignment = std::max(requirements.alignment, alignment);
  MemoryAllocation allocation = state.allocate(requirements, info);
  Access::state(Access::block(allocation).memory).bind_buffer(buffer, allocation.offset());
  return allocation;
}

}  // namespace detail

MemoryAllocator::MemoryAllocator(Device const& device, MemoryAllocatorCreateInfo const& info,
                                 detail::SuballocatorFactory factory) {
  constexpr char const* context = "MemoryAllocator";
  if (!device) {
    throw ValidationError{context, "the device is empty; create or adopt one first"};
  }
  if (info.min_block_size == 0 || info.min_block_size > info.max_block_size) {
    throw ValidationError{context, "the block sizes have to be 0 < min_block_size <= max_block_size"};
  }
  state_ = detail::Counted{new detail::MemoryAllocatorState{device, info, factory}};
}

Device const& MemoryAllocator::device() const noexcept { return state_->device; }

MemoryAllocation MemoryAllocator::allocate(MemoryRequirements const& requirements,
                                           AllocationCreateInfo const& info) const {
  if (requirements.size == 0 || !is_power_of_two(requirements.alignment)) {
    return detail::search_allocation(*state_, requirements, info, VK_SUCCESS);  // It says what is wrong.
  }
  return state_->allocate(requirements, info);
}

MemoryAllocation MemoryAllocator::allocate_for_buffer(VkBuffer buffer, AllocationCreateInfo const& info) const {
  MemoryAllocation allocation =
      allocate(detail::query_buffer_requirements(detail::Access::state(state_->device), buffer), info);
  allocation.bind_buffer(buffer);
  return allocation;
}

MemoryAllocation MemoryAllocator::allocate_for_image(VkImage image, ResourceTiling tiling,
                                                     AllocationCreateInfo const& info) const {
  detail::DeviceState const& device = detail::Access::state(state_->device);
  VkMemoryDedicatedRequirements dedicated{};
  dedicated.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS;
  VkMemoryRequirements2 requirements{};
  requirements.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
  requirements.pNext = &dedicated;
  VkImageMemoryRequirementsInfo2 const asked{VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2, nullptr, image};
  device.vk.vkGetImageMemoryRequirements2(device.handle, &asked, &requirements);
  MemoryAllocation allocation = allocate({.size = requirements.memoryRequirements.size,
                                          .alignment = requirements.memoryRequirements.alignment,
                                          .memory_type_bits = requirements.memoryRequirements.memoryTypeBits,
                                          .tiling = tiling,
                                          .prefers_dedicated = dedicated.prefersDedicatedAllocation != VK_FALSE,
                                          .requires_dedicated = dedicated.requiresDedicatedAllocation != VK_FALSE,
                                          .image = image},
                                         info);
  allocation.bind_image(image);
  return allocation;
}

MemoryStatistics MemoryAllocator::statistics() const {
  detail::DeviceState const& device = detail::Access::state(state_->device);
  MemoryStatistics statistics;
  detail::read_heaps(state_->device, statistics);
  statistics.type_count = device.physical_device.memory().type_count;
  for (std::uint32_t type = 0; type < statistics.type_count; ++type) {
    statistics.types[type] = state_->pools[type].statistics();
  }
  statistics.allocation_count = device.memory_allocation_count.load(std::memory_order_relaxed);
  statistics.max_allocation_count = device.physical_device.limits().max_memory_allocation_count;
  return statistics;
}

}  // namespace ashlar
