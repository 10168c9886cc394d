// What is known of the requirements of this GPU's buffers, and when the driver is asked for them.

#include "memory/buffer_requirements.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "memory/bound_buffer.hpp"
#include "memory/memory_allocator_state.hpp"
#include "memory/this_gpu_fixture.hpp"

namespace ashlar::test {

namespace {

constexpr VkBufferUsageFlags storage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
constexpr VkBufferUsageFlags vertex = VK_BUFFER_USAGE_VERTEX_BUFFER_BIT;

VkBufferCreateInfo created(std::uint64_t size, VkBufferCreateFlags flags, VkBufferUsageFlags usage) {
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.flags = flags;
  info.size = size;
  info.usage = usage;
  return info;
}

class BufferRequirementsTest : protected ThisGpuTest {
 protected:
  BufferRequirementsTest() : ThisGpuTest{this_gpu_with_allocations(8)} {}

  [[nodiscard]] std::uint64_t queries() const { return driver.calls("vkGetBufferMemoryRequirements2"); }

  /// How many queries so many buffers cost of which `unknown` are the first of their kind.
  [[nodiscard]] std::uint64_t expected(std::uint64_t buffers, std::uint64_t unknown) const {
    return device.features().maintenance4 ? unknown : buffers;
  }

  /// As the GPU's are, but for the memory type.
  void allow_only(std::uint32_t type, std::uint64_t alignment) {
    simulated::ResourceRequirements requirements = this_gpu().buffers;
    requirements.memory_type_bits = type_bit(type);
    requirements.alignment = alignment;
    driver.set_buffer_requirements(requirements);
  }
};

}  // namespace

TEST_CASE_METHOD(BufferRequirementsTest, "small buffers of equal flags and usage cost one query",
                 "[buffer_requirements][this_gpu][counts_queries]") {
  StandardMemoryAllocator const allocator{device};
  BoundBuffer const first{allocator, 4};
  CHECK(queries() == 1);
  BoundBuffer const same{allocator, 4};
  BoundBuffer const other_size{allocator, 100};
  CHECK(queries() == expected(3, 1));
  BoundBuffer const other_usage{allocator, 4, vertex};
  CHECK(queries() == expected(4, 2));
  BoundBuffer const first_again{allocator, 4};
  BoundBuffer const other_again{allocator, 4, vertex};
  CHECK(queries() == expected(6, 2));
}

TEST_CASE_METHOD(BufferRequirementsTest, "create flags make other requirements",
                 "[buffer_requirements][this_gpu][counts_queries]") {
  detail::DeviceState const& state = detail::Access::state(device);
  detail::BufferRequirementsCache cache;
  RawBuffer const buffer{device, 64};
  static_cast<void>(cache.find(state, buffer.handle(), created(64, 0, storage)));
  CHECK(queries() == 1);
  static_cast<void>(cache.find(state, buffer.handle(), created(64, 1, storage)));
  CHECK(queries() == 2);
}

// The driver notes a wrong type or alignment, and a piece too small, as a violation.
TEST_CASE_METHOD(BufferRequirementsTest, "what is known of buffers is what the driver said",
                 "[buffer_requirements][this_gpu][counts_queries]") {
  constexpr std::uint64_t alignment = 32;
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    allow_only(type, alignment);
    StandardMemoryAllocator const allocator{device};
    std::uint64_t const before = queries();
    std::vector<BoundBuffer> buffers;
    for (std::uint64_t const size : {4U, 31U, 32U, 33U, 200U}) {
      buffers.emplace_back(allocator, size);
      CHECK(buffers.back().memory().memory_type() == type);
      CHECK(buffers.back().memory().offset() % alignment == 0);
      CHECK(buffers.back().memory().size() >= align_up(size, alignment));
    }
    CHECK(queries() == before + expected(5, 1));
  }
}

TEST_CASE_METHOD(BufferRequirementsTest,
                 "where the driver prefers dedicated memory for small buffers each is asked for",
                 "[buffer_requirements][this_gpu][counts_queries]") {
  simulated::ResourceRequirements requirements = this_gpu().buffers;
  requirements.prefers_dedicated_from = 1;
  driver.set_buffer_requirements(requirements);
  StandardMemoryAllocator const allocator{device};
  for (std::uint64_t i = 1; i <= 3; ++i) {
    CHECK(BoundBuffer{allocator, 4}.memory().is_dedicated());
    CHECK(queries() == i);
  }
}

TEST_CASE_METHOD(BufferRequirementsTest, "exportable buffers are asked for",
                 "[buffer_requirements][this_gpu][counts_queries]") {
  StandardMemoryAllocator const allocator{device};
  BoundBuffer const plain{allocator, 4};
  BoundBuffer const exportable{allocator, 4, storage, ExternalMemoryHandleType::OpaqueFd};
  CHECK(queries() == 2);
  CHECK(exportable.memory().is_dedicated());
  BoundBuffer const plain_again{allocator, 4};
  CHECK(plain_again.memory().memory() == plain.memory().memory());
}

// The driver notes dedicated memory of another size than the buffer's as a violation.
TEST_CASE_METHOD(BufferRequirementsTest, "memory that is always dedicated is asked for, since it names its buffer",
                 "[buffer_requirements][this_gpu]") {
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    allow_only(type, 64);
    StandardMemoryAllocator const allocator{device};
    BoundBuffer const first{allocator, 100};
    BoundBuffer const dedicated{allocator, 100, storage,
                                {},        1,   {.allocate_preference = AllocatePreference::AlwaysAllocate}};
    CHECK(driver.allocations().back().dedicated_buffer != VK_NULL_HANDLE);
    CHECK(driver.allocations().back().size == 128);
  }
}

TEST_CASE_METHOD(BufferRequirementsTest, "a stricter alignment than the buffer's is honoured",
                 "[buffer_requirements][this_gpu]") {
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    allow_only(type, this_gpu().buffers.alignment);
    StandardMemoryAllocator const allocator{device};
    BoundBuffer const first{allocator, 4};
    for (std::uint64_t const alignment : {1U, 8U, 128U, 512U}) {
      BoundBuffer const aligned{allocator, 4, storage, {}, alignment};
      CHECK(aligned.memory().offset() % alignment == 0);
      BoundBuffer const in_between{allocator, 4};
    }
  }
}

TEST_CASE_METHOD(BufferRequirementsTest, "threads ask for requirements at once and all get the right answer",
                 "[buffer_requirements][this_gpu][threads]") {
  std::uint32_t const type = ordinary_types().back();
  allow_only(type, 128);
  detail::DeviceState const& state = detail::Access::state(device);
  detail::BufferRequirementsCache cache;
  RawBuffer const buffer{device, 100};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::uint32_t usage = 1; usage < 200; ++usage) {
        auto const found = cache.find(state, buffer.handle(), created(100, 0, usage % 16));
        if (found.size != 128 || found.alignment != 128 || found.memory_type_bits != type_bit(type)) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wrong == 0);
}

}  // namespace ashlar::test
