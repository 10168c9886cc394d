#include <ashlar/error.hpp>
#include <ashlar/memory/device_memory.hpp>

#include "device/check.hpp"
#include "device/device_state.hpp"
#include "memory/device_memory_state.hpp"
#include "memory/heap_budget.hpp"
#include "text.hpp"

#include <algorithm>
#include <memory>

namespace ashlar {
namespace detail {
namespace {

/// Counts a VkDeviceMemory that is about to be made, unless the device has as many as it may.
bool reserve_allocation(DeviceState& device) noexcept {
  std::uint64_t const most = device.physical_device.limits().max_memory_allocation_count;
  std::uint64_t count = device.memory_allocation_count.load(std::memory_order_relaxed);
  while (count < most) {
    if (device.memory_allocation_count.compare_exchange_weak(count, count + 1, std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

/// vkAllocateMemory with the structs that the device and the info ask for.
VkResult allocate_from_driver(DeviceState const& device, DeviceMemoryAllocateInfo const& info, VkDeviceMemory& memory) {
  void const* chain = nullptr;
  VkMemoryAllocateFlagsInfo flags{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, chain,
                                  VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT, 0};
  if (device.features.buffer_device_address) {
    chain = &flags;
  }
  VkMemoryDedicatedAllocateInfo const dedicated{VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, chain,
                                                info.dedicated_image, info.dedicated_buffer};
  if (info.dedicated_buffer != VK_NULL_HANDLE || info.dedicated_image != VK_NULL_HANDLE) {
    chain = &dedicated;
  }
  VkExportMemoryAllocateInfo const exported{VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, chain,
                                            info.export_handle_types.mask()};
  if (!info.export_handle_types.empty()) {
    chain = &exported;
  }
  VkMemoryPriorityAllocateInfoEXT const priority{VK_STRUCTURE_TYPE_MEMORY_PRIORITY_ALLOCATE_INFO_EXT, chain,
                                                 info.priority};
  if (device.features.memory_priority) {
    chain = &priority;
  }
  VkMemoryAllocateInfo const allocate{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, chain, info.size, info.memory_type};
  return device.vk.vkAllocateMemory(device.handle, &allocate, device.allocation_callbacks, &memory);
}

bool is_out_of_memory(VkResult result) noexcept {
  return result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY ||
         result == VK_ERROR_TOO_MANY_OBJECTS;
}

void validate(Device const& device, DeviceMemoryAllocateInfo const& info) {
  constexpr char const* context = "DeviceMemory::allocate";
  if (!device) {
    throw ValidationError{context, "the device is empty; create or adopt one first"};
  }
  if (info.size == 0) {
    throw ValidationError{context, "the size is 0; ask for at least one byte",
                          "VUID-VkMemoryAllocateInfo-allocationSize-00638"};
  }
  if (info.memory_type >= device.physical_device().memory().type_count) {
    throw ValidationError{context, text("there is no memory type ", info.memory_type).c_str(),
                          "VUID-vkAllocateMemory-pAllocateInfo-01714"};
  }
  if (info.dedicated_buffer != VK_NULL_HANDLE && info.dedicated_image != VK_NULL_HANDLE) {
    throw ValidationError{context, "memory can be dedicated to a buffer or to an image, not to both",
                          "VUID-VkMemoryDedicatedAllocateInfo-image-01432"};
  }
}

}  // namespace

DeviceMemoryState::DeviceMemoryState(Device owner, DeviceMemoryAllocateInfo const& info) noexcept
    : device{static_cast<Device&&>(owner)},
      size{info.size},
      memory_type{info.memory_type},
      properties{device.physical_device().memory().types[info.memory_type].properties} {}

DeviceMemoryState::~DeviceMemoryState() {
  if (handle == VK_NULL_HANDLE) {
    return;
  }
  DeviceState& owner = Access::state(device);
  owner.memory_names.forget(reinterpret_cast<std::uint64_t>(handle));
  owner.vk.vkFreeMemory(owner.handle, handle, owner.allocation_callbacks);
  owner.heap_use[owner.physical_device.memory().types[memory_type].heap].fetch_sub(size, std::memory_order_relaxed);
  owner.own_memory_allocation_count.fetch_sub(1, std::memory_order_relaxed);
  owner.memory_allocation_count.fetch_sub(1, std::memory_order_relaxed);
}

std::byte* DeviceMemoryState::try_map(VkResult& result) noexcept {
  if (std::byte* const address = mapped.load(std::memory_order_acquire); address != nullptr) {
    return address;
  }
  std::lock_guard const lock{map_mutex};
  if (std::byte* const address = mapped.load(std::memory_order_relaxed); address != nullptr) {
    return address;
  }
  DeviceState const& owner = Access::state(device);
  void* address = nullptr;
  result = owner.vk.vkMapMemory(owner.handle, handle, 0, VK_WHOLE_SIZE, 0, &address);
  if (result != VK_SUCCESS) {
    return nullptr;
  }
  mapped.store(static_cast<std::byte*>(address), std::memory_order_release);
  return static_cast<std::byte*>(address);
}

void retain(DeviceMemoryState& state) noexcept { state.add_reference(); }

void release(DeviceMemoryState& state) noexcept {
  if (state.drop_reference()) {
    delete &state;
  }
}

DeviceMemory try_allocate_device_memory(Device const& device, DeviceMemoryAllocateInfo const& info, VkResult& result) {
  DeviceState& owner = Access::state(device);
  MemoryProperties const& memory = owner.physical_device.memory();
  std::uint32_t const heap = memory.types[info.memory_type].heap;
  if (info.size > std::min(memory.heaps[heap].size, owner.physical_device.limits().max_memory_allocation_size)) {
    return {};
  }
  Counted<DeviceMemoryState> state{new DeviceMemoryState{device, info}};
  if (!reserve_allocation(owner)) {
    return {};
  }
  result = allocate_from_driver(owner, info, state->handle);
  if (result != VK_SUCCESS) {
    state->handle = VK_NULL_HANDLE;
    owner.memory_allocation_count.fetch_sub(1, std::memory_order_relaxed);
    if (!is_out_of_memory(result)) {
      throw VulkanError{result, "vkAllocateMemory"};
    }
    return {};
  }
  owner.own_memory_allocation_count.fetch_add(1, std::memory_order_relaxed);
  owner.heap_use[heap].fetch_add(info.size, std::memory_order_relaxed);
  return Access::make<DeviceMemory>(std::move(state));
}

OutOfMemoryInfo out_of_memory_info(Device const& device, std::uint64_t size, std::uint32_t memory_type,
                                   VkResult result) {
  MemoryStatistics statistics;
  read_heaps(device, statistics);
  PhysicalDeviceLimits const& limits = device.physical_device().limits();
  std::uint32_t const heap = device.physical_device().memory().types[memory_type].heap;
  OutOfMemoryInfo info;
  info.requested = size;
  info.memory_type = memory_type;
  info.heap = heap;
  info.heap_size = statistics.heaps[heap].size;
  info.heap_use = statistics.heaps[heap].device_use;
  info.budget = device.features().memory_budget ? statistics.heaps[heap].budget : 0;
  info.allocation_count = Access::state(device).memory_allocation_count.load(std::memory_order_relaxed);
  info.max_allocation_count = limits.max_memory_allocation_count;
  info.max_allocation_size = limits.max_memory_allocation_size;
  info.result = result;
  return info;
}

}  // namespace detail

DeviceMemory::DeviceMemory(detail::Counted<detail::DeviceMemoryState> state) noexcept : state_{std::move(state)} {}

DeviceMemory DeviceMemory::allocate(Device const& device, DeviceMemoryAllocateInfo const& info) {
  detail::validate(device, info);
  VkResult result = VK_SUCCESS;
  DeviceMemory memory = detail::try_allocate_device_memory(device, info, result);
  if (!memory) {
    throw OutOfMemoryError{detail::out_of_memory_info(device, info.size, info.memory_type, result)};
  }
  return memory;
}

VkDeviceMemory DeviceMemory::handle() const noexcept { return state_->handle; }
std::uint64_t DeviceMemory::size() const noexcept { return state_->size; }
std::uint32_t DeviceMemory::memory_type() const noexcept { return state_->memory_type; }
MemoryPropertyFlags DeviceMemory::properties() const noexcept { return state_->properties; }

std::byte* DeviceMemory::map() const {
  if (!state_->properties.contains(MemoryProperty::HostVisible)) {
    throw NotHostVisibleError{
        detail::text(
            "memory type ", state_->memory_type,
            " is not host-visible: fill a host-visible staging buffer (MemoryUsage::Staging) and let the device "
            "copy it, or ask for MemoryUsage::Upload or Download")
            .c_str()};
  }
  VkResult result = VK_SUCCESS;
  std::byte* const mapped = state_->try_map(result);
  detail::check(result, "vkMapMemory");
  return mapped;
}

namespace {

/// The range that Vulkan is to be told for `range`; its size is 0 where there is nothing to do.
VkMappedMemoryRange mapped_range(detail::DeviceMemoryState const& memory, ByteRange range, char const* context) {
  if (range.offset > memory.size || range.size > memory.size - range.offset) {
    throw ValidationError{context,
                          detail::text("the range [", range.offset, ", +", range.size, ") is not inside the memory of ",
                                       memory.size, " bytes")
                              .c_str(),
                          "VUID-VkMappedMemoryRange-size-00685"};
  }
  if (memory.properties.contains(MemoryProperty::HostCoherent)) {
    range.size = 0;
  }
  std::uint64_t const atom = memory.device.physical_device().limits().non_coherent_atom_size;
  std::uint64_t const begin = align_down(range.offset, atom);
  std::uint64_t const padding = (atom - range.end() % atom) % atom;
  std::uint64_t const end = padding > memory.size - range.end() ? memory.size : range.end() + padding;
  return {VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, nullptr, memory.handle, begin, range.size == 0 ? 0 : end - begin};
}

}  // namespace

void DeviceMemory::flush(ByteRange range) const {
  VkMappedMemoryRange const mapped = mapped_range(*state_, range, "DeviceMemory::flush");
  if (mapped.size != 0) {
    detail::DeviceState const& device = detail::Access::state(state_->device);
    detail::check(device.vk.vkFlushMappedMemoryRanges(device.handle, 1, &mapped), "vkFlushMappedMemoryRanges");
  }
}

void DeviceMemory::invalidate(ByteRange range) const {
  VkMappedMemoryRange const mapped = mapped_range(*state_, range, "DeviceMemory::invalidate");
  if (mapped.size != 0) {
    detail::DeviceState const& device = detail::Access::state(state_->device);
    detail::check(device.vk.vkInvalidateMappedMemoryRanges(device.handle, 1, &mapped),
                  "vkInvalidateMappedMemoryRanges");
  }
}

}  // namespace ashlar
