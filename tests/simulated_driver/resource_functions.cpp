// Buffers and images: what they are, and what they need of memory.

#include <algorithm>

#include "simulated_driver/call.hpp"
#include "simulated_driver/chain.hpp"
#include "simulated_driver/formats.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/image_layout.hpp"
#include "simulated_driver/queue.hpp"
#include "simulated_driver/resource_rules.hpp"
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

/// `Info`: VkBufferCreateInfo or VkImageCreateInfo.
template <class Info>
std::set<std::uint32_t> families_of(Info const& info) {
  if (info.sharingMode != VK_SHARING_MODE_CONCURRENT) {
    return {};
  }
  return {info.pQueueFamilyIndices, info.pQueueFamilyIndices + info.queueFamilyIndexCount};
}

Resource make_buffer(DeviceState const& device, VkBufferCreateInfo const& info) {
  bool const is_protected = (info.flags & VK_BUFFER_CREATE_PROTECTED_BIT) != 0;
  Resource buffer = make_resource(device.gpu->buffers, info.size, allowed_types(device, is_protected, false));
  buffer.usage = info.usage;
  buffer.families = families_of(info);
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
  image.families = families_of(info);
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
  check(call, *info);
  if (call.result() == VK_SUCCESS) {
    *handle = call.add<VkBuffer>(&DeviceState::resources, make_buffer(call.device(), *info));
  }
  return call.result();
}

VkResult VKAPI_CALL create_image(VkDevice device, VkImageCreateInfo const* info,
                                 VkAllocationCallbacks const* /*callbacks*/, VkImage* handle) {
  Call const call{device, "vkCreateImage"};
  if (!check(call, *info)) {
    return VK_ERROR_UNKNOWN;
  }
  if (call.result() == VK_SUCCESS) {
    *handle = call.add<VkImage>(&DeviceState::resources, make_image(call.device(), *info));
  }
  return call.result();
}

void destroy(Call const& call, std::uint64_t id, Resource const& resource) {
  call.require(!is_in_use(call.device(), id),
               "a submission uses it (VUID-vkDestroyBuffer-buffer-00922, VUID-vkDestroyImage-image-01000)");
  call.device().owners.forget(id);
  auto& memories = call.device().memories;
  if (auto const memory = memories.find(resource.memory); memory != memories.end()) {
    memory->second.aliases.erase(id);
    auto const [begin, end] = memory->second.resources.equal_range(resource.offset);
    auto const bound = std::find_if(begin, end, [&](auto const& entry) { return entry.second == id; });
    if (bound != end) {
      memory->second.resources.erase(bound);
    }
  }
  call.erase(&DeviceState::resources, id);
}

void VKAPI_CALL destroy_buffer(VkDevice device, VkBuffer handle, VkAllocationCallbacks const* /*callbacks*/) {
  Call const call{device, "vkDestroyBuffer", {exclusive("VkBuffer", handle)}};
  if (handle == VK_NULL_HANDLE) {
    return;
  }
  if (Resource const* const buffer =
          call.find_buffer(handle, {"VUID-vkDestroyBuffer-buffer-parameter", "VUID-vkDestroyBuffer-buffer-parent"})) {
    destroy(call, to_id(handle), *buffer);
  }
}

void VKAPI_CALL destroy_image(VkDevice device, VkImage handle, VkAllocationCallbacks const* /*callbacks*/) {
  Call const call{device, "vkDestroyImage", {exclusive("VkImage", handle)}};
  if (handle == VK_NULL_HANDLE) {
    return;
  }
  if (Resource const* const image =
          call.find_image(handle, {"VUID-vkDestroyImage-image-parameter", "VUID-vkDestroyImage-image-parent"})) {
    destroy(call, to_id(handle), *image);
  }
}

VkResult VKAPI_CALL create_buffer_view(VkDevice device, VkBufferViewCreateInfo const* info,
                                       VkAllocationCallbacks const* /*callbacks*/, VkBufferView* handle) {
  Call const call{device, "vkCreateBufferView", {shared("VkBuffer", info->buffer)}};
  Resource const* const buffer = call.find_buffer(info->buffer, {"VUID-VkBufferViewCreateInfo-buffer-parameter"});
  if (buffer != nullptr) {
    check(call, *info, *buffer);
  }
  if (call.result() == VK_SUCCESS && buffer != nullptr) {
    *handle = call.add<VkBufferView>(&DeviceState::buffer_views, BufferView{});
  }
  return call.result();
}

void VKAPI_CALL destroy_buffer_view(VkDevice device, VkBufferView view, VkAllocationCallbacks const* /*callbacks*/) {
  Call const call{device, "vkDestroyBufferView", {exclusive("VkBufferView", view)}};
  call.erase(&DeviceState::buffer_views, to_id(view),
             {"VUID-vkDestroyBufferView-bufferView-parameter", "VUID-vkDestroyBufferView-bufferView-parent"});
}

// Queries.

void VKAPI_CALL get_buffer_requirements(VkDevice device, VkBuffer handle, VkMemoryRequirements* requirements) {
  Call const call{device, "vkGetBufferMemoryRequirements", {shared("VkBuffer", handle)}};
  if (Resource const* const buffer = call.find_buffer(handle, {"VUID-vkGetBufferMemoryRequirements-buffer-parameter",
                                                               "VUID-vkGetBufferMemoryRequirements-buffer-parent"})) {
    *requirements = buffer->requirements;
  }
}

void VKAPI_CALL get_image_requirements(VkDevice device, VkImage handle, VkMemoryRequirements* requirements) {
  Call const call{device, "vkGetImageMemoryRequirements", {shared("VkImage", handle)}};
  if (Resource const* const image = call.find_image(handle, {"VUID-vkGetImageMemoryRequirements-image-parameter",
                                                             "VUID-vkGetImageMemoryRequirements-image-parent"})) {
    *requirements = image->requirements;
  }
}

void VKAPI_CALL get_buffer_requirements2(VkDevice device, VkBufferMemoryRequirementsInfo2 const* info,
                                         VkMemoryRequirements2* requirements) {
  Call const call{device, "vkGetBufferMemoryRequirements2", {shared("VkBuffer", info->buffer)}};
  if (Resource const* const buffer =
          call.find_buffer(info->buffer, {"VUID-VkBufferMemoryRequirementsInfo2-buffer-parameter"})) {
    fill_requirements(*buffer, *requirements);
  }
}

void VKAPI_CALL get_image_requirements2(VkDevice device, VkImageMemoryRequirementsInfo2 const* info,
                                        VkMemoryRequirements2* requirements) {
  Call const call{device, "vkGetImageMemoryRequirements2", {shared("VkImage", info->image)}};
  if (Resource const* const image =
          call.find_image(info->image, {"VUID-VkImageMemoryRequirementsInfo2-image-parameter"})) {
    fill_requirements(*image, *requirements);
  }
}

void VKAPI_CALL get_device_buffer_requirements(VkDevice device, VkDeviceBufferMemoryRequirements const* info,
                                               VkMemoryRequirements2* requirements) {
  Call const call{device, "vkGetDeviceBufferMemoryRequirements"};
  check(call, *info->pCreateInfo);
  fill_requirements(make_buffer(call.device(), *info->pCreateInfo), *requirements);
}

void VKAPI_CALL get_device_image_requirements(VkDevice device, VkDeviceImageMemoryRequirements const* info,
                                              VkMemoryRequirements2* requirements) {
  Call const call{device, "vkGetDeviceImageMemoryRequirements"};
  if (check(call, *info->pCreateInfo)) {
    fill_requirements(make_image(call.device(), *info->pCreateInfo), *requirements);
  }
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
  Call const call{device, "vkGetImageSubresourceLayout", {shared("VkImage", handle)}};
  Resource const* const image = call.find_image(
      handle, {"VUID-vkGetImageSubresourceLayout-image-parameter", "VUID-vkGetImageSubresourceLayout-image-parent"});
  *layout = {};
  if (image != nullptr &&
      call.require(!image->optimal, "the image's tiling is optimal (VUID-vkGetImageSubresourceLayout-image-07789)") &&
      call.require(subresource->mipLevel < image->image.mip_levels,
                   "no such level (VUID-vkGetImageSubresourceLayout-mipLevel-01716)") &&
      call.require(subresource->arrayLayer < image->image.layers,
                   "no such layer (VUID-vkGetImageSubresourceLayout-arrayLayer-01717)")) {
    *layout = subresource_layout(*image, subresource->mipLevel, subresource->arrayLayer);
  }
}

}  // namespace

Functions resource_functions() {
  constexpr char const* requirements2 = VK_KHR_GET_MEMORY_REQUIREMENTS_2_EXTENSION_NAME;
  constexpr char const* maintenance4 = VK_KHR_MAINTENANCE_4_EXTENSION_NAME;
  return {core<create_buffer>("vkCreateBuffer"),
          core<create_buffer_view>("vkCreateBufferView"),
          core<create_image>("vkCreateImage"),
          core<destroy_buffer>("vkDestroyBuffer"),
          core<destroy_buffer_view>("vkDestroyBufferView"),
          core<destroy_image>("vkDestroyImage"),
          core<get_buffer_requirements>("vkGetBufferMemoryRequirements"),
          core<get_buffer_requirements2>("vkGetBufferMemoryRequirements2", VK_API_VERSION_1_1),
          core<get_device_buffer_requirements>("vkGetDeviceBufferMemoryRequirements", VK_API_VERSION_1_3),
          core<get_device_image_requirements>("vkGetDeviceImageMemoryRequirements", VK_API_VERSION_1_3),
          core<get_device_sparse>("vkGetDeviceImageSparseMemoryRequirements", VK_API_VERSION_1_3),
          core<get_image_requirements>("vkGetImageMemoryRequirements"),
          core<get_image_requirements2>("vkGetImageMemoryRequirements2", VK_API_VERSION_1_1),
          core<get_sparse>("vkGetImageSparseMemoryRequirements"),
          core<get_sparse2>("vkGetImageSparseMemoryRequirements2", VK_API_VERSION_1_1),
          core<get_layout>("vkGetImageSubresourceLayout"),
          of_extension<get_buffer_requirements2>("vkGetBufferMemoryRequirements2KHR", requirements2),
          of_extension<get_device_buffer_requirements>("vkGetDeviceBufferMemoryRequirementsKHR", maintenance4),
          of_extension<get_device_image_requirements>("vkGetDeviceImageMemoryRequirementsKHR", maintenance4),
          of_extension<get_device_sparse>("vkGetDeviceImageSparseMemoryRequirementsKHR", maintenance4),
          of_extension<get_image_requirements2>("vkGetImageMemoryRequirements2KHR", requirements2),
          of_extension<get_sparse2>("vkGetImageSparseMemoryRequirements2KHR", requirements2)};
}

}  // namespace ashlar::simulated
