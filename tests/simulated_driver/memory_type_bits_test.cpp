// Which memory types buffers and images may lie in.

#include <string>
#include <vector>

#include "simulated_driver/raw_instance.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

constexpr std::uint32_t bit(std::uint32_t type) { return std::uint32_t{1} << type; }

/// Types that need no feature.
constexpr std::uint32_t plain = bit(device_local) | bit(cached) | bit(coherent);

/// The types of a buffer that is protected, where that can be, or not, and of an image that is transient or not, on a
/// device with this feature.
struct Bits {
  std::uint32_t buffer;
  std::uint32_t protected_buffer;
  std::uint32_t image;
  std::uint32_t transient;
};
Bits bits_with(Gpu const& gpu, void const* feature, std::vector<std::string> const& extensions,
               bool can_protect = false) {
  RawInstance const instance;
  VkDevice device = nullptr;
  REQUIRE(create_raw_device(instance, gpu, device, feature, extensions) == VK_SUCCESS);
  auto const query = [&](auto const& info, auto query_info, char const* name) {
    query_info.pCreateInfo = &info;
    VkMemoryRequirements2 needs{};
    needs.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
    using Pointer = void(VKAPI_PTR*)(VkDevice, decltype(query_info) const*, VkMemoryRequirements2*);
    instance.function<Pointer>(name)(device, &query_info, &needs);
    return needs.memoryRequirements.memoryTypeBits;
  };
  VkBufferCreateInfo buffer{};
  buffer.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  buffer.size = 16;
  buffer.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  VkBufferCreateInfo protected_buffer = buffer;
  protected_buffer.flags = can_protect ? VkBufferCreateFlags{VK_BUFFER_CREATE_PROTECTED_BIT} : 0;
  VkImageCreateInfo image{};
  image.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO;
  image.imageType = VK_IMAGE_TYPE_2D;
  image.format = VK_FORMAT_R8G8B8A8_UNORM;
  image.extent = {4, 4, 1};
  image.mipLevels = 1;
  image.arrayLayers = 1;
  image.samples = VK_SAMPLE_COUNT_1_BIT;
  image.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
  VkImageCreateInfo transient = image;
  transient.usage |= VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT;
  VkDeviceBufferMemoryRequirements const of_buffer{VK_STRUCTURE_TYPE_DEVICE_BUFFER_MEMORY_REQUIREMENTS, nullptr,
                                                   nullptr};
  VkDeviceImageMemoryRequirements const of_image{VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS, nullptr, nullptr,
                                                 VK_IMAGE_ASPECT_COLOR_BIT};
  Bits const bits{query(buffer, of_buffer, "vkGetDeviceBufferMemoryRequirements"),
                  query(protected_buffer, of_buffer, "vkGetDeviceBufferMemoryRequirements"),
                  query(image, of_image, "vkGetDeviceImageMemoryRequirements"),
                  query(transient, of_image, "vkGetDeviceImageMemoryRequirements")};
  instance.function<PFN_vkDestroyDevice>("vkDestroyDevice")(device, nullptr);
  return bits;
}

}  // namespace

TEST_CASE("without features a buffer lies in plain types, and only a transient image in lazy ones",
          "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  Bits const bits = bits_with(driver.gpu(), nullptr, {});
  CHECK(bits.buffer == plain);
  CHECK(bits.image == plain);
  CHECK(bits.transient == (plain | bit(lazy)));
}

TEST_CASE("device-coherent types take their feature", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  VkPhysicalDeviceCoherentMemoryFeaturesAMD const feature{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COHERENT_MEMORY_FEATURES_AMD, nullptr, VK_TRUE};
  Bits const bits = bits_with(driver.gpu(), &feature, {VK_AMD_DEVICE_COHERENT_MEMORY_EXTENSION_NAME});
  CHECK(bits.buffer == (plain | bit(amd_coherent)));
  CHECK(bits.image == (plain | bit(amd_coherent)));
}

TEST_CASE("protected types are for protected buffers", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  VkPhysicalDeviceProtectedMemoryFeatures const feature{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROTECTED_MEMORY_FEATURES,
                                                        nullptr, VK_TRUE};
  Bits const bits = bits_with(driver.gpu(), &feature, {}, true);
  CHECK(bits.buffer == plain);
  CHECK(bits.protected_buffer == bit(protected_type));
}

}  // namespace ashlar::test
