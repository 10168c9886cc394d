// Formats: what images and buffers may be made of.

#include "simulated_driver/raw_instance.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

/// The physical device of an instance, asked for formats.
struct Scene {
  VkResult image_result(VkPhysicalDeviceImageFormatInfo2 info, void const* chain = nullptr) {
    info.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2;
    info.pNext = chain;
    properties = {};
    properties.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2;
    auto const query =
        instance.function<PFN_vkGetPhysicalDeviceImageFormatProperties2>("vkGetPhysicalDeviceImageFormatProperties2");
    return query(gpu, &info, &properties);
  }

  SimulatedDriver driver{test_gpu()};
  RawInstance instance;
  VkPhysicalDevice gpu = instance.physical_devices().at(0);
  VkImageFormatProperties2 properties{};
};

VkPhysicalDeviceImageFormatInfo2 plain_image() {
  VkPhysicalDeviceImageFormatInfo2 info{};
  info.format = VK_FORMAT_R8G8B8A8_UNORM;
  info.type = VK_IMAGE_TYPE_2D;
  info.tiling = VK_IMAGE_TILING_OPTIMAL;
  info.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
  return info;
}

}  // namespace

TEST_CASE("images can be copied, sampled and rendered to in the formats that every GPU has", "[simulated_driver]") {
  Scene scene;
  auto const query =
      scene.instance.function<PFN_vkGetPhysicalDeviceFormatProperties>("vkGetPhysicalDeviceFormatProperties");
  // Some of the specification's "Mandatory Format Support".
  for (VkFormat const format :
       {VK_FORMAT_R8_UNORM, VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_R8G8B8A8_SRGB, VK_FORMAT_B8G8R8A8_UNORM,
        VK_FORMAT_R16G16B16A16_SFLOAT, VK_FORMAT_R32_UINT, VK_FORMAT_R32G32B32A32_SFLOAT}) {
    VkFormatProperties properties{};
    query(scene.gpu, format, &properties);
    constexpr VkFormatFeatureFlags needed = VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT |
                                            VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT |
                                            VK_FORMAT_FEATURE_TRANSFER_SRC_BIT | VK_FORMAT_FEATURE_TRANSFER_DST_BIT;
    CHECK((properties.optimalTilingFeatures & needed) == needed);
    CHECK((properties.bufferFeatures & VK_FORMAT_FEATURE_UNIFORM_TEXEL_BUFFER_BIT) != 0);
  }
  VkFormatProperties properties{};
  query(scene.gpu, VK_FORMAT_ASTC_4x4_UNORM_BLOCK, &properties);
  CHECK(properties.optimalTilingFeatures == 0);
  CHECK(properties.linearTilingFeatures == 0);
  CHECK(properties.bufferFeatures == 0);
}

TEST_CASE("VkFormatProperties3 says what VkFormatProperties does", "[simulated_driver]") {
  Scene scene;
  VkFormatProperties3 wide{};
  wide.sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3;
  VkFormatProperties2 properties{};
  properties.sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2;
  properties.pNext = &wide;
  scene.instance.function<PFN_vkGetPhysicalDeviceFormatProperties2>("vkGetPhysicalDeviceFormatProperties2")(
      scene.gpu, VK_FORMAT_D32_SFLOAT, &properties);
  CHECK((properties.formatProperties.optimalTilingFeatures & VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT) != 0);
  CHECK(wide.optimalTilingFeatures == properties.formatProperties.optimalTilingFeatures);
  CHECK(wide.linearTilingFeatures == properties.formatProperties.linearTilingFeatures);
}

TEST_CASE("images that can be have the least limits of Vulkan, or more", "[simulated_driver]") {
  Scene scene;
  REQUIRE(scene.image_result(plain_image()) == VK_SUCCESS);
  VkImageFormatProperties const& found = scene.properties.imageFormatProperties;
  CHECK(found.maxExtent.width >= 4096);  // Of the table "Required Limits".
  CHECK(found.maxExtent.depth == 1);
  CHECK(found.maxArrayLayers >= 256);
  CHECK(found.maxMipLevels == 15);  // Of 16384 texels.
  CHECK((found.sampleCounts & VK_SAMPLE_COUNT_1_BIT) != 0);
  CHECK(found.maxResourceSize >= VkDeviceSize{1} << 31U);
  auto volume = plain_image();
  volume.type = VK_IMAGE_TYPE_3D;
  CHECK(scene.image_result(volume) == VK_SUCCESS);
  CHECK(scene.properties.imageFormatProperties.maxExtent.depth >= 256);
  CHECK(scene.properties.imageFormatProperties.maxArrayLayers == 1);
}

TEST_CASE("images that cannot be are refused", "[simulated_driver]") {
  Scene scene;
  auto info = plain_image();
  SECTION("the format") { info.format = VK_FORMAT_ASTC_4x4_UNORM_BLOCK; }
  SECTION("the usage") { info.usage |= VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT; }
  SECTION("sparse") { info.flags = VK_IMAGE_CREATE_SPARSE_BINDING_BIT; }
  SECTION("linear volumes") {
    info.type = VK_IMAGE_TYPE_3D;
    info.tiling = VK_IMAGE_TILING_LINEAR;
    info.usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT;
  }
  CHECK(scene.image_result(info) == VK_ERROR_FORMAT_NOT_SUPPORTED);
}

TEST_CASE("images can be shared by opaque file descriptors alone", "[simulated_driver]") {
  Scene scene;
  VkPhysicalDeviceExternalImageFormatInfo external{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
                                                   nullptr, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
  CHECK(scene.image_result(plain_image(), &external) == VK_SUCCESS);
  external.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT;
  CHECK(scene.image_result(plain_image(), &external) == VK_ERROR_FORMAT_NOT_SUPPORTED);
}

}  // namespace ashlar::test
