// Wrong buffers, images and bindings are noted.

#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;

/// Buffers are aligned to 64 bytes and may not lie in the device's own memory; a page of 1024 bytes holds buffers or
/// images.
Gpu strict_gpu() {
  Gpu gpu = test_gpu();
  gpu.buffers.alignment = 64;
  gpu.buffers.memory_type_bits = ~(1U << device_local);
  gpu.limits.buffer_image_granularity = 1024;
  return gpu;
}

struct Scene {
  std::string bind(VkBuffer buffer, VkDeviceMemory where, VkDeviceSize offset) {
    vulkan.bind(buffer, where, offset);
    return violations(driver);
  }
  std::string bind_image(VkImage image, VkDeviceMemory where, VkDeviceSize offset) {
    vulkan.bind_image(image, where, offset);
    return violations(driver);
  }

  SimulatedDriver driver{strict_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory memory = vulkan.allocate(4096, cached);
};

}  // namespace

TEST_CASE("bindings to the wrong place are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkBuffer const buffer = scene.vulkan.create_buffer(100);
  VkDeviceMemory const own = scene.vulkan.allocate(4096, device_local);
  CHECK_THAT(scene.bind(buffer, own, 0), ContainsSubstring("VUID-vkBindBufferMemory-memory-01035"));
  CHECK_THAT(scene.bind(buffer, scene.memory, 32), ContainsSubstring("VUID-vkBindBufferMemory-memoryOffset-01036"));
  CHECK_THAT(scene.bind(buffer, scene.memory, 4032), ContainsSubstring("VUID-vkBindBufferMemory-size-01037"));
  CHECK(scene.bind(buffer, scene.memory, 0).empty());
  CHECK_THAT(scene.bind(buffer, scene.memory, 1024), ContainsSubstring("VUID-vkBindBufferMemory-buffer-07459"));
  VkImage const image = scene.vulkan.create_image(16);
  CHECK_THAT(scene.bind_image(image, scene.memory, 1024 + 64),
             ContainsSubstring("VUID-vkBindImageMemory-memoryOffset-01048"));
  CHECK_THAT(scene.bind_image(scene.vulkan.create_image(128), scene.memory, 4096 - 256),
             ContainsSubstring("VUID-vkBindImageMemory-size-01049"));
  CHECK_THAT(scene.bind_image(image, scene.memory, 4096),
             ContainsSubstring("VUID-vkBindImageMemory-memoryOffset-01046"));
  CHECK(scene.bind_image(image, scene.memory, 4096 - 256).empty());
}

TEST_CASE("bindings to memory of another resource are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkBuffer const first = scene.vulkan.create_buffer(100);
  VkBuffer const second = scene.vulkan.create_buffer(100);
  VkImage const image = scene.vulkan.create_image(16);
  constexpr char const* rule = "(ASHLAR-shared-memory)";
  CHECK(scene.bind(first, scene.memory, 64).empty());
  CHECK_THAT(scene.bind(second, scene.memory, 0), ContainsSubstring(rule));  // Its end is the first's beginning.
  CHECK_THAT(scene.bind(second, scene.memory, 128), ContainsSubstring(rule));
  CHECK(scene.bind(second, scene.memory, 192).empty());
  CHECK_THAT(scene.bind_image(image, scene.memory, 256), ContainsSubstring(rule));
  scene.vulkan.destroy_buffer(first);
  CHECK(scene.bind(scene.vulkan.create_buffer(100), scene.memory, 64).empty());
}

TEST_CASE("linear and optimal resources in one page are noted", "[simulated_driver][misuse]") {
  Scene scene;
  constexpr char const* rule =
      "linear and optimal resources in one page of bufferImageGranularity (ASHLAR-granularity-page)\n";
  std::string const of_image = std::string{"vkBindImageMemory: "} + rule;
  VkImage const image = scene.vulkan.create_image(16);
  CHECK(scene.bind(scene.vulkan.create_buffer(64), scene.memory, 0).empty());
  CHECK(scene.bind(scene.vulkan.create_buffer(64), scene.memory, 3584).empty());
  CHECK(scene.bind_image(image, scene.memory, 256) == of_image);   // After a buffer,
  CHECK(scene.bind_image(image, scene.memory, 3072) == of_image);  // before one,
  CHECK(scene.bind_image(scene.vulkan.create_image(256), scene.memory, 2304) ==
        of_image);  // or with no more than its end.
  CHECK(scene.bind_image(image, scene.memory, 1024).empty());
  VkBuffer const buffer = scene.vulkan.create_buffer(64);
  CHECK(scene.bind(buffer, scene.memory, 2048 - 64) == std::string{"vkBindBufferMemory: "} + rule);
  CHECK(scene.bind(buffer, scene.memory, 2048).empty());
}

TEST_CASE("bindings of images are watched as those of buffers are", "[simulated_driver][misuse]") {
  Scene scene;
  scene.driver.set_image_requirements({.alignment = 256, .memory_type_bits = ~(1U << device_local)});
  VkImage const image = scene.vulkan.create_image(16);
  VkDeviceMemory const own = scene.vulkan.allocate(4096, device_local);
  CHECK_THAT(scene.bind_image(image, own, 0), ContainsSubstring("VUID-vkBindImageMemory-memory-01047"));
  VkExportMemoryAllocateInfo const exported{VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, nullptr,
                                            VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
  CHECK_THAT(scene.bind_image(image, scene.vulkan.allocate(4096, cached, &exported), 0),
             ContainsSubstring("VUID-vkBindImageMemory-memory-02728"));
  CHECK(scene.bind_image(image, scene.memory, 0).empty());
  CHECK_THAT(scene.bind_image(image, scene.memory, 256), ContainsSubstring("VUID-vkBindImageMemory-image-07460"));
  scene.driver.set_image_requirements({.alignment = 256, .requires_dedicated = true});
  CHECK_THAT(scene.bind_image(scene.vulkan.create_image(16), scene.memory, 512),
             ContainsSubstring("VUID-vkBindImageMemory-image-01445"));
}

TEST_CASE("images that may alias share memory, with each other alone", "[simulated_driver][misuse]") {
  Scene scene;
  auto const create = [&](VkImageCreateFlags flags) {
    VkImageCreateInfo info{};
    info.flags = flags;
    info.imageType = VK_IMAGE_TYPE_2D;
    info.format = VK_FORMAT_R8G8B8A8_UNORM;
    info.extent = {16, 1, 1};
    info.mipLevels = 1;
    info.arrayLayers = 1;
    info.usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT;
    return scene.vulkan.create_image(info);
  };
  CHECK(scene.bind_image(create(VK_IMAGE_CREATE_ALIAS_BIT), scene.memory, 0).empty());
  CHECK_THAT(scene.bind_image(create(0), scene.memory, 0), ContainsSubstring("memory of another resource"));
  VkImage const second = create(VK_IMAGE_CREATE_ALIAS_BIT);
  CHECK(scene.bind_image(second, scene.memory, 0).empty());
  scene.vulkan.destroy_image(second);
  CHECK(scene.bind_image(create(VK_IMAGE_CREATE_ALIAS_BIT), scene.memory, 256).empty());
  CHECK_THAT(scene.bind_image(create(0), scene.memory, 0), ContainsSubstring("memory of another resource"));
}

TEST_CASE("a resource is seen by all that come after it, however long", "[simulated_driver][misuse]") {
  Scene scene;
  CHECK(scene.bind(scene.vulkan.create_buffer(64), scene.memory, 1024).empty());
  CHECK_THAT(scene.bind(scene.vulkan.create_buffer(4096), scene.memory, 0), ContainsSubstring("another resource"));
  CHECK(scene.bind(scene.vulkan.create_buffer(64), scene.memory, 0).empty());
  CHECK_THAT(scene.bind(scene.vulkan.create_buffer(1088), scene.memory, 64), ContainsSubstring("another resource"));
  CHECK(scene.bind(scene.vulkan.create_buffer(960), scene.memory, 64).empty());
}

TEST_CASE("buffer views live until they are destroyed, of buffers that live", "[simulated_driver][misuse]") {
  Scene scene;
  VkBuffer const buffer = scene.vulkan.create_buffer(64, VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT);
  VkBufferViewCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO;
  info.buffer = buffer;
  info.format = VK_FORMAT_R8_UNORM;
  info.range = VK_WHOLE_SIZE;
  CHECK(scene.bind(buffer, scene.memory, 0).empty());
  std::uint64_t const before = scene.driver.live_objects();
  VkBufferView view = VK_NULL_HANDLE;
  auto const create = scene.vulkan.function<PFN_vkCreateBufferView>("vkCreateBufferView");
  CHECK(create(scene.vulkan.handle(), &info, nullptr, &view) == VK_SUCCESS);
  CHECK(scene.driver.live_objects() == before + 1);
  scene.vulkan.call<PFN_vkDestroyBufferView>("vkDestroyBufferView", view, nullptr);
  CHECK(scene.driver.live_objects() == before);
  CHECK(scene.driver.take_violations().empty());
  scene.vulkan.destroy_buffer(buffer);
  static_cast<void>(create(scene.vulkan.handle(), &info, nullptr, &view));
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkBufferViewCreateInfo-buffer-parameter"));
}

TEST_CASE("a linear image may lie in the page of a buffer", "[simulated_driver]") {
  Scene scene;
  CHECK(scene.bind(scene.vulkan.create_buffer(100), scene.memory, 0).empty());
  VkImage const image = scene.vulkan.create_image(16, VK_IMAGE_USAGE_TRANSFER_DST_BIT, VK_IMAGE_TILING_LINEAR);
  CHECK(scene.bind_image(image, scene.memory, 256).empty());
}

TEST_CASE("a buffer with an address in memory without one is noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkBuffer const buffer = scene.vulkan.create_buffer(100, VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT);
  CHECK_THAT(scene.bind(buffer, scene.memory, 0),
             ContainsSubstring("VUID-vkBindBufferMemory-bufferDeviceAddress-03339"));
  VkMemoryAllocateFlagsInfo const flags{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, nullptr,
                                        VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT, 0};
  CHECK(scene.bind(buffer, scene.vulkan.allocate(4096, cached, &flags), 64).empty());
  auto const address_of = [&](VkBuffer one) {
    VkBufferDeviceAddressInfo const info{VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO, nullptr, one};
    return scene.vulkan.call<PFN_vkGetBufferDeviceAddress>("vkGetBufferDeviceAddress", &info);
  };
  CHECK(address_of(buffer) != 0);
  CHECK(address_of(buffer) % 64 == 0);
  VkBuffer const without = scene.vulkan.create_buffer(100);
  CHECK(scene.bind(without, scene.memory, 0).empty());
  CHECK(address_of(without) == 0);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkBufferDeviceAddressInfo-buffer-02601"));
  CHECK(address_of(scene.vulkan.create_buffer(100, VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT)) == 0);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkBufferDeviceAddressInfo-buffer-02600"));
}

TEST_CASE("the device-address flag is nothing that a buffer has to use", "[simulated_driver]") {
  Scene scene;
  VkMemoryAllocateFlagsInfo const flags{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, nullptr,
                                        VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT, 0};
  VkDeviceMemory const memory = scene.vulkan.allocate(4096, cached, &flags);
  CHECK(scene.bind(scene.vulkan.create_buffer(100), memory, 0).empty());
  CHECK(scene.bind_image(scene.vulkan.create_image(16), memory, 1024).empty());
}

TEST_CASE("memory that something is bound to may be freed", "[simulated_driver]") {
  Scene scene;
  VkBuffer const buffer = scene.vulkan.create_buffer(100);
  CHECK(scene.bind(buffer, scene.memory, 0).empty());
  static_cast<void>(scene.vulkan.map(scene.memory));  // And while it is mapped.
  scene.vulkan.free(scene.memory);
  scene.vulkan.destroy_buffer(buffer);
  CHECK(scene.driver.take_violations().empty());
}

TEST_CASE("dedicated memory in wrong hands is noted", "[simulated_driver][misuse]") {
  Gpu gpu = test_gpu();
  gpu.buffers.requires_dedicated = true;
  gpu.images.alignment = 64;
  SimulatedDriver driver{gpu};
  RawVulkan vulkan{driver};
  VkBuffer const buffer = vulkan.create_buffer(128);
  VkBuffer const other = vulkan.create_buffer(128);
  VkMemoryDedicatedAllocateInfo const dedicated{VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, nullptr,
                                                VK_NULL_HANDLE, buffer};
  VkDeviceMemory const memory = vulkan.allocate(128, cached, &dedicated);
  vulkan.bind(other, memory);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkBindBufferMemory-memory-01508"));
  vulkan.bind(other, vulkan.allocate(128, cached));
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkBindBufferMemory-buffer-01444"));
  vulkan.bind_image(vulkan.create_image(16), memory);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkBindImageMemory-memory-02628"));
  vulkan.bind(buffer, memory);
  CHECK(driver.take_violations().empty());
  static_cast<void>(vulkan.allocate(128, cached, &dedicated));
  CHECK(violations(driver) ==
        "vkAllocateMemory: dedicated to a resource that is bound already (ASHLAR-dedicated-late)\n");
}

TEST_CASE("layouts of what an image does not have are noted", "[simulated_driver][misuse]") {
  Scene scene;
  auto const layout = [&](VkImage image, std::uint32_t level, std::uint32_t layer) {
    VkImageSubresource const subresource{VK_IMAGE_ASPECT_COLOR_BIT, level, layer};
    VkSubresourceLayout got{};
    scene.vulkan.call<PFN_vkGetImageSubresourceLayout>("vkGetImageSubresourceLayout", image, &subresource, &got);
    return violations(scene.driver);
  };
  VkImage const linear = scene.vulkan.create_image(16, VK_IMAGE_USAGE_TRANSFER_DST_BIT, VK_IMAGE_TILING_LINEAR);
  CHECK(layout(linear, 0, 0).empty());
  CHECK_THAT(layout(linear, 1, 0), ContainsSubstring("VUID-vkGetImageSubresourceLayout-mipLevel-01716"));
  CHECK_THAT(layout(linear, 0, 1), ContainsSubstring("VUID-vkGetImageSubresourceLayout-arrayLayer-01717"));
  CHECK_THAT(layout(scene.vulkan.create_image(16), 0, 0),
             ContainsSubstring("VUID-vkGetImageSubresourceLayout-image-07789"));
}

TEST_CASE("bindings by structs break the structs' rules", "[simulated_driver][misuse]") {
  Scene scene;
  VkDeviceMemory const own = scene.vulkan.allocate(4096, device_local);
  VkBuffer const buffer = scene.vulkan.create_buffer(100, VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT);
  auto const bind = [&](VkDeviceMemory where, VkDeviceSize offset) {
    VkBindBufferMemoryInfo const info{VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO, nullptr, buffer, where, offset};
    scene.vulkan.call<PFN_vkBindBufferMemory2>("vkBindBufferMemory2", 1U, &info);
    return violations(scene.driver);
  };
  CHECK_THAT(bind(scene.memory, 4096), ContainsSubstring("VUID-VkBindBufferMemoryInfo-memoryOffset-01031"));
  CHECK_THAT(bind(scene.memory, 32), ContainsSubstring("VUID-VkBindBufferMemoryInfo-memoryOffset-01036"));
  CHECK_THAT(bind(scene.memory, 4032), ContainsSubstring("VUID-VkBindBufferMemoryInfo-size-01037"));
  CHECK_THAT(bind(own, 0), ContainsSubstring("VUID-VkBindBufferMemoryInfo-memory-01035"));
  CHECK_THAT(bind(scene.memory, 0), ContainsSubstring("VUID-VkBindBufferMemoryInfo-bufferDeviceAddress-03339"));
  VkMemoryAllocateFlagsInfo const flags{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, nullptr,
                                        VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT, 0};
  VkDeviceMemory const with_address = scene.vulkan.allocate(4096, cached, &flags);
  CHECK(bind(with_address, 4096 - 128).empty());  // Its last bytes.
  CHECK_THAT(bind(with_address, 0), ContainsSubstring("VUID-VkBindBufferMemoryInfo-buffer-07459"));
  scene.vulkan.call<PFN_vkBindBufferMemory2>("vkBindBufferMemory2", 0U, nullptr);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkBindBufferMemory2-bindInfoCount-arraylength"));
}

TEST_CASE("bindings of images by structs break the structs' rules", "[simulated_driver][misuse]") {
  Scene scene;
  scene.driver.set_image_requirements({.alignment = 256, .memory_type_bits = ~(1U << device_local)});
  VkImage const image = scene.vulkan.create_image(128);
  auto const bind = [&](VkImage one, VkDeviceMemory where, VkDeviceSize offset) {
    VkBindImageMemoryInfo const info{VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_INFO, nullptr, one, where, offset};
    scene.vulkan.call<PFN_vkBindImageMemory2>("vkBindImageMemory2", 1U, &info);
    return violations(scene.driver);
  };
  CHECK_THAT(bind(image, VK_NULL_HANDLE, 0), ContainsSubstring("VUID-VkBindImageMemoryInfo-pNext-01632"));
  CHECK_THAT(bind(VK_NULL_HANDLE, scene.memory, 0), ContainsSubstring("VUID-VkBindImageMemoryInfo-image-parameter"));
  CHECK_THAT(bind(image, scene.memory, 4096), ContainsSubstring("VUID-VkBindImageMemoryInfo-memoryOffset-01046"));
  CHECK_THAT(bind(image, scene.memory, 64), ContainsSubstring("VUID-VkBindImageMemoryInfo-pNext-01616"));
  CHECK_THAT(bind(image, scene.memory, 4096 - 256), ContainsSubstring("VUID-VkBindImageMemoryInfo-pNext-01617"));
  CHECK_THAT(bind(image, scene.vulkan.allocate(4096, device_local), 0),
             ContainsSubstring("VUID-VkBindImageMemoryInfo-pNext-01615"));
  CHECK(bind(image, scene.memory, 4096 - 512).empty());
  CHECK_THAT(bind(image, scene.memory, 0), ContainsSubstring("VUID-VkBindImageMemoryInfo-image-07460"));
  scene.driver.set_image_requirements({.alignment = 256, .requires_dedicated = true});
  CHECK_THAT(bind(scene.vulkan.create_image(16), scene.memory, 0),
             ContainsSubstring("VUID-VkBindImageMemoryInfo-image-01445"));
  scene.vulkan.call<PFN_vkBindImageMemory2>("vkBindImageMemory2", 0U, nullptr);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkBindImageMemory2-bindInfoCount-arraylength"));
}

TEST_CASE("settings of the test decide what resources need", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  CHECK(vulkan.requirements(vulkan.create_buffer(100)).size == 112);  // Up to the alignment of 16.
  driver.set_buffer_requirements(
      {.alignment = 512, .padding = 1000, .memory_type_bits = 0b10, .prefers_dedicated_from = 100});
  VkBuffer const buffer = vulkan.create_buffer(100);
  VkMemoryRequirements const needs = vulkan.requirements(buffer);
  CHECK(needs.size == 1536);
  CHECK(needs.alignment == 512);
  CHECK(needs.memoryTypeBits == 0b10);
  auto const dedicated_of = [&](VkBuffer one) {
    VkMemoryDedicatedRequirements dedicated{};
    dedicated.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS;
    VkMemoryRequirements2 requirements{};
    requirements.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
    requirements.pNext = &dedicated;
    VkBufferMemoryRequirementsInfo2 const info{VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2, nullptr, one};
    vulkan.call<PFN_vkGetBufferMemoryRequirements2>("vkGetBufferMemoryRequirements2", &info, &requirements);
    return dedicated;
  };
  CHECK(dedicated_of(buffer).prefersDedicatedAllocation == VK_TRUE);
  CHECK(dedicated_of(buffer).requiresDedicatedAllocation == VK_FALSE);
  CHECK(dedicated_of(vulkan.create_buffer(99)).prefersDedicatedAllocation == VK_FALSE);
  driver.set_image_requirements({.alignment = 4096});
  CHECK(vulkan.image_requirements(vulkan.create_image(16)).alignment == 4096);
}

}  // namespace ashlar::test
