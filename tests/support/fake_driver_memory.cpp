// The functions of a FakeDriver for memory, buffers and images.

#include <cstring>

#include "support/fake_driver_state.hpp"

namespace ashlar::test {

namespace {

/// What a driver has to be asked for by a feature that is off here.
constexpr MemoryPropertyFlags unusable =
    MemoryProperty::Protected | MemoryProperty::DeviceCoherentAmd | MemoryProperty::RdmaCapableNv;

/// Notes `rule` as broken by `function` unless `holds`; whether it holds.
bool require(FakeDriverState& driver, bool holds, char const* function, char const* rule) {
  if (!holds) {
    driver.violation(std::string{function} + ": " + rule);
  }
  return holds;
}

// Allocations.

constexpr char const* allocate_name = "vkAllocateMemory";

RecordedAllocation read_allocation(FakeDriverState& driver, VkMemoryAllocateInfo const& info) {
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
    } else {
      require(driver, false, allocate_name, "a struct in the chain that FakeDriver does not know");
    }
  }
  return record;
}

void check_dedicated(FakeDriverState& driver, RecordedAllocation const& record, std::uint64_t id) {
  if (id == 0) {
    return;
  }
  if (FakeResource const* const resource = driver.find(driver.resources, id, allocate_name)) {
    require(driver, record.size == resource->requirements.size, allocate_name,
            "the size is not that of the resource it is dedicated to (02964, 02965)");
  }
}

VkResult try_allocate(FakeDriverState& driver, RecordedAllocation const& record) {
  FakeDriverInfo const& info = driver.info;
  if (!require(driver, record.memory_type < info.memory.type_count, allocate_name, "no such memory type (01714)")) {
    return VK_ERROR_UNKNOWN;
  }
  auto const& [properties, heap] = info.memory.types[record.memory_type];
  VkDeviceSize const heap_size = info.memory.heaps[heap].size;
  require(driver, record.size != 0, allocate_name, "the size is 0 (07897)");
  require(driver, !properties.intersects(unusable), allocate_name, "a type whose feature is off (01872, 02790)");
  require(driver, !record.device_address || driver.enabled.buffer_device_address, allocate_name,
          "the device-address flag without its feature (03331)");
  require(driver, !record.priority || driver.enabled.memory_priority, allocate_name, "a priority without its feature");
  require(driver, record.dedicated_buffer == VK_NULL_HANDLE || record.dedicated_image == VK_NULL_HANDLE, allocate_name,
          "dedicated to two resources (01432)");
  check_dedicated(driver, record, to_id(record.dedicated_buffer));
  check_dedicated(driver, record, to_id(record.dedicated_image));
  if (!require(driver, driver.memories.size() < info.limits.max_memory_allocation_count, allocate_name,
               "more than maxMemoryAllocationCount (04101)")) {
    return VK_ERROR_TOO_MANY_OBJECTS;
  }
  if (!require(driver, record.size <= heap_size, allocate_name, "more than the heap has (01713)") ||
      !require(driver, record.size <= info.max_memory_allocation_size(), allocate_name,
               "more than maxMemoryAllocationSize") ||
      record.size > heap_size - driver.occupied[heap] - driver.used[heap]) {
    return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  }
  return VK_SUCCESS;
}

VkResult VKAPI_CALL allocate_memory(VkDevice /*device*/, VkMemoryAllocateInfo const* info,
                                    VkAllocationCallbacks const* /*callbacks*/, VkDeviceMemory* memory) {
  FakeCall const call{allocate_name};
  FakeDriverState& driver = call.driver();
  RecordedAllocation record = read_allocation(driver, *info);
  record.result = try_allocate(driver, record);
  if (call.result() != VK_SUCCESS) {
    record.result = call.result();
  }
  driver.allocations.push_back(record);
  if (record.result == VK_SUCCESS) {
    *memory = to_handle<VkDeviceMemory>(++driver.last_id);
    driver.memories[driver.last_id].info = record;
    driver.used[driver.info.memory.types[record.memory_type].heap] += record.size;
  }
  return record.result;
}

void VKAPI_CALL free_memory(VkDevice /*device*/, VkDeviceMemory memory, VkAllocationCallbacks const* /*callbacks*/) {
  FakeCall const call{"vkFreeMemory"};
  FakeDriverState& driver = call.driver();
  if (memory == VK_NULL_HANDLE) {
    return;
  }
  if (FakeMemory const* const freed = driver.find(driver.memories, to_id(memory), "vkFreeMemory")) {
    driver.used[driver.type_of(*freed).heap] -= freed->info.size;
    driver.memories.erase(to_id(memory));
  }
}

// Mapping.

VkResult VKAPI_CALL map_memory(VkDevice /*device*/, VkDeviceMemory handle, VkDeviceSize offset, VkDeviceSize size,
                               VkMemoryMapFlags /*flags*/, void** address) {
  constexpr char const* name = "vkMapMemory";
  FakeCall const call{name};
  FakeDriverState& driver = call.driver();
  FakeMemory* const memory = driver.find(driver.memories, to_id(handle), name);
  if (memory == nullptr || call.result() != VK_SUCCESS) {
    return memory == nullptr ? VK_ERROR_UNKNOWN : call.result();
  }
  VkDeviceSize const whole = memory->info.size;
  bool const inside = offset < whole && (size == VK_WHOLE_SIZE || (size != 0 && size <= whole - offset));
  if (!require(driver, memory->map_size == 0, name, "mapped twice (00678)") ||
      !require(driver, driver.type_of(*memory).properties.contains(MemoryProperty::HostVisible), name,
               "not host-visible (00682)") ||
      !require(driver, inside, name, "a range outside of the memory (00679, 00681)")) {
    return VK_ERROR_UNKNOWN;
  }
  std::byte* const view = driver.view(*memory, true);
  if (view == nullptr) {
    return VK_ERROR_MEMORY_MAP_FAILED;
  }
  memory->map_offset = offset;
  memory->map_size = size == VK_WHOLE_SIZE ? whole - offset : size;
  *address = view + offset;
  return VK_SUCCESS;
}

void VKAPI_CALL unmap_memory(VkDevice /*device*/, VkDeviceMemory handle) {
  FakeCall const call{"vkUnmapMemory"};
  if (FakeMemory* const memory = call.driver().find(call.driver().memories, to_id(handle), "vkUnmapMemory")) {
    require(call.driver(), memory->map_size != 0, "vkUnmapMemory", "not mapped (00689)");
    memory->map_size = 0;
  }
}

/// What vkFlushMappedMemoryRanges and vkInvalidateMappedMemoryRanges have in common: checks the ranges, and copies.
VkResult copy_ranges(char const* name, std::vector<RecordedRange> FakeDriverState::* records, bool to_device,
                     std::uint32_t count, VkMappedMemoryRange const* ranges) {
  FakeCall const call{name};
  FakeDriverState& driver = call.driver();
  VkDeviceSize const atom = driver.info.limits.non_coherent_atom_size;
  for (VkMappedMemoryRange const* range = ranges; range != ranges + count; ++range) {
    FakeMemory* const memory = driver.find(driver.memories, to_id(range->memory), name);
    if (memory == nullptr) {
      continue;
    }
    (driver.*records).push_back({range->memory, range->offset, range->size});
    VkDeviceSize const map_end = memory->map_offset + memory->map_size;
    VkDeviceSize const end = range->size == VK_WHOLE_SIZE ? map_end : range->offset + range->size;
    bool const valid =
        require(driver, memory->map_size != 0, name, "not mapped (00684)") &&
        require(driver, range->offset >= memory->map_offset && range->offset <= end && end <= map_end, name,
                "a range outside of the mapping (00685, 00686)") &&
        require(driver, range->offset % atom == 0, name, "an offset that is no multiple of the atom (00687)") &&
        require(driver, end % atom == 0 || end == memory->info.size, name,
                "a size that is no multiple of the atom (01389, 01390)");
    if (valid && call.result() == VK_SUCCESS && driver.has_two_views(*memory)) {
      std::memcpy(driver.view(*memory, !to_device) + range->offset, driver.view(*memory, to_device) + range->offset,
                  static_cast<std::size_t>(end - range->offset));
    }
  }
  return call.result();
}

VkResult VKAPI_CALL flush(VkDevice /*device*/, std::uint32_t count, VkMappedMemoryRange const* ranges) {
  return copy_ranges("vkFlushMappedMemoryRanges", &FakeDriverState::flushes, true, count, ranges);
}

VkResult VKAPI_CALL invalidate(VkDevice /*device*/, std::uint32_t count, VkMappedMemoryRange const* ranges) {
  return copy_ranges("vkInvalidateMappedMemoryRanges", &FakeDriverState::invalidations, false, count, ranges);
}

// Resources.

/// A resource of `bytes` that asks for memory as the test says.
FakeResource make_resource(FakeDriverState const& driver, FakeRequirements const& asked, VkDeviceSize bytes) {
  FakeResource resource;
  std::uint32_t const all_types = ~std::uint32_t{0} >> (32 - driver.info.memory.type_count);
  resource.requirements = {align_up(bytes + asked.padding, asked.alignment), asked.alignment,
                           asked.memory_type_bits & all_types};
  resource.prefers_dedicated = asked.requires_dedicated || bytes >= asked.prefers_dedicated_from;
  resource.requires_dedicated = asked.requires_dedicated;
  return resource;
}

template <class Handle>
void add_resource(FakeDriverState& driver, FakeResource const& resource, Handle* handle) {
  *handle = to_handle<Handle>(++driver.last_id);
  driver.resources[driver.last_id] = resource;
}

VkResult VKAPI_CALL create_buffer(VkDevice /*device*/, VkBufferCreateInfo const* info,
                                  VkAllocationCallbacks const* /*callbacks*/, VkBuffer* buffer) {
  FakeCall const call{"vkCreateBuffer"};
  FakeDriverState& driver = call.driver();
  require(driver, info->size != 0, "vkCreateBuffer", "the size is 0 (00912)");
  if (call.result() == VK_SUCCESS) {
    FakeResource resource = make_resource(driver, driver.buffer_requirements, info->size);
    resource.device_address = (info->usage & VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT) != 0;
    if (auto const* const external = find_struct<VkExternalMemoryBufferCreateInfo>(
            info->pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO)) {
      resource.handle_types = external->handleTypes;
    }
    add_resource(driver, resource, buffer);
  }
  return call.result();
}

VkResult VKAPI_CALL create_image(VkDevice /*device*/, VkImageCreateInfo const* info,
                                 VkAllocationCallbacks const* /*callbacks*/, VkImage* image) {
  FakeCall const call{"vkCreateImage"};
  if (call.result() == VK_SUCCESS) {
    FakeDriverState& driver = call.driver();
    VkDeviceSize const texels = VkDeviceSize{info->extent.width} * info->extent.height * info->extent.depth;
    FakeResource resource = make_resource(driver, driver.image_requirements, 4 * texels);
    resource.is_image = true;
    resource.optimal = info->tiling == VK_IMAGE_TILING_OPTIMAL;
    add_resource(driver, resource, image);
  }
  return call.result();
}

void destroy_resource(char const* name, std::uint64_t id) {
  FakeCall const call{name};
  FakeDriverState& driver = call.driver();
  if (id == 0) {
    return;
  }
  if (FakeResource const* const resource = driver.find(driver.resources, id, name)) {
    if (auto const memory = driver.memories.find(resource->memory); memory != driver.memories.end()) {
      memory->second.resources.erase(resource->offset);
    }
    driver.resources.erase(id);
  }
}

void VKAPI_CALL destroy_buffer(VkDevice /*device*/, VkBuffer buffer, VkAllocationCallbacks const* /*callbacks*/) {
  destroy_resource("vkDestroyBuffer", to_id(buffer));
}

void VKAPI_CALL destroy_image(VkDevice /*device*/, VkImage image, VkAllocationCallbacks const* /*callbacks*/) {
  destroy_resource("vkDestroyImage", to_id(image));
}

void get_requirements(char const* name, std::uint64_t id, VkMemoryRequirements2* requirements) {
  FakeCall const call{name};
  if (FakeResource const* const resource = call.driver().find(call.driver().resources, id, name)) {
    requirements->memoryRequirements = resource->requirements;
    if (auto* const dedicated = find_struct<VkMemoryDedicatedRequirements>(
            requirements->pNext, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS)) {
      dedicated->prefersDedicatedAllocation = resource->prefers_dedicated ? VK_TRUE : VK_FALSE;
      dedicated->requiresDedicatedAllocation = resource->requires_dedicated ? VK_TRUE : VK_FALSE;
    }
  }
}

void VKAPI_CALL get_buffer_requirements(VkDevice /*device*/, VkBufferMemoryRequirementsInfo2 const* info,
                                        VkMemoryRequirements2* requirements) {
  get_requirements("vkGetBufferMemoryRequirements2", to_id(info->buffer), requirements);
}

void VKAPI_CALL get_image_requirements(VkDevice /*device*/, VkImageMemoryRequirementsInfo2 const* info,
                                       VkMemoryRequirements2* requirements) {
  get_requirements("vkGetImageMemoryRequirements2", to_id(info->image), requirements);
}

/// Whether two resources of one memory share a byte, or a granularity unit where they must not.
bool collide(FakeResource const& a, FakeResource const& b, VkDeviceSize granularity) {
  VkDeviceSize const unit = a.optimal == b.optimal ? 1 : granularity;
  return ByteRange{a.offset, a.requirements.size}.widened(unit).overlaps(
      ByteRange{b.offset, b.requirements.size}.widened(unit));
}

bool collides_with_neighbour(FakeDriverState& driver, FakeMemory const& memory, FakeResource const& resource) {
  VkDeviceSize const granularity = driver.info.limits.buffer_image_granularity;
  auto const next = memory.resources.lower_bound(resource.offset);
  return (next != memory.resources.end() && collide(resource, driver.resources.at(next->second), granularity)) ||
         (next != memory.resources.begin() &&
          collide(resource, driver.resources.at(std::prev(next)->second), granularity));
}

bool may_bind(FakeDriverState& driver, char const* name, FakeMemory const& memory, FakeResource const& resource,
              std::uint64_t id) {
  RecordedAllocation const& info = memory.info;
  VkMemoryRequirements const& needs = resource.requirements;
  std::uint64_t const dedicated = resource.is_image ? to_id(info.dedicated_image) : to_id(info.dedicated_buffer);
  bool const is_dedicated = info.dedicated_image != VK_NULL_HANDLE || info.dedicated_buffer != VK_NULL_HANDLE;
  auto const check = [&](bool holds, char const* rule) { return require(driver, holds, name, rule); };
  return check(resource.memory == 0, "bound twice") &&
         check(resource.offset % needs.alignment == 0, "an offset that is not aligned") &&
         check(resource.offset <= info.size && needs.size <= info.size - resource.offset, "beyond the memory's end") &&
         check(((needs.memoryTypeBits >> info.memory_type) & 1U) != 0, "a memory type that the resource forbids") &&
         check(!is_dedicated || (dedicated == id && resource.offset == 0), "memory that is dedicated to another") &&
         check(!resource.requires_dedicated || dedicated == id, "memory that is not dedicated as it has to be") &&
         check(!resource.device_address || info.device_address, "memory without the device-address flag (03339)") &&
         check(info.export_handle_types == 0 || (info.export_handle_types & resource.handle_types) != 0,
               "memory that is exported in none of the resource's ways (02726)") &&
         check(!collides_with_neighbour(driver, memory, resource), "memory of another resource that lives");
}

VkResult bind(char const* name, std::uint64_t id, VkDeviceMemory memory_handle, VkDeviceSize offset) {
  FakeCall const call{name};
  FakeDriverState& driver = call.driver();
  FakeResource* const resource = driver.find(driver.resources, id, name);
  FakeMemory* const memory = driver.find(driver.memories, to_id(memory_handle), name);
  if (resource == nullptr || memory == nullptr || call.result() != VK_SUCCESS) {
    return call.result();
  }
  FakeResource bound = *resource;
  bound.offset = offset;
  if (may_bind(driver, name, *memory, bound, id)) {
    bound.memory = to_id(memory_handle);
    *resource = bound;
    memory->resources[offset] = id;
  }
  return VK_SUCCESS;
}

VkResult VKAPI_CALL bind_buffer(VkDevice /*device*/, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset) {
  return bind("vkBindBufferMemory", to_id(buffer), memory, offset);
}

VkResult VKAPI_CALL bind_image(VkDevice /*device*/, VkImage image, VkDeviceMemory memory, VkDeviceSize offset) {
  return bind("vkBindImageMemory", to_id(image), memory, offset);
}

VkDeviceAddress VKAPI_CALL get_buffer_address(VkDevice /*device*/, VkBufferDeviceAddressInfo const* info) {
  constexpr char const* name = "vkGetBufferDeviceAddress";
  FakeCall const call{name};
  FakeDriverState& driver = call.driver();
  FakeResource const* const buffer = driver.find(driver.resources, to_id(info->buffer), name);
  if (buffer == nullptr ||
      !require(driver, buffer->device_address && buffer->memory != 0, name, "no address usage (02601), or not bound")) {
    return 0;
  }
  return (buffer->memory << 40U) + buffer->offset;
}

}  // namespace

FakeFunctions fake_memory_functions() {
  return {{"vkAllocateMemory", void_function(allocate_memory)},
          {"vkBindBufferMemory", void_function(bind_buffer)},
          {"vkBindImageMemory", void_function(bind_image)},
          {"vkCreateBuffer", void_function(create_buffer)},
          {"vkCreateImage", void_function(create_image)},
          {"vkDestroyBuffer", void_function(destroy_buffer)},
          {"vkDestroyImage", void_function(destroy_image)},
          {"vkFlushMappedMemoryRanges", void_function(flush)},
          {"vkFreeMemory", void_function(free_memory)},
          {"vkGetBufferDeviceAddress", void_function(get_buffer_address)},
          {"vkGetBufferDeviceAddressKHR", void_function(get_buffer_address)},
          {"vkGetBufferMemoryRequirements2", void_function(get_buffer_requirements)},
          {"vkGetImageMemoryRequirements2", void_function(get_image_requirements)},
          {"vkInvalidateMappedMemoryRanges", void_function(invalidate)},
          {"vkMapMemory", void_function(map_memory)},
          {"vkUnmapMemory", void_function(unmap_memory)}};
}

}  // namespace ashlar::test
