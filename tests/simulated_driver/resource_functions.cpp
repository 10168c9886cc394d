// Buffers and images: what they need of memory, and where they are bound.

#include <algorithm>
#include <iterator>
#include <string>

#include "simulated_driver/call.hpp"
#include "simulated_driver/chain.hpp"
#include "simulated_driver/formats.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/queue.hpp"
#include "simulated_driver/image_layout.hpp"
#include "simulated_driver/rounding.hpp"

namespace ashlar::simulated {

namespace {

// Requirements.

/// The memory types that a resource may lie in.
std::uint32_t allowed_types(DeviceState const& device, bool is_protected, bool transient) {
  std::uint32_t bits = 0;
  for (std::uint32_t type = 0; type < device.gpu->memory.type_count; ++type) {
    MemoryPropertyFlags const properties = device.gpu->memory.types[type].properties;
    bool const allowed =
        properties.contains(MemoryProperty::Protected) == is_protected &&
        (transient || !properties.contains(MemoryProperty::LazilyAllocated)) &&
        (!properties.contains(MemoryProperty::DeviceCoherentAmd) || device.features.contains("deviceCoherentMemory"));
    bits |= allowed ? std::uint32_t{1} << type : 0;
  }
  return bits;
}

/// A resource of `bytes` that asks for memory as the GPU's settings say.
Resource make_resource(ResourceRequirements const& asked, VkDeviceSize bytes, std::uint32_t types) {
  Resource resource;
  resource.requirements = {round_up(bytes + asked.padding, asked.alignment), asked.alignment,
                           asked.memory_type_bits & types};
  resource.prefers_dedicated = asked.requires_dedicated || bytes >= asked.prefers_dedicated_from;
  resource.requires_dedicated = asked.requires_dedicated;
  resource.size = bytes;
  return resource;
}

Resource make_buffer(DeviceState const& device, VkBufferCreateInfo const& info) {
  bool const is_protected = (info.flags & VK_BUFFER_CREATE_PROTECTED_BIT) != 0;
  Resource buffer = make_resource(device.gpu->buffers, info.size, allowed_types(device, is_protected, false));
  buffer.usage = info.usage;
  buffer.concurrent = info.sharingMode == VK_SHARING_MODE_CONCURRENT;
  buffer.device_address = (info.usage & VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT) != 0;
  if (auto const* const external = find_struct<VkExternalMemoryBufferCreateInfo>(
          info.pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO)) {
    buffer.handle_types = external->handleTypes;
  }
  return buffer;
}

Resource make_image(DeviceState const& device, VkImageCreateInfo const& info) {
  Resource shape;
  shape.image = {info.extent, info.mipLevels, info.arrayLayers, texel_size(info.format)};
  bool const is_protected = (info.flags & VK_IMAGE_CREATE_PROTECTED_BIT) != 0;
  bool const transient = (info.usage & VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT) != 0;
  Resource image = make_resource(device.gpu->images, image_size(shape), allowed_types(device, is_protected, transient));
  image.image = shape.image;
  image.is_image = true;
  image.usage = info.usage;
  image.concurrent = info.sharingMode == VK_SHARING_MODE_CONCURRENT;
  image.optimal = info.tiling == VK_IMAGE_TILING_OPTIMAL;
  image.may_alias = (info.flags & VK_IMAGE_CREATE_ALIAS_BIT) != 0;
  if (auto const* const external = find_struct<VkExternalMemoryImageCreateInfo>(
          info.pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO)) {
    image.handle_types = external->handleTypes;
  }
  return image;
}

void fill_requirements(Resource const& resource, VkMemoryRequirements2& requirements) {
  requirements.memoryRequirements = resource.requirements;
  if (auto* const dedicated = find_struct<VkMemoryDedicatedRequirements>(
          requirements.pNext, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS)) {
    dedicated->prefersDedicatedAllocation = resource.prefers_dedicated ? VK_TRUE : VK_FALSE;
    dedicated->requiresDedicatedAllocation = resource.requires_dedicated ? VK_TRUE : VK_FALSE;
  }
}

// Creation and destruction.

VkResult VKAPI_CALL create_buffer(VkDevice device, VkBufferCreateInfo const* info,
                                  VkAllocationCallbacks const* /*callbacks*/, VkBuffer* handle) {
  Call const call{device, "vkCreateBuffer"};
  call.require(info->size != 0, "the size is 0 (VUID-VkBufferCreateInfo-size-00912)");
  call.require(info->usage != 0, "no usage (VUID-VkBufferCreateInfo-usage-requiredbitmask)");
  call.require(
      (info->flags & VK_BUFFER_CREATE_PROTECTED_BIT) == 0 || call.device().features.contains("protectedMemory"),
      "a protected buffer without its feature (VUID-VkBufferCreateInfo-flags-01887)");
  if (call.result() == VK_SUCCESS) {
    *handle = call.add<VkBuffer>(&DeviceState::resources, make_buffer(call.device(), *info));
  }
  return call.result();
}

VkResult VKAPI_CALL create_image(VkDevice device, VkImageCreateInfo const* info,
                                 VkAllocationCallbacks const* /*callbacks*/, VkImage* handle) {
  Call const call{device, "vkCreateImage"};
  call.require(texel_size(info->format) != 0, "a format that the driver does not have");
  if (call.result() == VK_SUCCESS) {
    *handle = call.add<VkImage>(&DeviceState::resources, make_image(call.device(), *info));
  }
  return call.result();
}

void destroy(Call const& call, std::uint64_t id) {
  if (id == 0) {
    return;
  }
  call.require(!is_in_use(call.device(), id),
               "a submission uses it (VUID-vkDestroyBuffer-buffer-00922, VUID-vkDestroyImage-image-01000)");
  call.device().owners.forget(id);
  if (Resource const* const resource = call.find(&DeviceState::resources, id)) {
    auto& memories = call.device().memories;
    if (auto const memory = memories.find(resource->memory); memory != memories.end()) {
      memory->second.aliases.erase(id);
      auto const [begin, end] = memory->second.resources.equal_range(resource->offset);
      auto const bound = std::find_if(begin, end, [&](auto const& entry) { return entry.second == id; });
      if (bound != end) {
        memory->second.resources.erase(bound);
      }
    }
    call.erase(&DeviceState::resources, id);
  }
}

void VKAPI_CALL destroy_buffer(VkDevice device, VkBuffer buffer, VkAllocationCallbacks const* /*callbacks*/) {
  destroy(Call{device, "vkDestroyBuffer"}, to_id(buffer));
}

void VKAPI_CALL destroy_image(VkDevice device, VkImage image, VkAllocationCallbacks const* /*callbacks*/) {
  destroy(Call{device, "vkDestroyImage"}, to_id(image));
}

VkResult VKAPI_CALL create_buffer_view(VkDevice device, VkBufferViewCreateInfo const* info,
                                       VkAllocationCallbacks const* /*callbacks*/, VkBufferView* handle) {
  Call const call{device, "vkCreateBufferView"};
  if (call.result() == VK_SUCCESS && call.find(&DeviceState::resources, to_id(info->buffer)) != nullptr) {
    call.device().buffer_views.emplace(++driver().last_id, BufferView{});
    *handle = to_handle<VkBufferView>(driver().last_id);
  }
  return call.result();
}

void VKAPI_CALL destroy_buffer_view(VkDevice device, VkBufferView view, VkAllocationCallbacks const* /*callbacks*/) {
  Call const call{device, "vkDestroyBufferView"};
  if (view != VK_NULL_HANDLE) {
    call.require(call.device().buffer_views.erase(to_id(view)) == 1, "unknown handle");
  }
}

// Queries.

template <class Handle>
void VKAPI_CALL get_requirements(char const* function, VkDevice device, Handle handle,
                                 VkMemoryRequirements* requirements) {
  Call const call{device, function};
  if (Resource const* const resource = call.find(&DeviceState::resources, to_id(handle))) {
    *requirements = resource->requirements;
  }
}

void VKAPI_CALL get_buffer_requirements(VkDevice device, VkBuffer buffer, VkMemoryRequirements* requirements) {
  get_requirements("vkGetBufferMemoryRequirements", device, buffer, requirements);
}

void VKAPI_CALL get_image_requirements(VkDevice device, VkImage image, VkMemoryRequirements* requirements) {
  get_requirements("vkGetImageMemoryRequirements", device, image, requirements);
}

void get_requirements2(Call const& call, std::uint64_t id, VkMemoryRequirements2* requirements) {
  if (Resource const* const resource = call.find(&DeviceState::resources, id)) {
    fill_requirements(*resource, *requirements);
  }
}

void VKAPI_CALL get_buffer_requirements2(VkDevice device, VkBufferMemoryRequirementsInfo2 const* info,
                                         VkMemoryRequirements2* requirements) {
  get_requirements2(Call{device, "vkGetBufferMemoryRequirements2"}, to_id(info->buffer), requirements);
}

void VKAPI_CALL get_image_requirements2(VkDevice device, VkImageMemoryRequirementsInfo2 const* info,
                                        VkMemoryRequirements2* requirements) {
  get_requirements2(Call{device, "vkGetImageMemoryRequirements2"}, to_id(info->image), requirements);
}

void VKAPI_CALL get_device_buffer_requirements(VkDevice device, VkDeviceBufferMemoryRequirements const* info,
                                               VkMemoryRequirements2* requirements) {
  Call const call{device, "vkGetDeviceBufferMemoryRequirements"};
  fill_requirements(make_buffer(call.device(), *info->pCreateInfo), *requirements);
}

void VKAPI_CALL get_device_image_requirements(VkDevice device, VkDeviceImageMemoryRequirements const* info,
                                              VkMemoryRequirements2* requirements) {
  Call const call{device, "vkGetDeviceImageMemoryRequirements"};
  fill_requirements(make_image(call.device(), *info->pCreateInfo), *requirements);
}

// No image is sparse.

void VKAPI_CALL get_sparse(VkDevice device, VkImage /*image*/, std::uint32_t* count,
                           VkSparseImageMemoryRequirements* /*requirements*/) {
  Call const call{device, "vkGetImageSparseMemoryRequirements"};
  *count = 0;
}

void VKAPI_CALL get_sparse2(VkDevice device, VkImageSparseMemoryRequirementsInfo2 const* /*info*/, std::uint32_t* count,
                            VkSparseImageMemoryRequirements2* /*requirements*/) {
  Call const call{device, "vkGetImageSparseMemoryRequirements2"};
  *count = 0;
}

void VKAPI_CALL get_device_sparse(VkDevice device, VkDeviceImageMemoryRequirements const* /*info*/,
                                  std::uint32_t* count, VkSparseImageMemoryRequirements2* /*requirements*/) {
  Call const call{device, "vkGetDeviceImageSparseMemoryRequirements"};
  *count = 0;
}

void VKAPI_CALL get_layout(VkDevice device, VkImage handle, VkImageSubresource const* subresource,
                           VkSubresourceLayout* layout) {
  Call const call{device, "vkGetImageSubresourceLayout"};
  Resource const* const image = call.find(&DeviceState::resources, to_id(handle));
  *layout = {};
  if (image != nullptr &&
      call.require(!image->optimal, "the image's tiling is optimal (VUID-vkGetImageSubresourceLayout-image-07789)") &&
      call.require(subresource->mipLevel < image->image.mip_levels && subresource->arrayLayer < image->image.layers,
                   "no such subresource")) {
    *layout = subresource_layout(*image, subresource->mipLevel, subresource->arrayLayer);
  }
}

// Binding.

/// Whether two resources of one memory share a byte, or a granularity unit where they must not. Vulkan lets them, as
/// long as they take turns; a test's must not, unless both have VK_IMAGE_CREATE_ALIAS_BIT.
bool collide(Resource const& a, Resource const& b, VkDeviceSize granularity) {
  VkDeviceSize const unit = a.optimal == b.optimal ? 1 : granularity;
  auto const begin = [&](Resource const& resource) { return round_down(resource.offset, unit); };
  auto const end = [&](Resource const& resource) {
    return round_up(resource.offset + resource.requirements.size, unit);
  };
  return !(a.may_alias && b.may_alias) && begin(a) < end(b) && begin(b) < end(a);
}

bool collides_with_others(DeviceState const& device, Memory const& memory, Resource const& resource) {
  auto const collides = [&](std::uint64_t other) {
    return collide(resource, device.resources.at(other), device.gpu->limits.buffer_image_granularity);
  };
  auto const next = memory.resources.lower_bound(resource.offset);
  return (next != memory.resources.end() && collides(next->second)) ||
         (next != memory.resources.begin() && collides(std::prev(next)->second)) ||
         std::any_of(memory.aliases.begin(), memory.aliases.end(), collides);
}

bool may_bind(Call const& call, Memory const& memory, Resource const& resource, std::uint64_t id) {
  RecordedAllocation const& info = memory.info;
  VkMemoryRequirements const& needs = resource.requirements;
  std::uint64_t const dedicated = resource.is_image ? to_id(info.dedicated_image) : to_id(info.dedicated_buffer);
  bool const is_dedicated = info.dedicated_image != VK_NULL_HANDLE || info.dedicated_buffer != VK_NULL_HANDLE;
  return call.require(resource.memory == 0,
                      "bound twice (VUID-vkBindBufferMemory-buffer-07459, VUID-vkBindImageMemory-image-07460)") &&
         call.require(resource.offset % needs.alignment == 0,
                      "an offset that is not aligned "
                      "(VUID-vkBindBufferMemory-memoryOffset-01036, VUID-vkBindImageMemory-memoryOffset-01048)") &&
         call.require(
             resource.offset <= info.size && needs.size <= info.size - resource.offset,
             "beyond the memory's end (VUID-vkBindBufferMemory-size-01037, VUID-vkBindImageMemory-size-01049)") &&
         call.require(((needs.memoryTypeBits >> info.memory_type) & 1U) != 0,
                      "a memory type that the resource forbids "
                      "(VUID-vkBindBufferMemory-memory-01035, VUID-vkBindImageMemory-memory-01047)") &&
         call.require(!is_dedicated || (dedicated == id && resource.offset == 0),
                      "memory that is dedicated to another "
                      "(VUID-vkBindBufferMemory-memory-01508, VUID-vkBindImageMemory-memory-02628)") &&
         call.require(!resource.requires_dedicated || dedicated == id,
                      "memory that is not dedicated as it has to be "
                      "(VUID-vkBindBufferMemory-buffer-01444, VUID-vkBindImageMemory-image-01445)") &&
         call.require(!resource.device_address || info.device_address,
                      "memory without the device-address flag (VUID-vkBindBufferMemory-bufferDeviceAddress-03339)") &&
         call.require(info.export_handle_types == 0 || (info.export_handle_types & resource.handle_types) != 0,
                      "memory that is exported in none of the resource's ways "
                      "(VUID-vkBindBufferMemory-memory-02726, VUID-vkBindImageMemory-memory-02728)");
}

void bind(Call const& call, std::uint64_t id, VkDeviceMemory handle, VkDeviceSize offset) {
  Resource* const resource = call.find(&DeviceState::resources, id);
  Memory* const memory = call.find(&DeviceState::memories, to_id(handle));
  if (resource == nullptr || memory == nullptr) {
    return;
  }
  Resource bound = *resource;
  bound.offset = offset;
  if (may_bind(call, *memory, bound, id)) {
    if (driver().has_owner &&
        !call.require(!collides_with_others(call.device(), *memory, bound), "memory of another resource that lives")) {
      return;
    }
    bound.memory = to_id(handle);
    *resource = bound;
    if (bound.may_alias) {
      memory->aliases.insert(id);
    } else {
      memory->resources.emplace(offset, id);
    }
  }
}

template <class Handle>
VkResult bind_one(Call const& call, Handle resource, VkDeviceMemory memory, VkDeviceSize offset) {
  if (call.result() == VK_SUCCESS) {
    bind(call, to_id(resource), memory, offset);
  }
  return call.result();
}

VkResult VKAPI_CALL bind_buffer(VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset) {
  return bind_one(Call{device, "vkBindBufferMemory"}, buffer, memory, offset);
}

VkResult VKAPI_CALL bind_image(VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize offset) {
  return bind_one(Call{device, "vkBindImageMemory"}, image, memory, offset);
}

VkResult VKAPI_CALL bind_buffers(VkDevice device, std::uint32_t count, VkBindBufferMemoryInfo const* infos) {
  Call const call{device, "vkBindBufferMemory2"};
  std::for_each(infos, infos + call.elements(count), [&](VkBindBufferMemoryInfo const& info) {
    bind(call, to_id(info.buffer), info.memory, info.memoryOffset);
  });
  return call.result();
}

VkResult VKAPI_CALL bind_images(VkDevice device, std::uint32_t count, VkBindImageMemoryInfo const* infos) {
  Call const call{device, "vkBindImageMemory2"};
  std::for_each(infos, infos + call.elements(count), [&](VkBindImageMemoryInfo const& info) {
    bind(call, to_id(info.image), info.memory, info.memoryOffset);
  });
  return call.result();
}

// Addresses: each memory has its own terabyte of them.

VkDeviceAddress address(Call const& call, VkBuffer handle) {
  Resource const* const buffer = call.find(&DeviceState::resources, to_id(handle));
  bool const valid =
      buffer != nullptr && call.require(buffer->device_address && buffer->memory != 0,
                                        "no address usage (VUID-VkBufferDeviceAddressInfo-buffer-02601), or not bound");
  return valid ? (buffer->memory << 40U) + buffer->offset : 0;
}

VkDeviceAddress VKAPI_CALL get_address(VkDevice device, VkBufferDeviceAddressInfo const* info) {
  return address(Call{device, "vkGetBufferDeviceAddress"}, info->buffer);
}

std::uint64_t VKAPI_CALL get_capture_address(VkDevice device, VkBufferDeviceAddressInfo const* info) {
  return address(Call{device, "vkGetBufferOpaqueCaptureAddress"}, info->buffer);
}

}  // namespace

Functions resource_functions() {
  constexpr char const* bind2 = VK_KHR_BIND_MEMORY_2_EXTENSION_NAME;
  constexpr char const* requirements2 = VK_KHR_GET_MEMORY_REQUIREMENTS_2_EXTENSION_NAME;
  constexpr char const* device_address = VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME;
  constexpr char const* maintenance4 = VK_KHR_MAINTENANCE_4_EXTENSION_NAME;
  return {core("vkBindBufferMemory", bind_buffer),
          core("vkBindBufferMemory2", bind_buffers, VK_API_VERSION_1_1),
          core("vkBindImageMemory", bind_image),
          core("vkBindImageMemory2", bind_images, VK_API_VERSION_1_1),
          core("vkCreateBuffer", create_buffer),
          core("vkCreateBufferView", create_buffer_view),
          core("vkCreateImage", create_image),
          core("vkDestroyBuffer", destroy_buffer),
          core("vkDestroyBufferView", destroy_buffer_view),
          core("vkDestroyImage", destroy_image),
          core("vkGetBufferDeviceAddress", get_address, VK_API_VERSION_1_2),
          core("vkGetBufferMemoryRequirements", get_buffer_requirements),
          core("vkGetBufferMemoryRequirements2", get_buffer_requirements2, VK_API_VERSION_1_1),
          core("vkGetBufferOpaqueCaptureAddress", get_capture_address, VK_API_VERSION_1_2),
          core("vkGetDeviceBufferMemoryRequirements", get_device_buffer_requirements, VK_API_VERSION_1_3),
          core("vkGetDeviceImageMemoryRequirements", get_device_image_requirements, VK_API_VERSION_1_3),
          core("vkGetDeviceImageSparseMemoryRequirements", get_device_sparse, VK_API_VERSION_1_3),
          core("vkGetImageMemoryRequirements", get_image_requirements),
          core("vkGetImageMemoryRequirements2", get_image_requirements2, VK_API_VERSION_1_1),
          core("vkGetImageSparseMemoryRequirements", get_sparse),
          core("vkGetImageSparseMemoryRequirements2", get_sparse2, VK_API_VERSION_1_1),
          core("vkGetImageSubresourceLayout", get_layout),
          of_extension("vkBindBufferMemory2KHR", bind_buffers, bind2),
          of_extension("vkBindImageMemory2KHR", bind_images, bind2),
          of_extension("vkGetBufferDeviceAddressKHR", get_address, device_address),
          of_extension("vkGetBufferMemoryRequirements2KHR", get_buffer_requirements2, requirements2),
          of_extension("vkGetBufferOpaqueCaptureAddressKHR", get_capture_address, device_address),
          of_extension("vkGetDeviceBufferMemoryRequirementsKHR", get_device_buffer_requirements, maintenance4),
          of_extension("vkGetDeviceImageMemoryRequirementsKHR", get_device_image_requirements, maintenance4),
          of_extension("vkGetDeviceImageSparseMemoryRequirementsKHR", get_device_sparse, maintenance4),
          of_extension("vkGetImageMemoryRequirements2KHR", get_image_requirements2, requirements2),
          of_extension("vkGetImageSparseMemoryRequirements2KHR", get_sparse2, requirements2)};
}

}  // namespace ashlar::simulated
