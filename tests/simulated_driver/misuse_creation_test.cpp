// Buffers, images and views that cannot be are noted; those that just can are not.

#include <functional>
#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;

struct Scene {
  explicit Scene(Gpu const& gpu = test_gpu()) : driver{gpu} {}

  /// What a buffer breaks that differs from a good one.
  std::string buffer(std::function<void(VkBufferCreateInfo&)> const& change) {
    VkBufferCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    info.size = 64;
    info.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT;
    change(info);
    VkBuffer made = VK_NULL_HANDLE;
    vulkan.call<PFN_vkCreateBuffer>("vkCreateBuffer", &info, nullptr, &made);
    vulkan.call<PFN_vkDestroyBuffer>("vkDestroyBuffer", made, nullptr);
    return violations(driver);
  }
  /// And an image.
  std::string image(std::function<void(VkImageCreateInfo&)> const& change) {
    VkImageCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO;
    info.imageType = VK_IMAGE_TYPE_2D;
    info.format = VK_FORMAT_R8G8B8A8_UNORM;
    info.extent = {16, 8, 1};
    info.mipLevels = 1;
    info.arrayLayers = 1;
    info.samples = VK_SAMPLE_COUNT_1_BIT;
    info.usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT;
    change(info);
    VkImage made = VK_NULL_HANDLE;
    vulkan.call<PFN_vkCreateImage>("vkCreateImage", &info, nullptr, &made);
    vulkan.call<PFN_vkDestroyImage>("vkDestroyImage", made, nullptr);
    return violations(driver);
  }

  SimulatedDriver driver;
  RawVulkan vulkan{driver};
};

/// Shares a resource between families.
auto concurrent(std::vector<std::uint32_t> const& families) {
  return [&](auto& info) {
    info.sharingMode = VK_SHARING_MODE_CONCURRENT;
    info.queueFamilyIndexCount = static_cast<std::uint32_t>(families.size());
    info.pQueueFamilyIndices = families.data();
  };
}

}  // namespace

TEST_CASE("buffers of a wrong size, usage or flag are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkDeviceSize const most = scene.driver.gpu().max_buffer_size();
  auto const size = [&](VkDeviceSize bytes) { return scene.buffer([&](auto& info) { info.size = bytes; }); };
  auto const usage = [&](VkBufferUsageFlags flags) { return scene.buffer([&](auto& info) { info.usage = flags; }); };
  auto const flag = [&](VkBufferCreateFlags flags) { return scene.buffer([&](auto& info) { info.flags = flags; }); };
  CHECK(size(1).empty());
  CHECK_THAT(size(0), ContainsSubstring("VUID-VkBufferCreateInfo-size-00912"));
  CHECK(size(most).empty());
  CHECK_THAT(size(most + 1), ContainsSubstring("VUID-VkBufferCreateInfo-size-06409"));
  CHECK(usage(VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT | VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT).empty());
  CHECK_THAT(usage(0), ContainsSubstring("VUID-VkBufferCreateInfo-usage-requiredbitmask"));
  CHECK_THAT(usage(0x80000001), ContainsSubstring("VUID-VkBufferCreateInfo-usage-parameter"));
  CHECK_THAT(flag(0x40000000), ContainsSubstring("VUID-VkBufferCreateInfo-flags-parameter"));
  CHECK_THAT(flag(VK_BUFFER_CREATE_PROTECTED_BIT), ContainsSubstring("VUID-VkBufferCreateInfo-flags-01887"));
  CHECK_THAT(flag(VK_BUFFER_CREATE_SPARSE_BINDING_BIT), ContainsSubstring("VUID-VkBufferCreateInfo-flags-00915"));
  CHECK_THAT(flag(VK_BUFFER_CREATE_SPARSE_RESIDENCY_BIT), ContainsSubstring("VUID-VkBufferCreateInfo-flags-00916"));
  CHECK_THAT(flag(VK_BUFFER_CREATE_SPARSE_ALIASED_BIT), ContainsSubstring("VUID-VkBufferCreateInfo-flags-00917"));
  CHECK_THAT(flag(VK_BUFFER_CREATE_DEVICE_ADDRESS_CAPTURE_REPLAY_BIT),
             ContainsSubstring("VUID-VkBufferCreateInfo-flags-03338"));
}

TEST_CASE("without maintenance4 there is no maxBufferSize", "[simulated_driver]") {
  Gpu gpu = test_gpu();
  gpu.hidden = {"maintenance4"};
  Scene scene{gpu};
  CHECK(scene.buffer([&](auto& info) { info.size = gpu.max_buffer_size() + 1; }).empty());
}

TEST_CASE("resources that queue families share wrongly are noted", "[simulated_driver][misuse]") {
  Scene scene;
  std::vector<std::uint32_t> const two{2, 0};
  std::vector<std::uint32_t> const one{0};
  std::vector<std::uint32_t> const twice{1, 1};
  std::vector<std::uint32_t> const beyond{0, 3};
  CHECK(scene.buffer(concurrent(two)).empty());
  CHECK_THAT(scene.buffer(concurrent(one)), ContainsSubstring("VUID-VkBufferCreateInfo-sharingMode-00914"));
  CHECK_THAT(scene.buffer(concurrent(twice)), ContainsSubstring("VUID-VkBufferCreateInfo-sharingMode-01419"));
  CHECK_THAT(scene.buffer(concurrent(beyond)), ContainsSubstring("VUID-VkBufferCreateInfo-sharingMode-01419"));
  CHECK(scene.image(concurrent(two)).empty());
  CHECK_THAT(scene.image(concurrent(one)), ContainsSubstring("VUID-VkImageCreateInfo-sharingMode-00942"));
  CHECK_THAT(scene.image(concurrent(twice)), ContainsSubstring("VUID-VkImageCreateInfo-sharingMode-01420"));
  CHECK_THAT(scene.image(concurrent(beyond)), ContainsSubstring("VUID-VkImageCreateInfo-sharingMode-01420"));
  auto const exclusive = [&](auto& info) {
    concurrent(beyond)(info);
    info.sharingMode = VK_SHARING_MODE_EXCLUSIVE;  // Then the families are ignored.
  };
  CHECK(scene.buffer(exclusive).empty());
  CHECK(scene.image(exclusive).empty());
}

TEST_CASE("external handle types that the GPU does not offer are noted", "[simulated_driver][misuse]") {
  bool const hidden = GENERATE(false, true);
  Gpu gpu = test_gpu();
  if (hidden) {
    gpu.hidden = {VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME};
  }
  Scene scene{gpu};
  auto const buffer = [&](VkExternalMemoryHandleTypeFlags types) {
    VkExternalMemoryBufferCreateInfo const external{VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, nullptr,
                                                    types};
    return scene.buffer([&](auto& info) { info.pNext = &external; });
  };
  auto const image = [&](VkExternalMemoryHandleTypeFlags types, VkImageLayout layout = VK_IMAGE_LAYOUT_UNDEFINED) {
    VkExternalMemoryImageCreateInfo const external{VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO, nullptr, types};
    return scene.image([&](auto& info) {
      info.pNext = &external;
      info.initialLayout = layout;
    });
  };
  constexpr VkExternalMemoryHandleTypeFlags opaque = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
  constexpr VkExternalMemoryHandleTypeFlags both = opaque | VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT;
  CHECK(buffer(opaque).empty() != hidden);
  CHECK(image(opaque).empty() != hidden);
  CHECK(buffer(0).empty());
  CHECK_THAT(buffer(both), ContainsSubstring("VUID-VkBufferCreateInfo-pNext-00920"));
  CHECK_THAT(image(both), ContainsSubstring("VUID-VkImageCreateInfo-pNext-00990"));
  CHECK_THAT(image(opaque, VK_IMAGE_LAYOUT_PREINITIALIZED), ContainsSubstring("VUID-VkImageCreateInfo-pNext-01443"));
  CHECK(image(0, VK_IMAGE_LAYOUT_PREINITIALIZED).empty());
}

TEST_CASE("images of a wrong shape are noted", "[simulated_driver][misuse]") {
  Scene scene;
  auto const shape = [&](VkImageType type, VkExtent3D extent, std::uint32_t levels = 1, std::uint32_t layers = 1,
                         VkImageCreateFlags flags = 0) {
    return scene.image([&](auto& info) {
      info.imageType = type;
      info.extent = extent;
      info.mipLevels = levels;
      info.arrayLayers = layers;
      info.flags = flags;
    });
  };
  constexpr auto d1 = VK_IMAGE_TYPE_1D;
  constexpr auto d2 = VK_IMAGE_TYPE_2D;
  constexpr auto d3 = VK_IMAGE_TYPE_3D;
  constexpr VkImageCreateFlags cube = VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT;
  CHECK_THAT(shape(d2, {0, 1, 1}), ContainsSubstring("VUID-VkImageCreateInfo-extent-00944"));
  CHECK_THAT(shape(d2, {1, 0, 1}), ContainsSubstring("VUID-VkImageCreateInfo-extent-00945"));
  CHECK_THAT(shape(d2, {1, 1, 0}), ContainsSubstring("VUID-VkImageCreateInfo-extent-00946"));
  CHECK_THAT(shape(d2, {1, 1, 1}, 0), ContainsSubstring("VUID-VkImageCreateInfo-mipLevels-00947"));
  CHECK_THAT(shape(d2, {1, 1, 1}, 1, 0), ContainsSubstring("VUID-VkImageCreateInfo-arrayLayers-00948"));
  CHECK(shape(d1, {16, 1, 1}).empty());
  CHECK_THAT(shape(d1, {16, 2, 1}), ContainsSubstring("VUID-VkImageCreateInfo-imageType-00956"));
  CHECK_THAT(shape(d2, {16, 2, 2}), ContainsSubstring("VUID-VkImageCreateInfo-imageType-00957"));
  CHECK(shape(d3, {16, 2, 2}).empty());
  CHECK_THAT(shape(d3, {16, 2, 2}, 1, 2), ContainsSubstring("VUID-VkImageCreateInfo-imageType-00961"));
  CHECK(shape(d2, {4, 4, 1}, 1, 6, cube).empty());
  CHECK_THAT(shape(d2, {4, 5, 1}, 1, 6, cube), ContainsSubstring("VUID-VkImageCreateInfo-imageType-00954"));
  CHECK_THAT(shape(d2, {4, 4, 1}, 1, 5, cube), ContainsSubstring("VUID-VkImageCreateInfo-imageType-00954"));
  CHECK_THAT(shape(d3, {4, 4, 4}, 1, 1, cube), ContainsSubstring("VUID-VkImageCreateInfo-flags-00949"));
  CHECK(shape(d2, {16, 5, 1}, 5).empty());
  CHECK_THAT(shape(d2, {16, 5, 1}, 6), ContainsSubstring("VUID-VkImageCreateInfo-mipLevels-00958"));
  CHECK(shape(d2, {16384, 1, 1}).empty());
  CHECK_THAT(shape(d2, {16385, 1, 1}), ContainsSubstring("VUID-VkImageCreateInfo-extent-02252"));
  CHECK_THAT(shape(d2, {1, 16385, 1}), ContainsSubstring("VUID-VkImageCreateInfo-extent-02253"));
  CHECK_THAT(shape(d3, {1, 1, 2049}), ContainsSubstring("VUID-VkImageCreateInfo-extent-02254"));
  CHECK(shape(d2, {1, 1, 1}, 1, 2048).empty());
  CHECK_THAT(shape(d2, {1, 1, 1}, 1, 2049), ContainsSubstring("VUID-VkImageCreateInfo-arrayLayers-02256"));
}

TEST_CASE("images of a wrong format, usage or flag are noted", "[simulated_driver][misuse]") {
  Scene scene;
  auto const usage = [&](VkImageUsageFlags flags) { return scene.image([&](auto& info) { info.usage = flags; }); };
  auto const flag = [&](VkImageCreateFlags flags) { return scene.image([&](auto& info) { info.flags = flags; }); };
  auto const layout = [&](VkImageLayout one) { return scene.image([&](auto& info) { info.initialLayout = one; }); };
  constexpr VkImageUsageFlags transient = VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT;
  CHECK_THAT(usage(0), ContainsSubstring("VUID-VkImageCreateInfo-usage-requiredbitmask"));
  CHECK_THAT(usage(0x80000001), ContainsSubstring("VUID-VkImageCreateInfo-usage-parameter"));
  CHECK_THAT(usage(transient), ContainsSubstring("VUID-VkImageCreateInfo-usage-00966"));
  CHECK_THAT(usage(transient | VK_IMAGE_USAGE_SAMPLED_BIT), ContainsSubstring("VUID-VkImageCreateInfo-usage-00963"));
  CHECK(usage(transient | VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT).empty());
  CHECK_THAT(usage(VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT),
             ContainsSubstring("VUID-VkImageCreateInfo-imageCreateMaxMipLevels-02251"));
  CHECK_THAT(flag(0x40000000), ContainsSubstring("VUID-VkImageCreateInfo-flags-parameter"));
  CHECK_THAT(flag(VK_IMAGE_CREATE_PROTECTED_BIT), ContainsSubstring("VUID-VkImageCreateInfo-flags-01890"));
  CHECK(flag(VK_IMAGE_CREATE_ALIAS_BIT | VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT).empty());
  CHECK_THAT(layout(VK_IMAGE_LAYOUT_GENERAL), ContainsSubstring("VUID-VkImageCreateInfo-initialLayout-00993"));
  CHECK(layout(VK_IMAGE_LAYOUT_PREINITIALIZED).empty());
  CHECK_THAT(scene.image([](auto& info) { info.format = VK_FORMAT_ASTC_4x4_UNORM_BLOCK; }),
             ContainsSubstring("VUID-VkImageCreateInfo-imageCreateMaxMipLevels-02251"));
  CHECK_THAT(scene.image([](auto& info) { info.samples = VK_SAMPLE_COUNT_4_BIT; }),
             ContainsSubstring("VUID-VkImageCreateInfo-samples-02258"));
  auto const linear = [](std::uint32_t levels) {
    return [levels](auto& info) {
      info.tiling = VK_IMAGE_TILING_LINEAR;
      info.mipLevels = levels;
    };
  };
  CHECK(scene.image(linear(1)).empty());
  CHECK_THAT(scene.image(linear(2)), ContainsSubstring("VUID-VkImageCreateInfo-mipLevels-02255"));
}

TEST_CASE("views that a buffer cannot have are noted", "[simulated_driver][misuse]") {
  Scene scene;
  auto const bound = [&](VkBufferUsageFlags usage) {
    VkBuffer const buffer = scene.vulkan.create_buffer(100, usage);
    scene.vulkan.bind(buffer, scene.vulkan.allocate(112, cached));
    return buffer;
  };
  auto const view = [&](VkBuffer buffer, VkDeviceSize offset, VkDeviceSize range,
                        VkFormat format = VK_FORMAT_R8G8B8A8_UNORM) {
    VkBufferViewCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO;
    info.buffer = buffer;
    info.format = format;
    info.offset = offset;
    info.range = range;
    VkBufferView made = VK_NULL_HANDLE;
    scene.vulkan.call<PFN_vkCreateBufferView>("vkCreateBufferView", &info, nullptr, &made);
    scene.vulkan.call<PFN_vkDestroyBufferView>("vkDestroyBufferView", made, nullptr);
    return violations(scene.driver);
  };
  VkBuffer const uniform = bound(VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT);
  VkBuffer const storage = bound(VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT);
  CHECK(view(uniform, 16, VK_WHOLE_SIZE).empty());
  CHECK(view(storage, 96, 4).empty());
  CHECK_THAT(view(bound(VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT), 0, 4),
             ContainsSubstring("VUID-VkBufferViewCreateInfo-buffer-00932"));
  CHECK_THAT(view(uniform, 0, 4, VK_FORMAT_D32_SFLOAT), ContainsSubstring("VUID-VkBufferViewCreateInfo-buffer-00933"));
  CHECK_THAT(view(storage, 0, 4, VK_FORMAT_D32_SFLOAT), ContainsSubstring("VUID-VkBufferViewCreateInfo-buffer-00934"));
  CHECK_THAT(view(scene.vulkan.create_buffer(16, VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT), 0, 4),
             ContainsSubstring("VUID-VkBufferViewCreateInfo-buffer-00935"));
  CHECK_THAT(view(uniform, 112, 4), ContainsSubstring("VUID-VkBufferViewCreateInfo-offset-00925"));
  CHECK_THAT(view(uniform, 8, 4), ContainsSubstring("VUID-VkBufferViewCreateInfo-offset-02749"));
  CHECK_THAT(view(uniform, 0, 0), ContainsSubstring("VUID-VkBufferViewCreateInfo-range-00928"));
  CHECK_THAT(view(uniform, 0, 6), ContainsSubstring("VUID-VkBufferViewCreateInfo-range-00929"));
  CHECK_THAT(view(uniform, 96, 8), ContainsSubstring("VUID-VkBufferViewCreateInfo-offset-00931"));
}

TEST_CASE("views of too many texels are noted", "[simulated_driver][misuse]") {
  Scene scene;
  constexpr VkDeviceSize most = VkDeviceSize{1} << 27U;  // maxTexelBufferElements
  VkBuffer const buffer = scene.vulkan.create_buffer(most + 16, VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT);
  scene.vulkan.bind(buffer, scene.vulkan.allocate(most + 16, cached));
  auto const view = [&](VkDeviceSize offset, VkDeviceSize range) {
    VkBufferViewCreateInfo const info{
        VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO, nullptr, 0, buffer, VK_FORMAT_R8_UINT, offset, range};
    VkBufferView made = VK_NULL_HANDLE;
    scene.vulkan.call<PFN_vkCreateBufferView>("vkCreateBufferView", &info, nullptr, &made);
    scene.vulkan.call<PFN_vkDestroyBufferView>("vkDestroyBufferView", made, nullptr);
    return violations(scene.driver);
  };
  CHECK(view(0, most).empty());
  CHECK_THAT(view(0, most + 1), ContainsSubstring("VUID-VkBufferViewCreateInfo-range-00930"));
  CHECK(view(16, VK_WHOLE_SIZE).empty());
  CHECK_THAT(view(0, VK_WHOLE_SIZE), ContainsSubstring("VUID-VkBufferViewCreateInfo-range-04059"));
}

}  // namespace ashlar::test
