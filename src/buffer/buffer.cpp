#include <ashlar/buffer/buffer.hpp>
#include <ashlar/error.hpp>

#include "buffer/buffer_state.hpp"
#include "device/device_state.hpp"
#include "memory/memory_allocator_state.hpp"
#include "text.hpp"

#include <limits>
#include <optional>
#include <utility>

namespace ashlar {
namespace {

constexpr char const* context = "Buffer";

void validate_info(BufferCreateInfo const& info) {
  if (info.usage.empty()) {
    throw ValidationError{context, "no usage is given; set BufferCreateInfo::usage to what the buffer is for",
                          "VUID-VkBufferCreateInfo-usage-requiredbitmask"};
  }
  if (!info.flags.empty()) {
    throw ValidationError{context,
                          "sparse and protected buffers, and device addresses to capture and replay, are not supported "
                          "yet; leave BufferCreateInfo::flags empty"};
  }
}

std::uint64_t size_of(std::uint64_t count, std::uint64_t element_size) {
  if (count > std::numeric_limits<std::uint64_t>::max() / element_size) {
    throw ValidationError{context,
                          detail::text(count, " elements of ", element_size, " bytes exceed 64 bits of size").c_str(),
                          "VUID-VkBufferCreateInfo-size-06409"};
  }
  return count * element_size;
}

std::uint64_t size_of_both(std::uint64_t head_size, std::uint64_t tail_size) {
  if (tail_size > std::numeric_limits<std::uint64_t>::max() - head_size) {
    throw ValidationError{context,
                          detail::text("a head and ", tail_size, " bytes behind it exceed 64 bits of size").c_str(),
                          "VUID-VkBufferCreateInfo-size-06409"};
  }
  return head_size + tail_size;
}

void validate_size(detail::DeviceState const& device, std::uint64_t size, std::uint64_t alignment) {
  if (size == 0) {
    throw ValidationError{context, "the buffer would hold nothing; give it at least one element",
                          "VUID-VkBufferCreateInfo-size-00912"};
  }
  std::uint64_t const most = device.limits().max_buffer_size;
  if (size > most) {
    throw ValidationError{context,
                          detail::text("the buffer would be larger (", detail::bytes_text(size),
                                       ") than the device's maxBufferSize (", detail::bytes_text(most), "); split it")
                              .c_str(),
                          "VUID-VkBufferCreateInfo-size-06409"};
  }
  if (!is_power_of_two(alignment)) {
    throw ValidationError{context, detail::text("the alignment ", alignment, " is not a power of two").c_str()};
  }
}

void validate_host_alignment(detail::DeviceState const& device, std::uint64_t alignment) {
  std::uint64_t const most = device.limits().min_memory_map_alignment;
  if (alignment > most) {
    throw ValidationError{context, detail::text("mapped memory is aligned to ", most, " bytes at most, not to ",
                                                alignment, "; use MemoryUsage::DeviceOnly or a less aligned type")
                                       .c_str()};
  }
}

void validate_features(detail::DeviceState const& device, BufferCreateInfo const& info) {
  if (info.usage.contains(BufferUsage::ShaderDeviceAddress) && !device.features.buffer_device_address) {
    throw ValidationError{context,
                          "BufferUsage::ShaderDeviceAddress needs the bufferDeviceAddress feature, which this device "
                          "lacks or, being adopted, was not created with",
                          "VUID-vkGetBufferDeviceAddress-bufferDeviceAddress-03324"};
  }
}

/// Every way to export has to be one that the driver knows for such buffers.
void validate_external_handle_types(detail::DeviceState const& device, BufferCreateInfo const& info) {
  for (std::uint32_t bits = info.external_memory_handle_types.mask(); bits != 0; bits &= bits - 1) {
    VkPhysicalDeviceExternalBufferInfo const asked{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO, nullptr,
                                                   info.flags.mask(), info.usage.mask(),
                                                   static_cast<VkExternalMemoryHandleTypeFlagBits>(bits & (~bits + 1))};
    VkExternalBufferProperties answer{};
    answer.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES;
    device.instance().vk.vkGetPhysicalDeviceExternalBufferProperties(device.physical_device.handle(), &asked, &answer);
    VkExternalMemoryProperties const& properties = answer.externalMemoryProperties;
    bool const exportable = (properties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT) != 0;
    bool const compatible = (info.external_memory_handle_types.mask() & ~properties.compatibleHandleTypes) == 0;
    if (!exportable || !compatible) {
      throw ValidationError{context,
                            detail::text("the driver cannot export such a buffer's memory by the handle type ",
                                         bits & (~bits + 1), exportable ? " together with the others" : "")
                                .c_str(),
                            "VUID-VkBufferCreateInfo-pNext-00920"};
    }
  }
}

void validate(detail::DeviceState const& device, BufferCreateInfo const& info,
              AllocationCreateInfo const& allocation_info, std::uint64_t count, std::uint64_t element_size,
              std::uint64_t alignment) {
  validate_info(info);
  validate_size(device, size_of(count, element_size), alignment);
  if (allocation_info.usage != MemoryUsage::DeviceOnly) {
    validate_host_alignment(device, alignment);
  }
  validate_features(device, info);
  validate_external_handle_types(device, info);
}

/// Whether a buffer is like most, so that `validate` could find nothing wrong.
bool is_ordinary(detail::DeviceState const& device, BufferCreateInfo const& info, std::uint64_t count,
                 std::uint64_t element_size, std::uint64_t alignment) noexcept {
  bool const size_has_64_bits = (count | element_size) >> 32U == 0;
  bool const size_is_allowed = count * element_size - 1 < device.limits().max_buffer_size;  // It is not 0 either.
  std::uint32_t const rare = info.flags.mask() | info.external_memory_handle_types.mask() |
                             (info.usage & BufferUsage::ShaderDeviceAddress).mask();
  return rare == 0 && !info.usage.empty() && size_has_64_bits && size_is_allowed && is_power_of_two(alignment) &&
         alignment <= detail::always_given_host_alignment;
}

}  // namespace

Buffer::Buffer(detail::Counted<detail::BufferState> state) noexcept : state_{std::move(state)} {}

detail::BufferRange Buffer::create_array(MemoryAllocator const& allocator, BufferCreateInfo const& info,
                                         AllocationCreateInfo const& allocation_info, std::uint64_t count,
                                         std::uint64_t element_size, std::uint64_t alignment) {
  if (!allocator) {
    throw ValidationError{context, "the allocator is empty; make one for your device first"};
  }
  detail::DeviceState& device = detail::Access::state(detail::Access::state(allocator).device);
  if (!is_ordinary(device, info, count, element_size, alignment)) [[unlikely]] {
    validate(device, info, allocation_info, count, element_size, alignment);
  }
  VkBufferCreateInfo create{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                            nullptr,
                            info.flags.mask(),
                            count * element_size,
                            info.usage.mask(),
                            VK_SHARING_MODE_EXCLUSIVE,
                            0,
                            nullptr};
  std::optional<VkExternalMemoryBufferCreateInfo> external;
  if (!info.external_memory_handle_types.empty()) {
    create.pNext = &external.emplace(VkExternalMemoryBufferCreateInfo{
        VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, nullptr, info.external_memory_handle_types.mask()});
  }
  if (info.sharing == Sharing::Concurrent && device.queue_families.size() > 1) {
    create.sharingMode = VK_SHARING_MODE_CONCURRENT;
    create.queueFamilyIndexCount = static_cast<std::uint32_t>(device.queue_families.size());
    create.pQueueFamilyIndices = device.queue_families.data();
  }
  Buffer buffer{detail::Counted{new detail::BufferState{device, allocator, create, allocation_info, alignment}}};
  return {std::move(buffer), {.offset = 0, .size = create.size}};
}

detail::BufferRange Buffer::create_flexible(MemoryAllocator const& allocator, BufferCreateInfo const& info,
                                            AllocationCreateInfo const& allocation_info, std::uint64_t head_size,
                                            std::uint64_t count, std::uint64_t element_size, std::uint64_t alignment) {
  std::uint64_t const tail_size = size_of(count, element_size);
  return create_array(allocator, info, allocation_info, size_of_both(head_size, tail_size), 1, alignment);
}

VkBuffer Buffer::handle() const noexcept { return state_->vulkan.handle(); }
std::uint64_t Buffer::size() const noexcept { return state_->size; }
BufferUsages Buffer::usage() const noexcept { return state_->usage; }
Device const& Buffer::device() const noexcept { return state_->allocation.device(); }
MemoryAllocation const& Buffer::allocation() const noexcept { return state_->allocation; }

void Buffer::set_name(char const* name) const noexcept {
  device().set_name(VK_OBJECT_TYPE_BUFFER, reinterpret_cast<std::uint64_t>(handle()), name);
}

std::byte* Buffer::begin_contents() const {
  if (!allocation().properties().contains(MemoryProperty::HostVisible)) {
    throw NotHostVisibleError{
        detail::text("the host cannot write the buffer's first contents: memory type ", allocation().memory_type(),
                     " is not host-visible. Create it with Buffer::new_sized or new_slice, write the contents into "
                     "a buffer of MemoryUsage::Staging, and let the device copy them; or ask for MemoryUsage::Upload")
            .c_str()};
  }
  return state_->host_pointer();
}

void Buffer::end_contents(char const* function, std::uint64_t announced, std::uint64_t came) const {
  if (came != announced) {
    throw ValidationError{
        function, detail::text("the range's size is ", announced, ", but it ended after ", came, " elements").c_str()};
  }
  state_->flush({0, state_->size});
}

}  // namespace ashlar
