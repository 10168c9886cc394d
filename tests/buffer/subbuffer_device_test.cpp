#include <ashlar/buffer/buffer.hpp>
#include <ashlar/buffer/subbuffer.hpp>
#include <ashlar/error.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>

#include "device/vulkan.hpp"
#include "support/catch.hpp"
#include "support/vulkan_fixture.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using namespace ashlar;

constexpr AllocationCreateInfo upload{.usage = MemoryUsage::Upload};
constexpr BufferUsages storage{BufferUsage::StorageBuffer};

class SubbufferTest : protected test::VulkanTest {
 protected:
  /// 0, 1, … in a buffer.
  [[nodiscard]] Subbuffer<std::uint32_t[]> counting(std::uint32_t count, BufferUsages usage = storage) const {
    std::vector<std::uint32_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0U);
    return Buffer::from_iter(allocator, {.usage = usage}, upload, numbers);
  }

  StandardMemoryAllocator const allocator{device()};
};

/// The VUID, and after a space the problem, of the ValidationError that `f` throws.
template <class F>
std::string refusal(F const& f) {
  try {
    f();
  } catch (ValidationError const& error) {
    return std::string{error.vuid()} + " " + error.problem();
  }
  return "nothing was refused";
}

/// A command buffer in the recording state, with the functions that it takes to have one.
class Recording {
 public:
  explicit Recording(Device const& device) : device_{device} {
    VkCommandPoolCreateInfo pool_info{};
    pool_info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    pool_info.queueFamilyIndex = device.queue(0).family();
    REQUIRE(load<PFN_vkCreateCommandPool>("vkCreateCommandPool")(device.handle(), &pool_info, nullptr, &pool_) ==
            VK_SUCCESS);
    VkCommandBufferAllocateInfo const info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, nullptr, pool_,
                                           VK_COMMAND_BUFFER_LEVEL_PRIMARY, 1};
    REQUIRE(load<PFN_vkAllocateCommandBuffers>("vkAllocateCommandBuffers")(device.handle(), &info, &handle_) ==
            VK_SUCCESS);
    VkCommandBufferBeginInfo begin{};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    REQUIRE(load<PFN_vkBeginCommandBuffer>("vkBeginCommandBuffer")(handle_, &begin) == VK_SUCCESS);
  }
  Recording(Recording const&) = delete;
  Recording& operator=(Recording const&) = delete;
  ~Recording() { load<PFN_vkDestroyCommandPool>("vkDestroyCommandPool")(device_.handle(), pool_, nullptr); }

  [[nodiscard]] VkCommandBuffer handle() const noexcept { return handle_; }

 private:
  template <class Function>
  [[nodiscard]] Function load(char const* name) const {
    return reinterpret_cast<Function>(device_.proc_addr(name));
  }

  Device device_;
  VkCommandPool pool_ = VK_NULL_HANDLE;
  VkCommandBuffer handle_ = VK_NULL_HANDLE;
};

}  // namespace

TEST_CASE_METHOD(SubbufferTest, "slices and elements see their part of the bytes") {
  auto const buffer = counting(10);
  auto const slice = buffer.slice(3, 4);
  CHECK(slice.size() == 4);
  CHECK(slice.offset() == 12);
  CHECK(slice.size_bytes() == 16);
  CHECK(slice.byte_range() == ByteRange{12, 16});
  CHECK(slice.read()[0] == 3);
  CHECK(slice.slice(2, 2).read()[1] == 6);

  auto const element = buffer.index(9);
  static_assert(std::is_same_v<decltype(element), Subbuffer<std::uint32_t> const>);
  CHECK(*element.read() == 9);
  *element.write() = 90;
  CHECK(buffer.read()[9] == 90);
  CHECK(buffer.read()[8] == 8);
  CHECK(buffer.slice(10, 0).size() == 0);
}

TEST_CASE_METHOD(SubbufferTest, "what is not inside is refused: also the element behind the last") {
  auto const buffer = counting(10);
  CHECK_THAT(refusal([&] { static_cast<void>(buffer.index(10)); }), Catch::Matchers::Contains("10 elements"));
  CHECK_THROWS_AS(buffer.slice(11, 0), ValidationError);
  CHECK_THROWS_AS(buffer.slice(3, 8), ValidationError);
  CHECK_THROWS_AS(buffer.slice(3, ~std::uint64_t{0}), ValidationError);
  CHECK_THROWS_AS(buffer.slice(~std::uint64_t{0}, 2), ValidationError);
  CHECK_THROWS_AS(buffer.split_at(11), ValidationError);
  CHECK_THROWS_AS(buffer.slice(2, 3).index(3), ValidationError);
}

TEST_CASE_METHOD(SubbufferTest, "split_at gives both parts, either of which may be empty") {
  auto const buffer = counting(10);
  auto const [first, second] = buffer.split_at(4);
  CHECK(first == buffer.slice(0, 4));
  CHECK(second == buffer.slice(4, 6));
  CHECK(buffer.split_at(0).first.size() == 0);
  CHECK(buffer.split_at(10).second.size() == 0);

  auto const writing_both = first.write();  // Disjoint: neither waits for the other.
  CHECK(second.try_write());
}

TEST_CASE_METHOD(SubbufferTest, "bytes are read as other types where size and alignment allow it") {
  auto const buffer = counting(8);
  CHECK(buffer.as_bytes().size() == 32);
  CHECK(buffer.as_bytes().read()[4] == std::byte{1});

  auto const pairs = buffer.reinterpret<std::array<std::uint32_t, 2>[]>();
  CHECK(pairs.size() == 4);
  CHECK((*pairs.index(1).read())[0] == 2);
  CHECK(buffer.slice(2, 2).reinterpret<std::uint64_t>().size_bytes() == 8);
  CHECK(buffer.index(3).reinterpret<float>().offset() == 12);

  CHECK_THAT(refusal([&] { static_cast<void>(buffer.slice(1, 2).reinterpret<std::uint64_t>()); }),
             Catch::Matchers::Contains("not aligned to 8"));
  CHECK_THAT(refusal([&] { static_cast<void>(buffer.slice(0, 3).reinterpret<std::uint64_t>()); }),
             Catch::Matchers::Contains("12 bytes are not one element of 8"));
  CHECK_THAT(refusal([&] { static_cast<void>(buffer.slice(0, 3).reinterpret<std::uint64_t[]>()); }),
             Catch::Matchers::Contains("12 bytes are not whole elements of 8"));
  CHECK_THROWS_AS(Subbuffer<int>{}.reinterpret<float>(), ValidationError);
}

TEST_CASE_METHOD(SubbufferTest, "a use that was not asked for at creation is refused by its rule") {
  auto const buffer = counting(4, BufferUsage::TransferSource);
  auto const refused = [&](auto const& use) { return refusal([&] { static_cast<void>(use()); }); };
  CHECK_THAT(refused([&] { return buffer.device_address(); }),
             Catch::Matchers::StartsWith("VUID-VkBufferDeviceAddressInfo-buffer-02601 "));
  CHECK_THAT(refused([&] { return buffer.descriptor_info(DescriptorType::UniformBuffer); }),
             Catch::Matchers::StartsWith("VUID-VkWriteDescriptorSet-descriptorType-00330 "));
  CHECK_THAT(refused([&] { return buffer.descriptor_info(DescriptorType::StorageBufferDynamic); }),
             Catch::Matchers::StartsWith("VUID-VkWriteDescriptorSet-descriptorType-00331 "));
  CHECK_THAT(refusal([&] { buffer.bind_vertex_buffer(nullptr); }),
             Catch::Matchers::StartsWith("VUID-vkCmdBindVertexBuffers-pBuffers-00627 "));
  CHECK_THAT(refusal([&] { buffer.bind_index_buffer(nullptr); }),
             Catch::Matchers::StartsWith("VUID-vkCmdBindIndexBuffer-buffer-00433 "));
  CHECK_THROWS_AS(Subbuffer<int>{}.device_address(), ValidationError);
  CHECK_THROWS_AS(Subbuffer<int>{}.descriptor_info(DescriptorType::UniformBuffer), ValidationError);
}

TEST_CASE_METHOD(SubbufferTest, "descriptors name the slice, and have to respect the device's limits") {
  PhysicalDeviceLimits const& limits = device().physical_device().limits();
  auto const buffer = counting(4096, BufferUsage::StorageBuffer | BufferUsage::UniformBuffer);
  std::uint64_t const first = limits.min_storage_buffer_offset_alignment * 4 / 4;
  VkDescriptorBufferInfo const info = buffer.slice(first, 7).descriptor_info(DescriptorType::StorageBuffer);
  CHECK(info.buffer == buffer.handle());
  CHECK(info.offset == first * 4);
  CHECK(info.range == 28);
  if (limits.min_uniform_buffer_offset_alignment > 4) {
    CHECK_THAT(refusal([&] { static_cast<void>(buffer.slice(1, 1).descriptor_info(DescriptorType::UniformBuffer)); }),
               Catch::Matchers::StartsWith("VUID-VkWriteDescriptorSet-descriptorType-00327 "));
  }
  CHECK_THAT(refusal([&] { static_cast<void>(buffer.slice(0, 0).descriptor_info(DescriptorType::StorageBuffer)); }),
             Catch::Matchers::StartsWith("VUID-VkDescriptorBufferInfo-range-00341 "));

  auto const large =
      Buffer::create(allocator, {.usage = BufferUsage::UniformBuffer}, upload, limits.max_uniform_buffer_range + 16);
  CHECK_THAT(refusal([&] { static_cast<void>(large.descriptor_info(DescriptorType::UniformBufferDynamic)); }),
             Catch::Matchers::StartsWith("VUID-VkWriteDescriptorSet-descriptorType-00332 "));
}

TEST_CASE_METHOD(SubbufferTest, "device addresses count from the buffer's") {
  if (!device().features().buffer_device_address) {
    CHECK_THAT(refusal([&] { static_cast<void>(counting(4, BufferUsage::ShaderDeviceAddress)); }),
               Catch::Matchers::StartsWith("VUID-vkGetBufferDeviceAddress-bufferDeviceAddress-03324 "));
    return;
  }
  auto const buffer = counting(8, BufferUsage::ShaderDeviceAddress);
  CHECK(buffer.device_address() != 0);
  CHECK(buffer.slice(3, 2).device_address() == buffer.device_address() + 12);
}

TEST_CASE_METHOD(SubbufferTest, "vertex and index buffers are bound where the slice begins") {
  if (!device().queue(0).flags().contains(QueueFlag::Graphics)) {
    SUCCEED("this device draws nothing");
    return;
  }
  Recording const recording{device()};
  auto const indices = counting(8, BufferUsage::IndexBuffer | BufferUsage::VertexBuffer);
  indices.slice(2, 4).bind_vertex_buffer(recording.handle());
  indices.slice(2, 4).bind_index_buffer(recording.handle());
  indices.reinterpret<std::uint16_t[]>().bind_index_buffer(recording.handle());
}

TEST_CASE_METHOD(SubbufferTest, "unguarded gives the mapped bytes") {
  auto const buffer = counting(8);
  std::uint32_t* const numbers = buffer.slice(2, 3).unguarded();
  CHECK(numbers[1] == 3);
  numbers[1] = 30;
  buffer.buffer().allocation().flush({3 * sizeof(std::uint32_t), sizeof(std::uint32_t)});  // Or the guard undoes it.
  CHECK(buffer.read()[3] == 30);
}

TEST_CASE_METHOD(SubbufferTest, "memory that the host cannot reach is refused, and nothing stays locked") {
  auto const buffer = Buffer::new_sized<int>(allocator, {.usage = storage}, {.usage = MemoryUsage::DeviceOnly});
  if (buffer.buffer().allocation().properties().contains(MemoryProperty::HostVisible)) {
    *buffer.write() = 3;  // Unified memory: the host reaches it all the same.
    CHECK(*buffer.read() == 3);
    return;
  }
  for (int i = 0; i < 2; ++i) {  // A range that stayed locked would be an AccessConflictError the second time.
    CHECK_THROWS_AS(buffer.write(), NotHostVisibleError);
    CHECK_THROWS_AS(buffer.try_read(), NotHostVisibleError);
    CHECK_THROWS_AS(buffer.overwrite(), NotHostVisibleError);
    CHECK_THROWS_AS(buffer.unguarded(), NotHostVisibleError);
  }
  CHECK_THROWS_AS(Buffer::from_data(allocator, {.usage = storage}, {.usage = MemoryUsage::DeviceOnly}, 7),
                  NotHostVisibleError);
}
