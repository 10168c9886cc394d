// Wrong copies, fills and updates are noted.

#include <string>
#include <vector>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;

struct Scene {
  /// What recording a command breaks.
  template <class Body>
  std::string record(Body body) {
    static_cast<void>(vulkan.commands(0, body));
    return violations(driver);
  }
  std::string copy(VkBuffer from, VkBuffer to, std::vector<VkBufferCopy> const& regions) {
    return record([&](VkCommandBuffer commands) {
      vulkan.function<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer")(
          commands, from, to, static_cast<std::uint32_t>(regions.size()), regions.data());
    });
  }
  std::string fill(VkBuffer target, VkDeviceSize offset, VkDeviceSize size) {
    return record([&](VkCommandBuffer commands) {
      vulkan.function<PFN_vkCmdFillBuffer>("vkCmdFillBuffer")(commands, target, offset, size, 0);
    });
  }
  std::string update(VkBuffer target, VkDeviceSize offset, VkDeviceSize size) {
    std::string const bytes(size, 'u');
    return record([&](VkCommandBuffer commands) {
      vulkan.function<PFN_vkCmdUpdateBuffer>("vkCmdUpdateBuffer")(commands, target, offset, size, bytes.data());
    });
  }
  VkBuffer create_bound_buffer(VkDeviceSize size, VkBufferUsageFlags usage) {
    VkBuffer const made = vulkan.create_buffer(size, usage);
    vulkan.bind(made, vulkan.allocate(vulkan.requirements(made).size, coherent));
    return made;
  }
  VkImage create_bound_image(VkFormat format, VkImageUsageFlags usage) {
    VkImageCreateInfo info{};
    info.imageType = VK_IMAGE_TYPE_2D;
    info.format = format;
    info.extent = {16, 2, 1};
    info.mipLevels = 1;
    info.arrayLayers = 1;
    info.usage = usage;
    VkImage const made = vulkan.create_image(info);
    vulkan.bind_image(made, vulkan.allocate(vulkan.image_requirements(made).size, coherent));
    return made;
  }

  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkBuffer small = create_bound_buffer(64, RawVulkan::copies);
  VkBuffer large = create_bound_buffer(128, RawVulkan::copies);
};

constexpr VkImageSubresourceLayers whole{VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
constexpr VkImageSubresourceLayers second_level{VK_IMAGE_ASPECT_COLOR_BIT, 1, 0, 1};

}  // namespace

TEST_CASE("copies beyond a buffer are noted", "[simulated_driver][misuse]") {
  Scene scene;
  CHECK(scene.copy(scene.small, scene.large, {{0, 64, 64}}).empty());
  CHECK_THAT(scene.copy(scene.small, scene.large, {{0, 0, 65}}), ContainsSubstring("VUID-vkCmdCopyBuffer-size-00115"));
  CHECK_THAT(scene.copy(scene.small, scene.large, {{64, 0, 1}}),
             ContainsSubstring("VUID-vkCmdCopyBuffer-srcOffset-00113"));
  CHECK_THAT(scene.copy(scene.large, scene.small, {{0, 1, 64}}), ContainsSubstring("VUID-vkCmdCopyBuffer-size-00116"));
  CHECK_THAT(scene.copy(scene.small, scene.large, {{0, 0, 0}}), ContainsSubstring("VUID-VkBufferCopy-size-01988"));
  CHECK_THAT(scene.copy(scene.small, scene.large, {}),
             ContainsSubstring("VUID-vkCmdCopyBuffer-regionCount-arraylength"));
}

TEST_CASE("copies between bytes that overlap are noted", "[simulated_driver][misuse]") {
  Scene scene;
  CHECK(scene.copy(scene.large, scene.large, {{0, 64, 64}}).empty());
  CHECK_THAT(scene.copy(scene.large, scene.large, {{0, 63, 64}}),
             ContainsSubstring("VUID-vkCmdCopyBuffer-pRegions-00117"));
  CHECK_THAT(scene.copy(scene.large, scene.large, {{0, 32, 16}, {40, 96, 16}}),
             ContainsSubstring("VUID-vkCmdCopyBuffer-pRegions-00117"));
}

TEST_CASE("fills and updates beyond a buffer, or off its words, are noted", "[simulated_driver][misuse]") {
  Scene scene;
  CHECK(scene.fill(scene.small, 60, 4).empty());
  CHECK(scene.fill(scene.small, 4, VK_WHOLE_SIZE).empty());
  CHECK_THAT(scene.fill(scene.small, 4, 64), ContainsSubstring("VUID-vkCmdFillBuffer-size-00027"));
  CHECK_THAT(scene.fill(scene.small, 64, VK_WHOLE_SIZE), ContainsSubstring("VUID-vkCmdFillBuffer-dstOffset-00024"));
  CHECK_THAT(scene.fill(scene.small, 2, 4), ContainsSubstring("VUID-vkCmdFillBuffer-dstOffset-00025"));
  CHECK_THAT(scene.fill(scene.small, 0, 6), ContainsSubstring("VUID-vkCmdFillBuffer-size-00028"));
  CHECK_THAT(scene.fill(scene.small, 0, 0), ContainsSubstring("VUID-vkCmdFillBuffer-size-00026"));
  CHECK(scene.update(scene.small, 60, 4).empty());
  CHECK_THAT(scene.update(scene.small, 4, 64), ContainsSubstring("VUID-vkCmdUpdateBuffer-dataSize-00033"));
  CHECK_THAT(scene.update(scene.small, 0, 65540), ContainsSubstring("VUID-vkCmdUpdateBuffer-dataSize-00037"));
  CHECK_THAT(scene.update(scene.small, 2, 4), ContainsSubstring("VUID-vkCmdUpdateBuffer-dstOffset-00036"));
  CHECK_THAT(scene.update(scene.small, 0, 6), ContainsSubstring("VUID-vkCmdUpdateBuffer-dataSize-00038"));
  CHECK_THAT(scene.update(scene.small, 0, 0), ContainsSubstring("VUID-vkCmdUpdateBuffer-dataSize-arraylength"));
}

TEST_CASE("buffers without the usage of a transfer are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkBuffer const source = scene.create_bound_buffer(64, VK_BUFFER_USAGE_TRANSFER_SRC_BIT);
  VkBuffer const target = scene.create_bound_buffer(64, VK_BUFFER_USAGE_TRANSFER_DST_BIT);
  CHECK(scene.copy(source, target, {{0, 0, 64}}).empty());
  CHECK_THAT(scene.copy(target, scene.small, {{0, 0, 64}}), ContainsSubstring("VUID-vkCmdCopyBuffer-srcBuffer-00118"));
  CHECK_THAT(scene.copy(scene.small, source, {{0, 0, 64}}), ContainsSubstring("VUID-vkCmdCopyBuffer-dstBuffer-00120"));
  CHECK_THAT(scene.fill(source, 0, 4), ContainsSubstring("VUID-vkCmdFillBuffer-dstBuffer-00029"));
  CHECK_THAT(scene.update(source, 0, 4), ContainsSubstring("VUID-vkCmdUpdateBuffer-dstBuffer-00034"));
}

TEST_CASE("commands on buffers without memory are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkBuffer const unbound = scene.vulkan.create_buffer(64);
  CHECK_THAT(scene.copy(unbound, scene.small, {{0, 0, 64}}), ContainsSubstring("VUID-vkCmdCopyBuffer-srcBuffer-00119"));
  CHECK_THAT(scene.copy(scene.small, unbound, {{0, 0, 64}}), ContainsSubstring("VUID-vkCmdCopyBuffer-dstBuffer-00121"));
  CHECK_THAT(scene.fill(unbound, 0, 4), ContainsSubstring("VUID-vkCmdFillBuffer-dstBuffer-00031"));
  CHECK_THAT(scene.update(unbound, 0, 4), ContainsSubstring("VUID-vkCmdUpdateBuffer-dstBuffer-00035"));
}

TEST_CASE("vertices and indices out of other buffers are noted", "[simulated_driver][misuse]") {
  Scene scene;
  auto const bind_vertices = [&](VkBuffer buffer, VkDeviceSize offset) {
    return scene.record([&](VkCommandBuffer commands) {
      scene.vulkan.function<PFN_vkCmdBindVertexBuffers>("vkCmdBindVertexBuffers")(commands, 0, 1, &buffer, &offset);
    });
  };
  auto const bind_indices = [&](VkBuffer buffer, VkDeviceSize offset) {
    return scene.record([&](VkCommandBuffer commands) {
      scene.vulkan.function<PFN_vkCmdBindIndexBuffer>("vkCmdBindIndexBuffer")(commands, buffer, offset,
                                                                              VK_INDEX_TYPE_UINT32);
    });
  };
  constexpr VkBufferUsageFlags usage = VK_BUFFER_USAGE_VERTEX_BUFFER_BIT | VK_BUFFER_USAGE_INDEX_BUFFER_BIT;
  VkBuffer const right = scene.create_bound_buffer(64, usage);
  CHECK(bind_vertices(right, 60).empty());
  CHECK(bind_indices(right, 60).empty());
  CHECK_THAT(bind_vertices(right, 64), ContainsSubstring("VUID-vkCmdBindVertexBuffers-pOffsets-00626"));
  CHECK_THAT(bind_indices(right, 64), ContainsSubstring("VUID-vkCmdBindIndexBuffer-offset-00431"));
  CHECK_THAT(bind_vertices(scene.small, 0), ContainsSubstring("VUID-vkCmdBindVertexBuffers-pBuffers-00627"));
  CHECK_THAT(bind_indices(scene.small, 0), ContainsSubstring("VUID-vkCmdBindIndexBuffer-buffer-00433"));
  VkBuffer const unbound = scene.vulkan.create_buffer(64, usage);
  CHECK_THAT(bind_vertices(unbound, 0), ContainsSubstring("VUID-vkCmdBindVertexBuffers-pBuffers-00628"));
  CHECK_THAT(bind_indices(unbound, 0), ContainsSubstring("VUID-vkCmdBindIndexBuffer-buffer-00434"));
}

TEST_CASE("wrong copies between images are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkImage const source = scene.create_bound_image(VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_USAGE_TRANSFER_SRC_BIT);
  VkImage const target = scene.create_bound_image(VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_USAGE_TRANSFER_DST_BIT);
  VkImage const bytes = scene.create_bound_image(VK_FORMAT_R8_UNORM, VK_IMAGE_USAGE_TRANSFER_DST_BIT);
  VkImageLayout layout = VK_IMAGE_LAYOUT_GENERAL;
  auto const copy = [&](VkImage from, VkImage to, VkImageCopy const& region) {
    return scene.record([&](VkCommandBuffer commands) {
      scene.vulkan.function<PFN_vkCmdCopyImage>("vkCmdCopyImage")(commands, from, layout, to, layout, 1, &region);
    });
  };
  VkImageCopy const all{whole, {0, 0, 0}, whole, {0, 0, 0}, {16, 2, 1}};
  CHECK(copy(source, target, all).empty());
  CHECK_THAT(copy(source, bytes, all), ContainsSubstring("VUID-vkCmdCopyImage-srcImage-01548"));
  CHECK_THAT(copy(target, target, all), ContainsSubstring("VUID-vkCmdCopyImage-srcImage-00126"));
  CHECK_THAT(copy(source, source, all), ContainsSubstring("VUID-vkCmdCopyImage-dstImage-00131"));
  CHECK_THAT(copy(source, target, {whole, {1, 0, 0}, whole, {0, 0, 0}, {16, 1, 1}}),
             ContainsSubstring("VUID-vkCmdCopyImage-srcOffset-00144"));
  CHECK_THAT(copy(source, target, {whole, {0, 0, 0}, second_level, {0, 0, 0}, {1, 1, 1}}),
             ContainsSubstring("VUID-vkCmdCopyImage-dstSubresource-01697"));
  layout = VK_IMAGE_LAYOUT_UNDEFINED;
  CHECK_THAT(copy(source, target, all), ContainsSubstring("VUID-vkCmdCopyImage-dstImageLayout-00134"));
}

TEST_CASE("wrong copies between buffers and images are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkImage const image = scene.create_bound_image(VK_FORMAT_R8G8B8A8_UNORM,
                                                 VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT);
  bool const to_image = GENERATE(true, false);
  auto const copy = [&](VkBuffer buffer, VkImage other, VkBufferImageCopy const& region) {
    return scene.record([&](VkCommandBuffer commands) {
      if (to_image) {
        scene.vulkan.function<PFN_vkCmdCopyBufferToImage>("vkCmdCopyBufferToImage")(
            commands, buffer, other, VK_IMAGE_LAYOUT_GENERAL, 1, &region);
      } else {
        scene.vulkan.function<PFN_vkCmdCopyImageToBuffer>("vkCmdCopyImageToBuffer")(
            commands, other, VK_IMAGE_LAYOUT_GENERAL, buffer, 1, &region);
      }
    });
  };
  auto const vuid = [&](char const* when_to_image, char const* when_to_buffer) {
    return ContainsSubstring(to_image ? when_to_image : when_to_buffer);
  };
  CHECK(copy(scene.large, image, {0, 0, 0, whole, {0, 0, 0}, {16, 2, 1}}).empty());
  CHECK_THAT(copy(scene.large, image, {4, 0, 0, whole, {0, 0, 0}, {16, 2, 1}}),
             vuid("VUID-vkCmdCopyBufferToImage-pRegions-00171", "VUID-vkCmdCopyImageToBuffer-pRegions-00183"));
  CHECK_THAT(copy(scene.large, image, {0, 0, 0, whole, {0, 1, 0}, {16, 2, 1}}),
             vuid("VUID-vkCmdCopyBufferToImage-pRegions-06217", "VUID-vkCmdCopyImageToBuffer-pRegions-06220"));
  VkBuffer const other = scene.create_bound_buffer(128, VK_BUFFER_USAGE_VERTEX_BUFFER_BIT);
  CHECK_THAT(copy(other, image, {0, 0, 0, whole, {0, 0, 0}, {16, 2, 1}}),
             vuid("VUID-vkCmdCopyBufferToImage-srcBuffer-00174", "VUID-vkCmdCopyImageToBuffer-dstBuffer-00191"));
  VkImage const sampled = scene.create_bound_image(VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_USAGE_SAMPLED_BIT);
  CHECK_THAT(copy(scene.large, sampled, {0, 0, 0, whole, {0, 0, 0}, {16, 2, 1}}),
             vuid("VUID-vkCmdCopyBufferToImage-dstImage-00177", "VUID-vkCmdCopyImageToBuffer-srcImage-00186"));
}

}  // namespace ashlar::test
