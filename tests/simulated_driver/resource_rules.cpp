#include "simulated_driver/resource_rules.hpp"

#include <algorithm>
#include <bit>
#include <set>

#include "simulated_driver/chain.hpp"
#include "simulated_driver/formats.hpp"
#include "simulated_driver/properties.hpp"

namespace ashlar::simulated {

namespace {

constexpr VkBufferUsageFlags buffer_usages =
    VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT |
    VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT | VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
    VK_BUFFER_USAGE_INDEX_BUFFER_BIT | VK_BUFFER_USAGE_VERTEX_BUFFER_BIT | VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT |
    VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
constexpr VkBufferCreateFlags buffer_flags =
    VK_BUFFER_CREATE_SPARSE_BINDING_BIT | VK_BUFFER_CREATE_SPARSE_RESIDENCY_BIT | VK_BUFFER_CREATE_SPARSE_ALIASED_BIT |
    VK_BUFFER_CREATE_PROTECTED_BIT | VK_BUFFER_CREATE_DEVICE_ADDRESS_CAPTURE_REPLAY_BIT;

constexpr VkImageUsageFlags attachments = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT |
                                          VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT |
                                          VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT;
constexpr VkImageUsageFlags image_usages = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT |
                                           VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT | attachments |
                                           VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT;
constexpr VkImageCreateFlags image_flags = 0xFFF;  // From SPARSE_BINDING to PROTECTED: all of Vulkan 1.3.

bool are_families(Gpu const& gpu, std::uint32_t count, std::uint32_t const* families) {
  std::set<std::uint32_t> const unique(families, families + count);
  return unique.size() == count && (unique.empty() || *unique.rbegin() < gpu.queue_families.size());
}

template <class Info>
void check_sharing(Call const& call, Info const& info, char const* count_rule, char const* families_rule) {
  if (info.sharingMode == VK_SHARING_MODE_CONCURRENT) {
    call.require(info.queueFamilyIndexCount > 1, count_rule);
    call.require(are_families(*call.device().gpu, info.queueFamilyIndexCount, info.pQueueFamilyIndices), families_rule);
  }
}

VkPhysicalDeviceLimits limits_of(Gpu const& gpu) {
  VkPhysicalDeviceProperties properties;
  fill_properties(gpu, properties);
  return properties.limits;
}

}  // namespace

void check(Call const& call, VkBufferCreateInfo const& info) {
  Gpu const& gpu = *call.device().gpu;
  auto const& features = call.device().features;
  auto const is_set = [&](VkBufferCreateFlags flag) { return (info.flags & flag) != 0; };
  call.require(info.size != 0, "the size is 0 (VUID-VkBufferCreateInfo-size-00912)");
  call.require(info.size <= gpu.max_buffer_size() || !features.contains("maintenance4"),
               "more than maxBufferSize (VUID-VkBufferCreateInfo-size-06409)");
  call.require(info.usage != 0, "no usage (VUID-VkBufferCreateInfo-usage-requiredbitmask)");
  call.require((info.usage & ~buffer_usages) == 0, "an unknown usage (VUID-VkBufferCreateInfo-usage-parameter)");
  call.require((info.flags & ~buffer_flags) == 0, "an unknown flag (VUID-VkBufferCreateInfo-flags-parameter)");
  call.require(!is_set(VK_BUFFER_CREATE_SPARSE_BINDING_BIT),
               "a sparse buffer without its feature (VUID-VkBufferCreateInfo-flags-00915)");
  call.require(!is_set(VK_BUFFER_CREATE_SPARSE_RESIDENCY_BIT),
               "a sparse buffer without its feature (VUID-VkBufferCreateInfo-flags-00916)");
  call.require(!is_set(VK_BUFFER_CREATE_SPARSE_ALIASED_BIT),
               "a sparse buffer without its feature (VUID-VkBufferCreateInfo-flags-00917)");
  call.require(!is_set(VK_BUFFER_CREATE_DEVICE_ADDRESS_CAPTURE_REPLAY_BIT),
               "a replayed address without its feature (VUID-VkBufferCreateInfo-flags-03338)");
  call.require(!is_set(VK_BUFFER_CREATE_PROTECTED_BIT) || features.contains("protectedMemory"),
               "a protected buffer without its feature (VUID-VkBufferCreateInfo-flags-01887)");
  check_sharing(call, info, "concurrent in less than two families (VUID-VkBufferCreateInfo-sharingMode-00914)",
                "families that are not there, or one twice (VUID-VkBufferCreateInfo-sharingMode-01419)");
  auto const* const external =
      find_struct<VkExternalMemoryBufferCreateInfo>(info.pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO);
  call.require(external == nullptr || (external->handleTypes & ~gpu.external_handle_types()) == 0,
               "an external handle type that the GPU does not offer (VUID-VkBufferCreateInfo-pNext-00920)");
}

namespace {

/// What holds for images of every GPU.
bool check_shape(Call const& call, VkImageCreateInfo const& info) {
  VkExtent3D const& extent = info.extent;
  bool const is_1d = info.imageType == VK_IMAGE_TYPE_1D;
  bool const is_3d = info.imageType == VK_IMAGE_TYPE_3D;
  bool const cube = (info.flags & VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT) != 0;
  std::uint32_t const longest = std::max({extent.width, extent.height, extent.depth});
  return call.require(extent.width != 0, "the width is 0 (VUID-VkImageCreateInfo-extent-00944)") &&
         call.require(extent.height != 0, "the height is 0 (VUID-VkImageCreateInfo-extent-00945)") &&
         call.require(extent.depth != 0, "the depth is 0 (VUID-VkImageCreateInfo-extent-00946)") &&
         call.require(info.mipLevels != 0, "no level (VUID-VkImageCreateInfo-mipLevels-00947)") &&
         call.require(info.arrayLayers != 0, "no layer (VUID-VkImageCreateInfo-arrayLayers-00948)") &&
         call.require(!is_1d || (extent.height == 1 && extent.depth == 1),
                      "a 1D image of more than a row (VUID-VkImageCreateInfo-imageType-00956)") &&
         call.require(is_3d || extent.depth == 1, "a 2D image with a depth (VUID-VkImageCreateInfo-imageType-00957)") &&
         call.require(!is_3d || info.arrayLayers == 1,
                      "a 3D image with layers (VUID-VkImageCreateInfo-imageType-00961)") &&
         call.require(!cube || (!is_1d && !is_3d), "a cube that is not 2D (VUID-VkImageCreateInfo-flags-00949)") &&
         call.require(!cube || (extent.width == extent.height && info.arrayLayers >= 6),
                      "a cube without six square sides (VUID-VkImageCreateInfo-imageType-00954)") &&
         call.require(info.mipLevels <= static_cast<std::uint32_t>(std::bit_width(longest)),
                      "more levels than halvings (VUID-VkImageCreateInfo-mipLevels-00958)");
}

/// What vkGetPhysicalDeviceImageFormatProperties2 says.
bool check_limits(Call const& call, VkImageCreateInfo const& info) {
  VkImageFormatProperties limits{};
  VkResult const result = image_format_properties({VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2, nullptr,
                                                   info.format, info.imageType, info.tiling, info.usage, info.flags},
                                                  limits);
  return call.require(result == VK_SUCCESS,
                      "a format that the driver does not have, or not so "
                      "(VUID-VkImageCreateInfo-imageCreateMaxMipLevels-02251)") &&
         call.require(info.extent.width <= limits.maxExtent.width, "too wide (VUID-VkImageCreateInfo-extent-02252)") &&
         call.require(info.extent.height <= limits.maxExtent.height,
                      "too high (VUID-VkImageCreateInfo-extent-02253)") &&
         call.require(info.extent.depth <= limits.maxExtent.depth, "too deep (VUID-VkImageCreateInfo-extent-02254)") &&
         call.require(info.mipLevels <= limits.maxMipLevels,
                      "too many levels (VUID-VkImageCreateInfo-mipLevels-02255)") &&
         call.require(info.arrayLayers <= limits.maxArrayLayers,
                      "too many layers (VUID-VkImageCreateInfo-arrayLayers-02256)") &&
         call.require((info.samples & limits.sampleCounts) != 0,
                      "a sample count that is not supported (VUID-VkImageCreateInfo-samples-02258)");
}

void check_use(Call const& call, VkImageCreateInfo const& info) {
  bool const transient = (info.usage & VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT) != 0;
  call.require(info.usage != 0, "no usage (VUID-VkImageCreateInfo-usage-requiredbitmask)");
  call.require((info.usage & ~image_usages) == 0, "an unknown usage (VUID-VkImageCreateInfo-usage-parameter)");
  call.require((info.flags & ~image_flags) == 0, "an unknown flag (VUID-VkImageCreateInfo-flags-parameter)");
  call.require(!transient || (info.usage & ~(attachments | VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT)) == 0,
               "a transient image that is more than an attachment (VUID-VkImageCreateInfo-usage-00963)");
  call.require(!transient || (info.usage & attachments) != 0,
               "a transient image that is no attachment (VUID-VkImageCreateInfo-usage-00966)");
  call.require((info.flags & VK_IMAGE_CREATE_PROTECTED_BIT) == 0 || call.device().features.contains("protectedMemory"),
               "a protected image without its feature (VUID-VkImageCreateInfo-flags-01890)");
  call.require(info.initialLayout == VK_IMAGE_LAYOUT_UNDEFINED || info.initialLayout == VK_IMAGE_LAYOUT_PREINITIALIZED,
               "an image cannot begin in that layout (VUID-VkImageCreateInfo-initialLayout-00993)");
}

void check_external(Call const& call, VkImageCreateInfo const& info) {
  auto const* const external =
      find_struct<VkExternalMemoryImageCreateInfo>(info.pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO);
  if (external != nullptr && external->handleTypes != 0) {
    call.require((external->handleTypes & ~call.device().gpu->external_handle_types()) == 0,
                 "an external handle type that the GPU does not offer (VUID-VkImageCreateInfo-pNext-00990)");
    call.require(info.initialLayout == VK_IMAGE_LAYOUT_UNDEFINED,
                 "an external image with a layout (VUID-VkImageCreateInfo-pNext-01443)");
  }
}

}  // namespace

bool check(Call const& call, VkImageCreateInfo const& info) {
  check_use(call, info);
  check_external(call, info);
  check_sharing(call, info, "concurrent in less than two families (VUID-VkImageCreateInfo-sharingMode-00942)",
                "families that are not there, or one twice (VUID-VkImageCreateInfo-sharingMode-01420)");
  return check_shape(call, info) && check_limits(call, info);
}

namespace {

void check_view_format(Call const& call, VkFormat format, VkBufferUsageFlags usage) {
  VkFormatFeatureFlags const features = format_properties(format).bufferFeatures;
  bool const uniform = (usage & VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT) != 0;
  bool const storage = (usage & VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT) != 0;
  call.require(uniform || storage, "a buffer without texel usage (VUID-VkBufferViewCreateInfo-buffer-00932)");
  call.require(!uniform || (features & VK_FORMAT_FEATURE_UNIFORM_TEXEL_BUFFER_BIT) != 0,
               "a format that no uniform texel buffer has (VUID-VkBufferViewCreateInfo-buffer-00933)");
  call.require(!storage || (features & VK_FORMAT_FEATURE_STORAGE_TEXEL_BUFFER_BIT) != 0,
               "a format that no storage texel buffer has (VUID-VkBufferViewCreateInfo-buffer-00934)");
}

}  // namespace

void check(Call const& call, VkBufferViewCreateInfo const& info, Resource const& buffer) {
  VkPhysicalDeviceLimits const limits = limits_of(*call.device().gpu);
  VkDeviceSize const texel = std::max(texel_size(info.format), VkDeviceSize{1});
  check_view_format(call, info.format, buffer.usage);
  call.require(buffer.memory != 0, "a buffer that is not bound (VUID-VkBufferViewCreateInfo-buffer-00935)");
  call.require(info.offset % limits.minTexelBufferOffsetAlignment == 0,
               "an offset that is not aligned (VUID-VkBufferViewCreateInfo-offset-02749)");
  if (!call.require(info.offset < buffer.size,
                    "an offset outside of the buffer (VUID-VkBufferViewCreateInfo-offset-00925)")) {
    return;
  }
  VkDeviceSize const rest = buffer.size - info.offset;
  if (info.range == VK_WHOLE_SIZE) {
    call.require(rest / texel <= limits.maxTexelBufferElements,
                 "more than maxTexelBufferElements (VUID-VkBufferViewCreateInfo-range-04059)");
    return;
  }
  call.require(info.range != 0, "the range is 0 (VUID-VkBufferViewCreateInfo-range-00928)");
  call.require(info.range % texel == 0, "a range that ends within a texel (VUID-VkBufferViewCreateInfo-range-00929)");
  call.require(info.range / texel <= limits.maxTexelBufferElements,
               "more than maxTexelBufferElements (VUID-VkBufferViewCreateInfo-range-00930)");
  call.require(info.range <= rest, "beyond the buffer (VUID-VkBufferViewCreateInfo-offset-00931)");
}

}  // namespace ashlar::simulated
