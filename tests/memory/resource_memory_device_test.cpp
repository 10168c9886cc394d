#include <ashlar/buffer/buffer.hpp>
#include <ashlar/buffer/subbuffer.hpp>
#include <ashlar/error.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>

#include "access.hpp"
#include "device/device_state.hpp"
#include "support/catch.hpp"
#include "support/vulkan_fixture.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace ashlar;

/// A VkImage of its own, without memory.
class RawImage {
 public:
  RawImage(Device const& device, VkImageTiling tiling) : device_{device} {
    VkImageCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO;
    info.imageType = VK_IMAGE_TYPE_2D;
    info.format = VK_FORMAT_R8G8B8A8_UNORM;
    info.extent = {64, 64, 1};
    info.mipLevels = 1;
    info.arrayLayers = 1;
    info.samples = VK_SAMPLE_COUNT_1_BIT;
    info.tiling = tiling;
    info.usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT;
    auto const create = reinterpret_cast<PFN_vkCreateImage>(device.proc_addr("vkCreateImage"));
    REQUIRE(create(device.handle(), &info, nullptr, &handle_) == VK_SUCCESS);
  }
  RawImage(RawImage&& other) noexcept
      : device_{other.device_}, handle_{std::exchange(other.handle_, VkImage{VK_NULL_HANDLE})} {}
  RawImage& operator=(RawImage&&) = delete;
  ~RawImage() {
    auto const destroy = reinterpret_cast<PFN_vkDestroyImage>(device_.proc_addr("vkDestroyImage"));
    destroy(device_.handle(), handle_, nullptr);
  }

  [[nodiscard]] VkImage handle() const noexcept { return handle_; }

 private:
  Device device_;
  VkImage handle_ = VK_NULL_HANDLE;
};

}  // namespace

TEST_CASE_METHOD(test::VulkanTest, "images of both tilings and buffers share an allocator") {
  StandardMemoryAllocator const allocator{device()};
  std::uint64_t const page = device().physical_device().limits().buffer_image_granularity;
  struct Placed {
    MemoryAllocation allocation;
    RawImage image;  // Destroyed before its memory.
    bool optimal;
  };
  std::vector<Placed> images;
  for (int i = 0; i < 32; ++i) {
    bool const optimal = i % 2 == 1;
    RawImage image{device(), optimal ? VK_IMAGE_TILING_OPTIMAL : VK_IMAGE_TILING_LINEAR};
    auto allocation =
        allocator.allocate_for_image(image.handle(), optimal ? ResourceTiling::Optimal : ResourceTiling::Linear, {});
    images.push_back({std::move(allocation), std::move(image), optimal});
  }
  bool apart = true;
  for (Placed const& a : images) {
    for (Placed const& b : images) {
      ByteRange const in_a = ByteRange{a.allocation.offset(), a.allocation.size()}.widened(page);
      ByteRange const in_b = ByteRange{b.allocation.offset(), b.allocation.size()}.widened(page);
      apart = apart &&
              (a.optimal == b.optimal || !(a.allocation.memory() == b.allocation.memory()) || !in_a.overlaps(in_b));
    }
  }
  CHECK(apart);
}

TEST_CASE_METHOD(test::VulkanTest, "a raw VkBuffer gets memory that fits it, bound") {
  StandardMemoryAllocator const allocator{device()};
  detail::DeviceState const& state = detail::Access::state(device());
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.size = 1000;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
  VkBuffer buffer = VK_NULL_HANDLE;
  REQUIRE(state.vk.vkCreateBuffer(state.handle, &info, nullptr, &buffer) == VK_SUCCESS);
  {
    MemoryAllocation const allocation = allocator.allocate_for_buffer(buffer, {.usage = MemoryUsage::Upload});
    CHECK(allocation.size() >= 1000);
    CHECK(allocation.properties().contains(MemoryProperty::HostVisible));
    allocation.map()[999] = std::byte{7};
    allocation.flush({999, 1});
    allocation.invalidate({999, 1});
    CHECK(allocation.map()[999] == std::byte{7});
    state.vk.vkDestroyBuffer(state.handle, buffer, nullptr);
  }
}

TEST_CASE_METHOD(test::VulkanTest, "an exportable buffer has memory of its own, or is refused where it cannot be") {
  constexpr char const* extension = "VK_KHR_external_memory_fd";
  BufferCreateInfo const info{.usage = BufferUsage::TransferSource,
                              .external_memory_handle_types = ExternalMemoryHandleType::OpaqueFd};
  PhysicalDevice const physical_device = device().physical_device();
  bool const has_extension = physical_device.has_extension(extension);
  char const* const extensions[] = {extension};
  Device const own =
      has_extension ? Device::create({.physical_device = physical_device, .extensions = extensions}) : device();
  StandardMemoryAllocator const allocator{own};
  try {
    auto const buffer = Buffer::create(allocator, info, {.usage = MemoryUsage::DeviceOnly}, 5000);
    CHECK(buffer.buffer().allocation().is_dedicated());
  } catch (ValidationError const& error) {
    CHECK(std::string{error.vuid()} == "VUID-VkBufferCreateInfo-pNext-00920");
  }
}
