// Where buffers and images lie: binding, and the addresses that it gives them.

#include <algorithm>
#include <iterator>
#include <string>

#include "simulated_driver/call.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/rounding.hpp"

namespace ashlar::simulated {

namespace {

/// The VUIDs of a function that binds, or of its struct.
struct BindRules {
  HandleRules resource;
  HandleRules memory;
  char const* unbound;
  char const* inside;
  char const* alignment;
  char const* size;
  char const* type;
  char const* dedicated;
  char const* requires_dedicated;
  char const* exported;
  char const* imported;
  char const* device_address = nullptr;  ///< Of buffers.
};

constexpr BindRules buffer_rules{
    .resource = {"VUID-vkBindBufferMemory-buffer-parameter", "VUID-vkBindBufferMemory-buffer-parent"},
    .memory = {"VUID-vkBindBufferMemory-memory-parameter", "VUID-vkBindBufferMemory-memory-parent"},
    .unbound = "VUID-vkBindBufferMemory-buffer-07459",
    .inside = "VUID-vkBindBufferMemory-memoryOffset-01031",
    .alignment = "VUID-vkBindBufferMemory-memoryOffset-01036",
    .size = "VUID-vkBindBufferMemory-size-01037",
    .type = "VUID-vkBindBufferMemory-memory-01035",
    .dedicated = "VUID-vkBindBufferMemory-memory-01508",
    .requires_dedicated = "VUID-vkBindBufferMemory-buffer-01444",
    .exported = "VUID-vkBindBufferMemory-memory-02726",
    .imported = "VUID-vkBindBufferMemory-memory-02985",
    .device_address = "VUID-vkBindBufferMemory-bufferDeviceAddress-03339"};

constexpr BindRules buffer2_rules{
    .resource = {"VUID-VkBindBufferMemoryInfo-buffer-parameter", "VUID-VkBindBufferMemoryInfo-commonparent"},
    .memory = {"VUID-VkBindBufferMemoryInfo-memory-parameter", "VUID-VkBindBufferMemoryInfo-commonparent"},
    .unbound = "VUID-VkBindBufferMemoryInfo-buffer-07459",
    .inside = "VUID-VkBindBufferMemoryInfo-memoryOffset-01031",
    .alignment = "VUID-VkBindBufferMemoryInfo-memoryOffset-01036",
    .size = "VUID-VkBindBufferMemoryInfo-size-01037",
    .type = "VUID-VkBindBufferMemoryInfo-memory-01035",
    .dedicated = "VUID-VkBindBufferMemoryInfo-memory-01508",
    .requires_dedicated = "VUID-VkBindBufferMemoryInfo-buffer-01444",
    .exported = "VUID-VkBindBufferMemoryInfo-memory-02726",
    .imported = "VUID-VkBindBufferMemoryInfo-memory-02985",
    .device_address = "VUID-VkBindBufferMemoryInfo-bufferDeviceAddress-03339"};

constexpr BindRules image_rules{
    .resource = {"VUID-vkBindImageMemory-image-parameter", "VUID-vkBindImageMemory-image-parent"},
    .memory = {"VUID-vkBindImageMemory-memory-parameter", "VUID-vkBindImageMemory-memory-parent"},
    .unbound = "VUID-vkBindImageMemory-image-07460",
    .inside = "VUID-vkBindImageMemory-memoryOffset-01046",
    .alignment = "VUID-vkBindImageMemory-memoryOffset-01048",
    .size = "VUID-vkBindImageMemory-size-01049",
    .type = "VUID-vkBindImageMemory-memory-01047",
    .dedicated = "VUID-vkBindImageMemory-memory-02628",
    .requires_dedicated = "VUID-vkBindImageMemory-image-01445",
    .exported = "VUID-vkBindImageMemory-memory-02728",
    .imported = "VUID-vkBindImageMemory-memory-02989"};

constexpr BindRules image2_rules{
    .resource = {"VUID-VkBindImageMemoryInfo-image-parameter", "VUID-VkBindImageMemoryInfo-commonparent"},
    .memory = {"VUID-VkBindImageMemoryInfo-pNext-01632", "VUID-VkBindImageMemoryInfo-commonparent"},
    .unbound = "VUID-VkBindImageMemoryInfo-image-07460",
    .inside = "VUID-VkBindImageMemoryInfo-memoryOffset-01046",
    .alignment = "VUID-VkBindImageMemoryInfo-pNext-01616",
    .size = "VUID-VkBindImageMemoryInfo-pNext-01617",
    .type = "VUID-VkBindImageMemoryInfo-pNext-01615",
    .dedicated = "VUID-VkBindImageMemoryInfo-memory-02628",
    .requires_dedicated = "VUID-VkBindImageMemoryInfo-image-01445",
    .exported = "VUID-VkBindImageMemoryInfo-memory-02728",
    .imported = "VUID-VkBindImageMemoryInfo-memory-02989"};

struct Span {
  VkDeviceSize begin = 0;
  VkDeviceSize end = 0;
};

/// The pages of `unit` bytes that a resource touches.
Span pages(Resource const& resource, VkDeviceSize unit) {
  return {round_down(resource.offset, unit), round_up(resource.offset + resource.requirements.size, unit)};
}

bool overlap(Resource const& a, Resource const& b, VkDeviceSize unit) {
  Span const first = pages(a, unit);
  Span const second = pages(b, unit);
  return first.begin < second.end && second.begin < first.end;
}

/// Which rule is broken by two resources of one memory, or null. Vulkan lets resources share bytes, and pages, as long
/// as they take turns; a test's must not, unless both have VK_IMAGE_CREATE_ALIAS_BIT.
char const* broken_by(Resource const& a, Resource const& b, VkDeviceSize granularity) {
  if (a.may_alias && b.may_alias) {
    return nullptr;
  }
  if (overlap(a, b, 1)) {
    return "memory of another resource that lives (ASHLAR-shared-memory)";
  }
  return a.optimal != b.optimal && overlap(a, b, granularity)
             ? "linear and optimal resources in one page of bufferImageGranularity (ASHLAR-granularity-page)"
             : nullptr;
}

/// Whether the neighbours let the resource lie where it is to be bound.
bool is_apart(Call const& call, Memory const& memory, Resource const& resource) {
  auto const is_apart_from = [&](std::uint64_t other) {
    char const* const rule =
        broken_by(resource, call.device().resources.at(other), call.device().gpu->limits.buffer_image_granularity);
    return rule == nullptr || call.require(false, rule);
  };
  auto const next = memory.resources.lower_bound(resource.offset);
  return (next == memory.resources.end() || is_apart_from(next->second)) &&
         (next == memory.resources.begin() || is_apart_from(std::prev(next)->second)) &&
         std::all_of(memory.aliases.begin(), memory.aliases.end(), is_apart_from);
}

bool may_bind(Call const& call, BindRules const& rules, Memory const& memory, Resource const& resource,
              std::uint64_t id) {
  RecordedAllocation const& info = memory.info;
  VkMemoryRequirements const& needs = resource.requirements;
  std::uint64_t const dedicated = resource.is_image ? to_id(info.dedicated_image) : to_id(info.dedicated_buffer);
  bool const is_dedicated = info.dedicated_image != VK_NULL_HANDLE || info.dedicated_buffer != VK_NULL_HANDLE;
  auto const require = [&](bool holds, char const* text, char const* vuid) {
    return holds || call.require(false, std::string{text} + " (" + vuid + ")");
  };
  return require(resource.memory == 0, "bound twice", rules.unbound) &&
         require(resource.offset < info.size, "an offset outside of the memory", rules.inside) &&
         require(resource.offset % needs.alignment == 0, "an offset that is not aligned", rules.alignment) &&
         require(needs.size <= info.size - resource.offset, "beyond the memory's end", rules.size) &&
         require(((needs.memoryTypeBits >> info.memory_type) & 1U) != 0, "a memory type that the resource forbids",
                 rules.type) &&
         require(!is_dedicated || (dedicated == id && resource.offset == 0), "memory that is dedicated to another",
                 rules.dedicated) &&
         require(!resource.requires_dedicated || dedicated == id, "memory that is not dedicated as it has to be",
                 rules.requires_dedicated) &&
         require(info.export_handle_types == 0 || (info.export_handle_types & resource.handle_types) != 0,
                 "memory that is exported in none of the resource's ways", rules.exported) &&
         require(!resource.device_address || info.device_address, "memory without the device-address flag",
                 rules.device_address) &&
         require((memory.imported_as & ~resource.handle_types) == 0,
                 "memory that was imported in none of the resource's ways", rules.imported);
}

void bind(Call const& call, BindRules const& rules, std::uint64_t id, Resource* resource, VkDeviceMemory handle,
          VkDeviceSize offset) {
  Memory* const memory = call.find(&DeviceState::memories, to_id(handle), rules.memory);
  if (resource == nullptr || memory == nullptr) {
    return;
  }
  Resource bound = *resource;
  bound.offset = offset;
  if (!may_bind(call, rules, *memory, bound, id) || (driver().has_owner && !is_apart(call, *memory, bound))) {
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

void bind_buffer(Call const& call, BindRules const& rules, VkBuffer buffer, VkDeviceMemory memory,
                 VkDeviceSize offset) {
  bind(call, rules, to_id(buffer), call.find_buffer(buffer, rules.resource), memory, offset);
}

void bind_image(Call const& call, BindRules const& rules, VkImage image, VkDeviceMemory memory, VkDeviceSize offset) {
  bind(call, rules, to_id(image), call.find_image(image, rules.resource), memory, offset);
}

VkResult VKAPI_CALL bind_one_buffer(VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset) {
  Call const call{device, "vkBindBufferMemory", {exclusive("VkBuffer", buffer), shared("VkDeviceMemory", memory)}};
  if (call.result() == VK_SUCCESS) {
    bind_buffer(call, buffer_rules, buffer, memory, offset);
  }
  return call.result();
}

VkResult VKAPI_CALL bind_one_image(VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize offset) {
  Call const call{device, "vkBindImageMemory", {exclusive("VkImage", image), shared("VkDeviceMemory", memory)}};
  if (call.result() == VK_SUCCESS) {
    bind_image(call, image_rules, image, memory, offset);
  }
  return call.result();
}

VkResult VKAPI_CALL bind_buffers(VkDevice device, std::uint32_t count, VkBindBufferMemoryInfo const* infos) {
  ObjectUses uses;
  std::for_each(infos, infos + count, [&](VkBindBufferMemoryInfo const& info) {
    uses.push_back(exclusive("VkBuffer", info.buffer));
    uses.push_back(shared("VkDeviceMemory", info.memory));
  });
  Call const call{device, "vkBindBufferMemory2", std::move(uses)};
  call.require(count != 0, "no bindings (VUID-vkBindBufferMemory2-bindInfoCount-arraylength)");
  std::for_each(infos, infos + call.elements(count), [&](VkBindBufferMemoryInfo const& info) {
    bind_buffer(call, buffer2_rules, info.buffer, info.memory, info.memoryOffset);
  });
  return call.result();
}

VkResult VKAPI_CALL bind_images(VkDevice device, std::uint32_t count, VkBindImageMemoryInfo const* infos) {
  ObjectUses uses;
  std::for_each(infos, infos + count, [&](VkBindImageMemoryInfo const& info) {
    uses.push_back(exclusive("VkImage", info.image));
    uses.push_back(shared("VkDeviceMemory", info.memory));
  });
  Call const call{device, "vkBindImageMemory2", std::move(uses)};
  call.require(count != 0, "no bindings (VUID-vkBindImageMemory2-bindInfoCount-arraylength)");
  std::for_each(infos, infos + call.elements(count), [&](VkBindImageMemoryInfo const& info) {
    bind_image(call, image2_rules, info.image, info.memory, info.memoryOffset);
  });
  return call.result();
}

// Addresses: each memory has its own terabyte of them.

VkDeviceAddress address(Call const& call, VkBuffer handle) {
  Resource const* const buffer = call.find_buffer(handle, {"VUID-VkBufferDeviceAddressInfo-buffer-parameter"});
  bool const valid =
      buffer != nullptr &&
      call.require(buffer->device_address, "no address usage (VUID-VkBufferDeviceAddressInfo-buffer-02601)") &&
      call.require(buffer->memory != 0, "not bound (VUID-VkBufferDeviceAddressInfo-buffer-02600)");
  return valid ? (buffer->memory << 40U) + buffer->offset : 0;
}

VkDeviceAddress VKAPI_CALL get_address(VkDevice device, VkBufferDeviceAddressInfo const* info) {
  Call const call{device, "vkGetBufferDeviceAddress", {shared("VkBuffer", info->buffer)}};
  call.require(call.device().features.contains("bufferDeviceAddress"),
               "bufferDeviceAddress is not enabled (VUID-vkGetBufferDeviceAddress-bufferDeviceAddress-03324)");
  return address(call, info->buffer);
}

std::uint64_t VKAPI_CALL get_capture_address(VkDevice device, VkBufferDeviceAddressInfo const* info) {
  return address(Call{device, "vkGetBufferOpaqueCaptureAddress", {shared("VkBuffer", info->buffer)}}, info->buffer);
}

}  // namespace

Functions binding_functions() {
  constexpr char const* bind2 = VK_KHR_BIND_MEMORY_2_EXTENSION_NAME;
  constexpr char const* device_address = VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME;
  return {core<bind_one_buffer>("vkBindBufferMemory"),
          core<bind_buffers>("vkBindBufferMemory2", VK_API_VERSION_1_1),
          core<bind_one_image>("vkBindImageMemory"),
          core<bind_images>("vkBindImageMemory2", VK_API_VERSION_1_1),
          core<get_address>("vkGetBufferDeviceAddress", VK_API_VERSION_1_2),
          core<get_capture_address>("vkGetBufferOpaqueCaptureAddress", VK_API_VERSION_1_2),
          of_extension<bind_buffers>("vkBindBufferMemory2KHR", bind2),
          of_extension<bind_images>("vkBindImageMemory2KHR", bind2),
          of_extension<get_address>("vkGetBufferDeviceAddressKHR", device_address),
          of_extension<get_capture_address>("vkGetBufferOpaqueCaptureAddressKHR", device_address)};
}

}  // namespace ashlar::simulated
