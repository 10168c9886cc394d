// Memory: allocation, mapping, flushing, export and import.

#include <unistd.h>

#include <optional>
#include <string>

#include "simulated_driver/call.hpp"
#include "simulated_driver/chain.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/memory_access.hpp"
#include "simulated_driver/queue.hpp"

namespace ashlar::simulated {

namespace {

constexpr std::size_t most_records = 100'000;

template <class Record>
void record(std::vector<Record>& records, Record const& one) {
  if (driver().has_owner && records.size() < most_records) {
    records.push_back(one);
  }
}

RecordedAllocation read_allocation(VkMemoryAllocateInfo const& info) {
  RecordedAllocation record;
  record.memory_type = info.memoryTypeIndex;
  record.size = info.allocationSize;
  for (auto const* link = static_cast<VkBaseInStructure const*>(info.pNext); link != nullptr; link = link->pNext) {
    void const* const at = link;
    if (link->sType == VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO) {
      VkMemoryAllocateFlags const flags = static_cast<VkMemoryAllocateFlagsInfo const*>(at)->flags;
      record.device_address = (flags & VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT) != 0;
    } else if (link->sType == VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO) {
      record.dedicated_buffer = static_cast<VkMemoryDedicatedAllocateInfo const*>(at)->buffer;
      record.dedicated_image = static_cast<VkMemoryDedicatedAllocateInfo const*>(at)->image;
    } else if (link->sType == VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO) {
      record.export_handle_types = static_cast<VkExportMemoryAllocateInfo const*>(at)->handleTypes;
    } else if (link->sType == VK_STRUCTURE_TYPE_MEMORY_PRIORITY_ALLOCATE_INFO_EXT) {
      record.priority = static_cast<VkMemoryPriorityAllocateInfoEXT const*>(at)->priority;
    }
  }
  return record;
}

/// Vulkan lets memory be dedicated to what is bound elsewhere and can never lie in it; a test has no use for that.
void check_dedicated(Call const& call, RecordedAllocation const& record, Resource const* resource, char const* rule) {
  if (resource != nullptr) {
    call.require(record.size == resource->requirements.size, rule);
    call.require(resource->memory == 0 || !driver().has_owner,
                 "dedicated to a resource that is bound already (ASHLAR-dedicated-late)");
  }
}

void check_dedicated(Call const& call, RecordedAllocation const& record) {
  constexpr char const* common_parent = "VUID-VkMemoryDedicatedAllocateInfo-commonparent";
  call.require(record.dedicated_buffer == VK_NULL_HANDLE || record.dedicated_image == VK_NULL_HANDLE,
               "dedicated to two resources (VUID-VkMemoryDedicatedAllocateInfo-image-01432)");
  if (record.dedicated_buffer != VK_NULL_HANDLE) {
    HandleRules const rules{"VUID-VkMemoryDedicatedAllocateInfo-buffer-parameter", common_parent};
    check_dedicated(call, record, call.find_buffer(record.dedicated_buffer, rules),
                    "not of the buffer's size (VUID-VkMemoryDedicatedAllocateInfo-buffer-02965)");
  }
  if (record.dedicated_image != VK_NULL_HANDLE) {
    HandleRules const rules{"VUID-VkMemoryDedicatedAllocateInfo-image-parameter", common_parent};
    check_dedicated(call, record, call.find_image(record.dedicated_image, rules),
                    "not of the image's size (VUID-VkMemoryDedicatedAllocateInfo-image-02964)");
  }
}

void check_use(Call const& call, RecordedAllocation const& record, MemoryPropertyFlags properties) {
  auto const& features = call.device().features;
  call.require(record.size != 0, "the size is 0 (VUID-VkMemoryAllocateInfo-allocationSize-00638)");
  call.require(!properties.contains(MemoryProperty::Protected) || features.contains("protectedMemory"),
               "a protected type without its feature (VUID-VkMemoryAllocateInfo-memoryTypeIndex-01872)");
  call.require(!properties.contains(MemoryProperty::DeviceCoherentAmd) || features.contains("deviceCoherentMemory"),
               "a device-coherent type without its feature (VUID-vkAllocateMemory-deviceCoherentMemory-02790)");
  call.require(!record.device_address || features.contains("bufferDeviceAddress"),
               "the device-address flag without its feature (VUID-VkMemoryAllocateInfo-flags-03331)");
  call.require(!record.priority || features.contains("memoryPriority"),
               "a priority without its feature (ASHLAR-not-enabled)");
  call.require(!record.priority || (*record.priority >= 0 && *record.priority <= 1),
               "a priority outside of 0 to 1 (VUID-VkMemoryPriorityAllocateInfoEXT-priority-02602)");
  call.require(
      (record.export_handle_types & ~call.device().gpu->external_handle_types()) == 0,
      "an external handle type that the GPU does not offer (VUID-VkExportMemoryAllocateInfo-handleTypes-00656)");
  check_dedicated(call, record);
}

/// Whether there is room, or with what the allocation ends.
VkResult find_room(Call const& call, RecordedAllocation const& record, MemoryType const& type) {
  Gpu const& gpu = *call.device().gpu;
  HeapUse const& use = driver().heap(gpu, type.heap);
  VkDeviceSize const heap_size = gpu.memory.heaps[type.heap].size;
  if (!call.require(call.device().memories.size() < gpu.limits.max_memory_allocation_count,
                    "more than maxMemoryAllocationCount (VUID-vkAllocateMemory-maxMemoryAllocationCount-04101)")) {
    return VK_ERROR_TOO_MANY_OBJECTS;
  }
  bool const possible =
      call.require(record.size <= heap_size, "more than the heap has (VUID-vkAllocateMemory-pAllocateInfo-01713)") &&
      record.size <= gpu.max_memory_allocation_size();
  if (driver().has_owner) {  // Vulkan lets a program try; a test's is to know the limit.
    call.require(record.size <= gpu.max_memory_allocation_size(),
                 "more than maxMemoryAllocationSize (ASHLAR-allocation-size)");
  }
  bool const room = use.occupied <= heap_size && use.used <= heap_size - use.occupied &&
                    record.size <= heap_size - use.occupied - use.used;
  return possible && room ? VK_SUCCESS : VK_ERROR_OUT_OF_DEVICE_MEMORY;
}

/// Names exported memory by what an import has to have in common with it.
std::string export_name(Gpu const& gpu, std::uint32_t memory_type) {
  return "type " + std::to_string(memory_type) + " of " + gpu.name;
}

/// The driver is left without the bytes where the import is wrong.
VkResult import(Call const& call, VkImportMemoryFdInfoKHR const& info, Memory& memory) {
  Gpu const& gpu = *call.device().gpu;
  std::optional<std::string> const name = Backing::exported_name(info.fd);
  if (call.require(call.device().extensions.contains(VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME),
                   "VK_KHR_external_memory_fd is not enabled (ASHLAR-not-enabled)") &&
      call.require((info.handleType & gpu.external_handle_types()) != 0,
                   "a handle type that cannot be imported (VUID-VkImportMemoryFdInfoKHR-handleType-00667)") &&
      call.require(name.has_value(),
                   "a file that is no exported memory (VUID-VkImportMemoryFdInfoKHR-handleType-00670)") &&
      call.require(name == export_name(gpu, memory.info.memory_type),
                   "memory of another type or GPU (VUID-VkMemoryAllocateInfo-allocationSize-01742, "
                   "VUID-VkImportMemoryFdInfoKHR-fd-00668)")) {
    memory.device_bytes = Backing::import(info.fd, memory.info.size, memory.map_alignment);
    memory.imported_as = info.handleType;
    call.require(memory.device_bytes != nullptr,
                 "memory of another size (VUID-VkMemoryAllocateInfo-allocationSize-01742)");
  }
  return memory.device_bytes != nullptr ? VK_SUCCESS : VK_ERROR_INVALID_EXTERNAL_HANDLE;
}

/// Bytes that are shared with another device or process, if the allocation asks for that.
VkResult share(Call const& call, VkMemoryAllocateInfo const& info, Memory& memory) {
  auto const* const import_info =
      find_struct<VkImportMemoryFdInfoKHR>(info.pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR);
  if (import_info != nullptr && import_info->handleType != 0) {
    return import(call, *import_info, memory);
  }
  if ((memory.info.export_handle_types & VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT) != 0) {
    memory.device_bytes = Backing::create_exportable(memory.info.size, memory.map_alignment, Pattern::Device,
                                                     export_name(*call.device().gpu, memory.info.memory_type));
    return memory.device_bytes != nullptr ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
  }
  return VK_SUCCESS;
}

VkResult try_allocate(Call const& call, VkMemoryAllocateInfo const& info, Memory& memory) {
  Gpu const& gpu = *call.device().gpu;
  if (!call.require(memory.info.memory_type < gpu.memory.type_count,
                    "no such memory type (VUID-vkAllocateMemory-pAllocateInfo-01714)")) {
    return VK_ERROR_UNKNOWN;
  }
  memory.type = gpu.memory.types[memory.info.memory_type];
  memory.map_alignment = gpu.limits.min_memory_map_alignment;
  check_use(call, memory.info, memory.type.properties);
  VkResult const room = find_room(call, memory.info, memory.type);
  if (room != VK_SUCCESS || call.result() != VK_SUCCESS) {
    return call.result() != VK_SUCCESS ? call.result() : room;
  }
  return share(call, info, memory);
}

VkResult VKAPI_CALL allocate_memory(VkDevice device, VkMemoryAllocateInfo const* info,
                                    VkAllocationCallbacks const* /*callbacks*/, VkDeviceMemory* handle) {
  Call const call{device, "vkAllocateMemory"};
  Memory memory;
  memory.info = read_allocation(*info);
  memory.info.result = try_allocate(call, *info, memory);
  record(driver().allocations, memory.info);
  VkResult const result = memory.info.result;
  if (result == VK_SUCCESS) {
    driver().heap(*call.device().gpu, memory.type.heap).used += memory.info.size;
    *handle = call.add<VkDeviceMemory>(&DeviceState::memories, std::move(memory));
  }
  return result;
}

void VKAPI_CALL free_memory(VkDevice device, VkDeviceMemory handle, VkAllocationCallbacks const* /*callbacks*/) {
  Call const call{device, "vkFreeMemory", {exclusive("VkDeviceMemory", handle)}};
  if (handle == VK_NULL_HANDLE) {
    return;
  }
  if (Memory const* const memory =
          call.find(&DeviceState::memories, to_id(handle),
                    {"VUID-vkFreeMemory-memory-parameter", "VUID-vkFreeMemory-memory-parent"})) {
    call.require(!is_in_use(call.device(), to_id(handle)), "a submission uses it (VUID-vkFreeMemory-memory-00677)");
    call.device().accesses.forget(to_id(handle));
    call.device().host_writes.forget(to_id(handle));
    driver().heap(*call.device().gpu, memory->type.heap).used -= memory->info.size;
    call.erase(&DeviceState::memories, to_id(handle));
  }
}

VkResult VKAPI_CALL map_memory(VkDevice device, VkDeviceMemory handle, VkDeviceSize offset, VkDeviceSize size,
                               VkMemoryMapFlags flags, void** address) {
  Call const call{device, "vkMapMemory", {exclusive("VkDeviceMemory", handle)}};
  Memory* const memory = call.find(&DeviceState::memories, to_id(handle),
                                   {"VUID-vkMapMemory-memory-parameter", "VUID-vkMapMemory-memory-parent"});
  if (memory == nullptr || call.result() != VK_SUCCESS) {
    return memory == nullptr ? VK_ERROR_MEMORY_MAP_FAILED : call.result();
  }
  VkDeviceSize const whole = memory->info.size;
  call.require(flags == 0, "flags that Vulkan does not have (VUID-vkMapMemory-flags-zerobitmask)");
  if (!call.require(memory->map_size == 0, "mapped twice (VUID-vkMapMemory-memory-00678)") ||
      !call.require(memory->type.properties.contains(MemoryProperty::HostVisible),
                    "not host-visible (VUID-vkMapMemory-memory-00682)") ||
      !call.require(offset < whole, "an offset outside of the memory (VUID-vkMapMemory-offset-00679)") ||
      !call.require(size != 0, "the size is 0 (VUID-vkMapMemory-size-00680)") ||
      !call.require(size == VK_WHOLE_SIZE || size <= whole - offset,
                    "beyond the memory's end (VUID-vkMapMemory-size-00681)")) {
    return VK_ERROR_MEMORY_MAP_FAILED;
  }
  bool const tracked = call.device().gpu->write_back_seed && memory->has_two_copies();
  if (memory->host_copy() == nullptr ||
      (tracked && (memory->clean_copy() == nullptr || memory->device_copy() == nullptr))) {
    return VK_ERROR_MEMORY_MAP_FAILED;
  }
  memory->map_offset = offset;
  memory->map_size = size == VK_WHOLE_SIZE ? whole - offset : size;
  *address = memory->host_copy()->bytes() + offset;
  return VK_SUCCESS;
}

void VKAPI_CALL unmap_memory(VkDevice device, VkDeviceMemory handle) {
  Call const call{device, "vkUnmapMemory", {exclusive("VkDeviceMemory", handle)}};
  if (Memory* const memory = call.find(&DeviceState::memories, to_id(handle),
                                       {"VUID-vkUnmapMemory-memory-parameter", "VUID-vkUnmapMemory-memory-parent"})) {
    call.require(memory->map_size != 0, "not mapped (VUID-vkUnmapMemory-memory-00689)");
    memory->map_size = 0;
  }
}

/// Whether the range lies in what is mapped.
bool check_mapped(Call const& call, Memory const& memory, VkMappedMemoryRange const& range, VkDeviceSize end) {
  VkDeviceSize const map_end = memory.map_offset + memory.map_size;
  if (!call.require(memory.map_size != 0, "not mapped (VUID-VkMappedMemoryRange-memory-00684)")) {
    return false;
  }
  return range.size == VK_WHOLE_SIZE
             ? call.require(memory.map_offset <= range.offset && range.offset < map_end,
                            "an offset outside of the mapping (VUID-VkMappedMemoryRange-size-00686)")
             : call.require(memory.map_offset <= range.offset && range.offset <= end && end <= map_end,
                            "a range outside of the mapping (VUID-VkMappedMemoryRange-size-00685)");
}

void check_range(Call const& call, Memory const& memory, VkMappedMemoryRange const& range, VkDeviceSize end) {
  if (!check_mapped(call, memory, range, end)) {
    return;
  }
  VkDeviceSize const atom = call.device().gpu->limits.non_coherent_atom_size;
  bool const is_whole = end % atom == 0 || end == memory.info.size;
  call.require(range.offset % atom == 0,
               "an offset that is no multiple of the atom (VUID-VkMappedMemoryRange-offset-00687)");
  call.require(is_whole || range.size != VK_WHOLE_SIZE,
               "a mapping that ends within an atom (VUID-VkMappedMemoryRange-size-01389)");
  call.require(is_whole || range.size == VK_WHOLE_SIZE,
               "a size that is no multiple of the atom (VUID-VkMappedMemoryRange-size-01390)");
}

/// What vkFlushMappedMemoryRanges and vkInvalidateMappedMemoryRanges have in common.
VkResult move_ranges(Call const& call, std::vector<RecordedRange>& records, bool to_device, std::uint32_t count,
                     VkMappedMemoryRange const* ranges) {
  write_back_some(call.device());
  for (VkMappedMemoryRange const* range = ranges; range != ranges + call.elements(count); ++range) {
    Memory* const memory =
        call.find(&DeviceState::memories, to_id(range->memory), {"VUID-VkMappedMemoryRange-memory-parameter"});
    if (memory == nullptr) {
      continue;
    }
    record(records, {range->memory, range->offset, range->size});
    VkDeviceSize const map_end = memory->map_offset + memory->map_size;
    VkDeviceSize const end = range->size == VK_WHOLE_SIZE ? map_end : range->offset + range->size;
    check_range(call, *memory, *range, end);
    move_atoms(call.device(), *memory, std::max(range->offset, memory->map_offset), std::min(end, map_end), to_device);
  }
  return call.result();
}

ObjectUses memories_of(std::uint32_t count, VkMappedMemoryRange const* ranges) {
  ObjectUses uses;
  std::for_each(ranges, ranges + count,
                [&](VkMappedMemoryRange const& range) { uses.push_back(shared("VkDeviceMemory", range.memory)); });
  return uses;
}

VkResult VKAPI_CALL flush(VkDevice device, std::uint32_t count, VkMappedMemoryRange const* ranges) {
  Call const call{device, "vkFlushMappedMemoryRanges", memories_of(count, ranges)};
  call.require(count != 0, "no ranges (VUID-vkFlushMappedMemoryRanges-memoryRangeCount-arraylength)");
  return move_ranges(call, driver().flushes, true, count, ranges);
}

VkResult VKAPI_CALL invalidate(VkDevice device, std::uint32_t count, VkMappedMemoryRange const* ranges) {
  Call const call{device, "vkInvalidateMappedMemoryRanges", memories_of(count, ranges)};
  call.require(count != 0, "no ranges (VUID-vkInvalidateMappedMemoryRanges-memoryRangeCount-arraylength)");
  return move_ranges(call, driver().invalidations, false, count, ranges);
}

void VKAPI_CALL get_commitment(VkDevice device, VkDeviceMemory handle, VkDeviceSize* bytes) {
  Call const call{device, "vkGetDeviceMemoryCommitment", {shared("VkDeviceMemory", handle)}};
  Memory const* const memory = call.find(
      &DeviceState::memories, to_id(handle),
      {"VUID-vkGetDeviceMemoryCommitment-memory-parameter", "VUID-vkGetDeviceMemoryCommitment-memory-parent"});
  *bytes = memory != nullptr ? memory->info.size : 0;
}

std::uint64_t VKAPI_CALL get_capture_address(VkDevice device, VkDeviceMemoryOpaqueCaptureAddressInfo const* info) {
  Call const call{device, "vkGetDeviceMemoryOpaqueCaptureAddress", {shared("VkDeviceMemory", info->memory)}};
  HandleRules const rules{"VUID-VkDeviceMemoryOpaqueCaptureAddressInfo-memory-parameter"};
  return call.find(&DeviceState::memories, to_id(info->memory), rules) != nullptr ? to_id(info->memory) : 0;
}

VkResult VKAPI_CALL get_memory_fd(VkDevice device, VkMemoryGetFdInfoKHR const* info, int* file) {
  Call const call{device, "vkGetMemoryFdKHR", {shared("VkDeviceMemory", info->memory)}};
  call.require(call.device().extensions.contains(VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME),
               "VK_KHR_external_memory_fd is not enabled (ASHLAR-not-enabled)");
  Memory const* const memory =
      call.find(&DeviceState::memories, to_id(info->memory), {"VUID-VkMemoryGetFdInfoKHR-memory-parameter"});
  if (call.result() != VK_SUCCESS || memory == nullptr) {
    return call.result() != VK_SUCCESS ? call.result() : VK_ERROR_OUT_OF_HOST_MEMORY;
  }
  if (!call.require(info->handleType == VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT ||
                        info->handleType == VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
                    "a handle type that is no file descriptor (VUID-VkMemoryGetFdInfoKHR-handleType-00672)") ||
      !call.require((memory->info.export_handle_types & static_cast<VkFlags>(info->handleType)) != 0,
                    "memory that was not allocated for that export (VUID-VkMemoryGetFdInfoKHR-handleType-00671)")) {
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
  *file = memory->device_bytes->duplicate_file();
  return *file >= 0 ? VK_SUCCESS : VK_ERROR_TOO_MANY_OBJECTS;
}

VkResult VKAPI_CALL get_fd_properties(VkDevice device, VkExternalMemoryHandleTypeFlagBits type, int /*file*/,
                                      VkMemoryFdPropertiesKHR* /*properties*/) {
  Call const call{device, "vkGetMemoryFdPropertiesKHR"};
  call.require(type != VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
               "an opaque handle (VUID-vkGetMemoryFdPropertiesKHR-handleType-00674)");
  return call.result() != VK_SUCCESS ? call.result() : VK_ERROR_INVALID_EXTERNAL_HANDLE;  // Only opaque ones are known.
}

}  // namespace

Functions memory_functions() {
  constexpr char const* address = VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME;
  constexpr char const* external_fd = VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME;
  return {core<allocate_memory>("vkAllocateMemory"),
          core<flush>("vkFlushMappedMemoryRanges"),
          core<free_memory>("vkFreeMemory"),
          core<get_commitment>("vkGetDeviceMemoryCommitment"),
          core<get_capture_address>("vkGetDeviceMemoryOpaqueCaptureAddress", VK_API_VERSION_1_2),
          core<invalidate>("vkInvalidateMappedMemoryRanges"),
          core<map_memory>("vkMapMemory"),
          core<unmap_memory>("vkUnmapMemory"),
          of_extension<get_capture_address>("vkGetDeviceMemoryOpaqueCaptureAddressKHR", address),
          of_extension<get_memory_fd>("vkGetMemoryFdKHR", external_fd),
          of_extension<get_fd_properties>("vkGetMemoryFdPropertiesKHR", external_fd)};
}

}  // namespace ashlar::simulated
