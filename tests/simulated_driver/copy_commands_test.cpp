// The bytes that copies, fills and updates leave in buffers and images.

#include <cstring>
#include <numeric>
#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

/// Bytes that all differ from their neighbours.
std::string counted(std::size_t size, unsigned first = 0) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>((first + i) % 251);
  }
  return bytes;
}

/// A buffer that holds these bytes, in memory that the host sees.
VkBuffer create_buffer_of(RawVulkan& vulkan, std::string const& bytes, VkDeviceMemory& memory) {
  VkBuffer const buffer = vulkan.create_bound_buffer(bytes.size(), coherent, memory);
  std::memcpy(vulkan.map(memory), bytes.data(), bytes.size());
  return buffer;
}

VkImage create_bound_image(RawVulkan& vulkan, VkImageCreateInfo const& info) {
  VkImage const image = vulkan.create_image(info);
  REQUIRE(vulkan.bind_image(image, vulkan.allocate(vulkan.image_requirements(image).size, coherent)) == VK_SUCCESS);
  return image;
}

VkImageCreateInfo image_info(VkImageType type, VkExtent3D extent, std::uint32_t levels, std::uint32_t layers) {
  VkImageCreateInfo info{};
  info.imageType = type;
  info.format = VK_FORMAT_R8G8_UNORM;  // Two bytes a texel.
  info.extent = extent;
  info.mipLevels = levels;
  info.arrayLayers = layers;
  info.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
  return info;
}

VkImageSubresourceLayers layers_of(std::uint32_t level, std::uint32_t first = 0, std::uint32_t count = 1) {
  return {VK_IMAGE_ASPECT_COLOR_BIT, level, first, count};
}

/// Records copies between buffers and images, by the commands of Vulkan 1.0 or, with a suffix, by those that came
/// later.
class Images {
 public:
  Images(RawVulkan& vulkan, VkCommandBuffer commands, std::string const& suffix = "")
      : vulkan_{vulkan}, commands_{commands}, suffix_{suffix} {}

  void to_image(VkBuffer from, VkImage to, VkBufferImageCopy const& region) const {
    if (suffix_.empty()) {
      vulkan_.function<PFN_vkCmdCopyBufferToImage>("vkCmdCopyBufferToImage")(commands_, from, to, layout, 1, &region);
      return;
    }
    VkBufferImageCopy2 const region2 = with_chain(region);
    VkCopyBufferToImageInfo2 const info{
        VK_STRUCTURE_TYPE_COPY_BUFFER_TO_IMAGE_INFO_2, nullptr, from, to, layout, 1, &region2};
    call<PFN_vkCmdCopyBufferToImage2>("vkCmdCopyBufferToImage", info);
  }
  void to_buffer(VkImage from, VkBuffer to, VkBufferImageCopy const& region) const {
    if (suffix_.empty()) {
      vulkan_.function<PFN_vkCmdCopyImageToBuffer>("vkCmdCopyImageToBuffer")(commands_, from, layout, to, 1, &region);
      return;
    }
    VkBufferImageCopy2 const region2 = with_chain(region);
    VkCopyImageToBufferInfo2 const info{
        VK_STRUCTURE_TYPE_COPY_IMAGE_TO_BUFFER_INFO_2, nullptr, from, layout, to, 1, &region2};
    call<PFN_vkCmdCopyImageToBuffer2>("vkCmdCopyImageToBuffer", info);
  }
  void to_other_image(VkImage from, VkImage to, VkImageCopy const& region) const {
    if (suffix_.empty()) {
      vulkan_.function<PFN_vkCmdCopyImage>("vkCmdCopyImage")(commands_, from, layout, to, layout, 1, &region);
      return;
    }
    VkImageCopy2 const region2{
        VK_STRUCTURE_TYPE_IMAGE_COPY_2, nullptr,          region.srcSubresource, region.srcOffset,
        region.dstSubresource,          region.dstOffset, region.extent};
    VkCopyImageInfo2 const info{VK_STRUCTURE_TYPE_COPY_IMAGE_INFO_2, nullptr, from, layout, to, layout, 1, &region2};
    call<PFN_vkCmdCopyImage2>("vkCmdCopyImage", info);
  }

 private:
  static constexpr VkImageLayout layout = VK_IMAGE_LAYOUT_GENERAL;

  static VkBufferImageCopy2 with_chain(VkBufferImageCopy const& region) {
    return {VK_STRUCTURE_TYPE_BUFFER_IMAGE_COPY_2,
            nullptr,
            region.bufferOffset,
            region.bufferRowLength,
            region.bufferImageHeight,
            region.imageSubresource,
            region.imageOffset,
            region.imageExtent};
  }
  template <class Pointer, class Info>
  void call(std::string const& name, Info const& info) const {
    vulkan_.function<Pointer>((name + suffix_).c_str())(commands_, &info);
  }

  RawVulkan& vulkan_;
  VkCommandBuffer commands_;
  std::string suffix_;
};

}  // namespace

TEST_CASE("a copy moves each region of a buffer to its place", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory source_memory = VK_NULL_HANDLE;
  VkDeviceMemory target_memory = VK_NULL_HANDLE;
  std::string const bytes = counted(100);
  VkBuffer const source = create_buffer_of(vulkan, bytes, source_memory);
  VkBuffer const target = create_buffer_of(vulkan, std::string(100, 'x'), target_memory);
  VkBufferCopy const regions[] = {{10, 3, 5}, {99, 50, 1}};
  VkCommandBuffer const commands = vulkan.commands(0, [&](VkCommandBuffer recorded) {
    vulkan.function<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer")(recorded, source, target, 2, regions);
  });
  vulkan.run(vulkan.queue(0), commands);
  CHECK(driver.device_read(target_memory, 0, 100) ==
        std::string(3, 'x') + bytes.substr(10, 5) + std::string(42, 'x') + bytes.substr(99) + std::string(49, 'x'));
  CHECK(driver.device_read(source_memory, 0, 100) == bytes);
}

TEST_CASE("vkCmdCopyBuffer2 copies as vkCmdCopyBuffer does", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer const source = create_buffer_of(vulkan, "abcdefgh", memory);
  VkBuffer const target = create_buffer_of(vulkan, "ABCDEFGH", memory);
  VkBufferCopy2 const region{VK_STRUCTURE_TYPE_BUFFER_COPY_2, nullptr, 1, 2, 3};
  VkCopyBufferInfo2 const info{VK_STRUCTURE_TYPE_COPY_BUFFER_INFO_2, nullptr, source, target, 1, &region};
  for (char const* name : {"vkCmdCopyBuffer2", "vkCmdCopyBuffer2KHR"}) {
    driver.device_write(memory, 0, "ABCDEFGH");
    vulkan.run(vulkan.queue(0), vulkan.commands(0, [&](VkCommandBuffer commands) {
      vulkan.function<PFN_vkCmdCopyBuffer2>(name)(commands, &info);
    }));
    CHECK(driver.device_read(memory, 0, 8) == "ABbcdFGH");
  }
}

TEST_CASE("a copy starts where the buffer is bound", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(256, coherent);
  VkBuffer const source = vulkan.create_buffer(16);
  VkBuffer const target = vulkan.create_buffer(16);
  vulkan.bind(source, memory, 64);
  vulkan.bind(target, memory, 128);
  driver.device_write(memory, 64, "0123456789abcdef");
  vulkan.run(vulkan.queue(0), vulkan.copy(source, target, {4, 8, 4}));
  CHECK(driver.device_read(memory, 0, 256) == std::string(64, fresh) + "0123456789abcdef" + std::string(48, fresh) +
                                                  std::string(8, fresh) + "4567" + std::string(116, fresh));
}

TEST_CASE("a fill repeats its word, and VK_WHOLE_SIZE leaves what is no whole word", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer const buffer = create_buffer_of(vulkan, std::string(19, 'x'), memory);
  std::uint32_t word = 0;
  std::memcpy(&word, "abcd", 4);
  auto const fill = [&](VkDeviceSize offset, VkDeviceSize size) {
    vulkan.run(vulkan.queue(0), vulkan.commands(0, [&](VkCommandBuffer commands) {
      vulkan.function<PFN_vkCmdFillBuffer>("vkCmdFillBuffer")(commands, buffer, offset, size, word);
    }));
    return driver.device_read(memory, 0, 19);
  };
  CHECK(fill(4, 8) == "xxxxabcdabcdxxxxxxx");
  CHECK(fill(8, VK_WHOLE_SIZE) == "xxxxabcdabcdabcdxxx");
}

TEST_CASE("an update writes the bytes that were there when it was recorded", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer const buffer = create_buffer_of(vulkan, std::string(16, 'x'), memory);
  std::string content = "abcdefgh";
  VkCommandBuffer const commands = vulkan.commands(0, [&](VkCommandBuffer recorded) {
    vulkan.function<PFN_vkCmdUpdateBuffer>("vkCmdUpdateBuffer")(recorded, buffer, 4, 8, content.data());
  });
  content = "ABCDEFGH";
  vulkan.run(vulkan.queue(0), commands);
  CHECK(driver.device_read(memory, 0, 16) == "xxxxabcdefghxxxx");
}

TEST_CASE("bytes come back from images, by layers, levels and offsets", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkImage const first = create_bound_image(vulkan, image_info(VK_IMAGE_TYPE_2D, {8, 4, 1}, 2, 3));
  VkImage const second = create_bound_image(vulkan, image_info(VK_IMAGE_TYPE_2D, {16, 16, 1}, 1, 2));
  // Two layers of 4 by 2 texels, of level 1.
  std::string const bytes = counted(2 * 4 * 2 * 2, 1);
  VkDeviceMemory source_memory = VK_NULL_HANDLE;
  VkDeviceMemory target_memory = VK_NULL_HANDLE;
  VkBuffer const source = create_buffer_of(vulkan, std::string(6, '!') + bytes, source_memory);
  VkBuffer const target = create_buffer_of(vulkan, std::string(64, 'x'), target_memory);
  std::string const suffix = GENERATE(as<std::string>{}, "", "2", "2KHR");
  vulkan.run(vulkan.queue(0), vulkan.commands(0, [&](VkCommandBuffer commands) {
    Images const images{vulkan, commands, suffix};
    images.to_image(source, first, {6, 0, 0, layers_of(1, 1, 2), {0, 0, 0}, {4, 2, 1}});
    vulkan.order_commands(commands);
    // Of both layers the two right columns.
    images.to_other_image(first, second, {layers_of(1, 1, 2), {2, 0, 0}, layers_of(0, 0, 2), {5, 7, 0}, {2, 2, 1}});
    vulkan.order_commands(commands);
    // Rows of six texels, layers of three rows.
    images.to_buffer(second, target, {4, 6, 3, layers_of(0, 0, 2), {5, 7, 0}, {2, 2, 1}});
  }));
  std::string expected(64, 'x');
  for (std::size_t layer = 0; layer < 2; ++layer) {
    for (std::size_t row = 0; row < 2; ++row) {
      expected.replace(4 + (layer * 3 + row) * 12, 4, bytes, (layer * 2 + row) * 8 + 4, 4);
    }
  }
  CHECK(driver.device_read(target_memory, 0, 64) == expected);
}

TEST_CASE("levels and layers of an image do not lie on each other", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkImage const image = create_bound_image(vulkan, image_info(VK_IMAGE_TYPE_2D, {4, 4, 1}, 3, 2));
  VkDeviceMemory memory = VK_NULL_HANDLE;
  constexpr VkDeviceSize whole = 2 * (16 + 4 + 1) * 2;
  std::string const bytes = counted(whole, 7);
  VkBuffer const source = create_buffer_of(vulkan, bytes, memory);
  VkBuffer const target = create_buffer_of(vulkan, std::string(whole, 'x'), memory);
  auto const copy_all = [&](auto copy) {
    VkDeviceSize at = 0;
    for (std::uint32_t layer = 0; layer < 2; ++layer) {
      for (std::uint32_t level = 0; level < 3; ++level) {
        std::uint32_t const size = 4U >> level;
        copy(VkBufferImageCopy{at, 0, 0, layers_of(level, layer), {0, 0, 0}, {size, size, 1}});
        at += VkDeviceSize{2} * size * size;
      }
    }
  };
  vulkan.run(vulkan.queue(0), vulkan.commands(0, [&](VkCommandBuffer commands) {
    Images const images{vulkan, commands};
    copy_all([&](VkBufferImageCopy const& region) { images.to_image(source, image, region); });
    vulkan.order_commands(commands);
    copy_all([&](VkBufferImageCopy const& region) { images.to_buffer(image, target, region); });
  }));
  CHECK(driver.device_read(memory, 0, whole) == bytes);
}

TEST_CASE("a box of a 3D image is copied slice by slice", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkImage const image = create_bound_image(vulkan, image_info(VK_IMAGE_TYPE_3D, {3, 3, 3}, 1, 1));
  VkDeviceMemory memory = VK_NULL_HANDLE;
  std::string const bytes = counted(54);
  VkBuffer const source = create_buffer_of(vulkan, bytes, memory);
  VkBuffer const target = create_buffer_of(vulkan, std::string(16, 'x'), memory);
  vulkan.run(vulkan.queue(0), vulkan.commands(0, [&](VkCommandBuffer commands) {
    Images const images{vulkan, commands};
    images.to_image(source, image, {0, 0, 0, layers_of(0), {0, 0, 0}, {3, 3, 3}});
    vulkan.order_commands(commands);
    images.to_buffer(image, target, {0, 0, 0, layers_of(0), {1, 1, 1}, {2, 2, 2}});
  }));
  std::string expected;
  for (std::size_t slice : {1U, 2U}) {
    for (std::size_t row : {1U, 2U}) {
      expected += bytes.substr((slice * 9 + row * 3 + 1) * 2, 4);
    }
  }
  CHECK(driver.device_read(memory, 0, 16) == expected);
}

TEST_CASE("the layout of a linear image is where its texels lie", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkImageCreateInfo info = image_info(VK_IMAGE_TYPE_2D, {5, 4, 1}, 1, 1);
  info.tiling = VK_IMAGE_TILING_LINEAR;
  VkImage const image = vulkan.create_image(info);
  VkDeviceMemory const memory = vulkan.allocate(vulkan.image_requirements(image).size, coherent);
  vulkan.bind_image(image, memory);
  VkDeviceMemory buffer_memory = VK_NULL_HANDLE;
  VkBuffer const source = create_buffer_of(vulkan, "##", buffer_memory);
  vulkan.run(vulkan.queue(0), vulkan.commands(0, [&](VkCommandBuffer commands) {
    Images{vulkan, commands}.to_image(source, image, {0, 0, 0, layers_of(0), {3, 2, 0}, {1, 1, 1}});
  }));
  VkImageSubresource const subresource{VK_IMAGE_ASPECT_COLOR_BIT, 0, 0};
  VkSubresourceLayout layout{};
  vulkan.call<PFN_vkGetImageSubresourceLayout>("vkGetImageSubresourceLayout", image, &subresource, &layout);
  CHECK(layout.rowPitch >= 10);
  CHECK(driver.device_read(memory, layout.offset + 2 * layout.rowPitch + 6, 2) == "##");
}

}  // namespace ashlar::test
