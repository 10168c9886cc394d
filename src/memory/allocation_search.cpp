#include "memory/allocation_search.hpp"

#include "memory/device_memory_state.hpp"
#include "text.hpp"

#include <algorithm>
#include <utility>

namespace ashlar::detail {

MemoryAllocation search_allocation(MemoryAllocatorState& allocator, MemoryRequirements const& requirements,
                                   AllocationCreateInfo const& info, VkResult map_result) {
  return AllocationSearch{allocator, requirements, info, map_result}.run();
}

AllocationSearch::AllocationSearch(MemoryAllocatorState& allocator, MemoryRequirements const& requirements,
                                   AllocationCreateInfo const& info, VkResult map_result) noexcept
    : allocator_{allocator},
      device_{Access::state(allocator.device)},
      memory_{device_.physical_device.memory()},
      requirements_{requirements},
      info_{info} {
  failure_.map = map_result;
  request_.usage = info.usage;
  request_.filter = info.filter;
  request_.resource_type_bits = requirements.memory_type_bits;
  request_.user_type_bits = info.memory_type_bits;
  request_.size = requirements.size;
  if (allocator.has_small_heap) {
    for (std::uint32_t heap = 0; heap < memory_.heap_count; ++heap) {
      request_.heap_use[heap] = allocator.heap_use(heap);
    }
  }
  ranking_ = rank_memory_types(memory_, request_);
}

MemoryAllocation AllocationSearch::run() {
  validate();
  device_.in_flight.retire();  // What the device is done with makes room.
  MemoryAllocation found = try_types(failure_.map == VK_SUCCESS ? 0 : 1);
  if (!found && may_allocate() && release_empty_blocks()) {
    found = try_types(0);
  }
  if (!found && may_allocate() && allocator_.has_small_heap) {
    last_resort_ = true;
    found = try_types(0);
  }
  if (!found) {
    throw_failure();
  }
  return found;
}

void AllocationSearch::validate() const {
  constexpr char const* context = "MemoryAllocator::allocate";
  if (requirements_.size == 0) {
    throw ValidationError{context, "the size is 0; ask for at least one byte",
                          "VUID-VkMemoryAllocateInfo-allocationSize-00638"};
  }
  if (!is_power_of_two(requirements_.alignment)) {
    throw ValidationError{context, text("the alignment ", requirements_.alignment, " is not a power of two").c_str()};
  }
  if (needs_dedicated() && !may_allocate()) {
    throw ValidationError{
        context,
        "this resource needs dedicated memory, which AllocatePreference::NeverAllocate forbids; leave "
        "it at Automatic"};
  }
  if (ranking_.empty()) {
    throw ValidationError{
        context,
        text("no memory type fits: the resource allows types of the mask ", requirements_.memory_type_bits,
             ", AllocationCreateInfo::memory_type_bits is ", info_.memory_type_bits,
             ", and none of those has the flags that the usage and the filter require; require less, or choose "
             "another MemoryUsage")
            .c_str()};
  }
}

/// From that place of the ranking on.
MemoryAllocation AllocationSearch::try_types(std::uint32_t first) {
  for (std::uint32_t place = first; place < ranking_.size(); ++place) {
    if (MemoryAllocation found = try_type(ranking_[place])) {
      return found;
    }
  }
  return {};
}

MemoryAllocation AllocationSearch::try_type(std::uint32_t type) {
  if (requirements_.size > heap_of(type).size) {
    return {};
  }
  bool const dedicated_first = needs_dedicated() || (may_allocate() && wants_dedicated(type));
  bool const dedicated_last = !dedicated_first && may_allocate();
  VkResult const earlier = std::exchange(failure_.map, VK_SUCCESS);
  MemoryAllocation found = dedicated_first ? try_dedicated(type) : try_blocks(type);
  bool const goes_on = !found && failure_.map == VK_SUCCESS && !needs_dedicated();
  if (goes_on && (dedicated_first || dedicated_last)) {
    found = dedicated_first ? try_blocks(type) : try_dedicated(type);
  }
  if (failure_.map == VK_SUCCESS) {
    failure_.map = earlier;
  }
  return found;
}

MemoryAllocation AllocationSearch::try_blocks(std::uint32_t type) {
  bool const map = map_at_once(type);
  MemoryPool& pool = allocator_.pools[type];
  MemoryAllocation found = pool.suballocate(requirements_, map, failure_.map);
  if (!found && failure_.map == VK_SUCCESS && may_allocate()) {
    found = pool.suballocate_in_new_block(requirements_, map, allowance(type), failure_);
  }
  if (!found && failure_.map == VK_SUCCESS) {
    found = pool.suballocate_anywhere(requirements_, map, failure_.map);
  }
  return found;
}

MemoryAllocation AllocationSearch::try_dedicated(std::uint32_t type) {
  if (requirements_.size > allowance(type)) {
    return {};
  }
  DeviceMemory memory = try_allocate_device_memory(allocator_.device,
                                                   {.size = requirements_.size,
                                                    .memory_type = type,
                                                    .dedicated_buffer = requirements_.buffer,
                                                    .dedicated_image = requirements_.image,
                                                    .export_handle_types = requirements_.export_handle_types},
                                                   failure_.allocate);
  if (!memory || (map_at_once(type) && Access::state(memory).try_map(failure_.map) == nullptr)) {
    return {};
  }
  allocator_.device.set_name(VK_OBJECT_TYPE_DEVICE_MEMORY, reinterpret_cast<std::uint64_t>(memory.handle()),
                             text("ashlar dedicated memory, memory type ", type).c_str());
  return allocator_.pools[type].add_dedicated(std::move(memory));
}

bool AllocationSearch::release_empty_blocks() const noexcept {
  bool released = false;
  for (MemoryPool& pool : allocator_.pools) {
    released = pool.release_empty_blocks() || released;
  }
  return released;
}

void AllocationSearch::throw_failure() const {
  if (failure_.map != VK_SUCCESS && failure_.allocate == VK_SUCCESS) {
    throw VulkanError{failure_.map, "vkMapMemory"};
  }
  throw OutOfMemoryError{out_of_memory_info(allocator_.device, requirements_.size, ranking_[0], failure_.allocate)};
}

bool AllocationSearch::needs_dedicated() const noexcept {
  return requirements_.requires_dedicated || !requirements_.export_handle_types.empty() ||
         info_.allocate_preference == AllocatePreference::AlwaysAllocate;
}

/// Whether the driver prefers it or the size asks for it, and allocations are not scarce.
bool AllocationSearch::wants_dedicated(std::uint32_t type) const noexcept {
  std::uint64_t const most = device_.physical_device.limits().max_memory_allocation_count;
  return (requirements_.prefers_dedicated || requirements_.size > allocator_.pools[type].dedicated_threshold()) &&
         device_.memory_allocation_count.load(std::memory_order_relaxed) < most / 4 * 3;
}

bool AllocationSearch::may_allocate() const noexcept {
  return info_.allocate_preference != AllocatePreference::NeverAllocate;
}

/// Whether the usage wants the host to touch the memory, and it can.
bool AllocationSearch::map_at_once(std::uint32_t type) const noexcept {
  return info_.usage != MemoryUsage::DeviceOnly && memory_.types[type].properties.contains(MemoryProperty::HostVisible);
}

/// Bytes that may still be allocated from the type's heap: of a small one what is left of its half, unless it has
/// been passed over for the request's size and comes again after the others, or nothing else is left at all.
std::uint64_t AllocationSearch::allowance(std::uint32_t type) const noexcept {
  std::uint32_t const heap = memory_.types[type].heap;
  if (!allocator_.has_small_heap || last_resort_ || exceeds_small_heap(memory_, request_, heap) ||
      !is_small_heap(memory_, heap)) {
    return ~std::uint64_t{0};
  }
  // The device's, not the allocator's: blocks of all allocators share the half.
  std::uint64_t const total = small_heap_total(memory_.heaps[heap]);
  return total - std::min(total, device_.heap_use[heap].load(std::memory_order_relaxed));
}

MemoryHeap const& AllocationSearch::heap_of(std::uint32_t type) const noexcept {
  return memory_.heaps[memory_.types[type].heap];
}

}  // namespace ashlar::detail
