#include "memory/buffer_requirements.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "memory/memory_allocator_state.hpp"
#include "memory/memory_fixture.hpp"

namespace ashlar::test {
namespace {

constexpr VkBufferUsageFlags storage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
constexpr VkBufferUsageFlags vertex = VK_BUFFER_USAGE_VERTEX_BUFFER_BIT;

Gpu discrete(bool maintenance4 = true) {
  Gpu info;
  info.memory = discrete_memory();
  if (!maintenance4) {
    info.hidden.insert("maintenance4");
  }
  return info;
}

/// A buffer with memory that was asked for as `Buffer` does it.
class BoundBuffer {
 public:
  BoundBuffer(MemoryAllocator const& allocator, std::uint64_t size, std::uint32_t usage = storage,
              ExternalMemoryHandleTypes handle_types = {}, std::uint64_t alignment = 1,
              AllocationCreateInfo const& info = {})
      : buffer_{std::make_unique<RawBuffer>(allocator.device(), size, usage, handle_types)},
        memory_{detail::allocate_for_buffer(allocator, buffer_->handle(),
                                            {.size = size, .flags = 0, .usage = usage, .handle_types = handle_types},
                                            alignment, info)} {}
  BoundBuffer(BoundBuffer&&) = default;
  ~BoundBuffer() { buffer_.reset(); }

  [[nodiscard]] MemoryAllocation const& memory() const { return memory_; }

 private:
  std::unique_ptr<RawBuffer> buffer_;
  MemoryAllocation memory_;
};

std::uint64_t queries(SimulatedDriver const& driver) { return driver.calls("vkGetBufferMemoryRequirements2"); }

}  // namespace

TEST_CASE("small buffers of equal flags and usage cost one query", "[buffer_requirements][counts_queries]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  BoundBuffer const first{allocator, 4};
  CHECK(queries(driver) == 1);
  BoundBuffer const same{allocator, 4};
  BoundBuffer const other_size{allocator, 10'000};
  CHECK(queries(driver) == 1);
  BoundBuffer const other_usage{allocator, 4, vertex};
  CHECK(queries(driver) == 2);
  BoundBuffer const first_again{allocator, 4};
  BoundBuffer const other_again{allocator, 4, vertex};
  CHECK(queries(driver) == 2);
}

TEST_CASE("create flags make other requirements", "[buffer_requirements][counts_queries]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  detail::DeviceState const& state = detail::Access::state(device);
  detail::BufferRequirementsCache cache;
  RawBuffer const buffer{device, 64};
  static_cast<void>(cache.find(state, buffer.handle(), {.size = 64, .flags = 0, .usage = storage, .handle_types = {}}));
  CHECK(queries(driver) == 1);
  static_cast<void>(cache.find(state, buffer.handle(), {.size = 64, .flags = 1, .usage = storage, .handle_types = {}}));
  CHECK(queries(driver) == 2);
}

TEST_CASE("what is known is what the driver said", "[buffer_requirements][counts_queries]") {
  SimulatedDriver driver{discrete()};  // It notes a wrong type or alignment, and a piece too small, as a violation.
  driver.set_buffer_requirements({.alignment = 512, .memory_type_bits = type_bit(1)});
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  std::vector<BoundBuffer> buffers;
  for (std::uint64_t const size : {4U, 511U, 512U, 513U, 100'000U}) {
    buffers.emplace_back(allocator, size);
    CHECK(buffers.back().memory().memory_type() == 1);
    CHECK(buffers.back().memory().size() >= align_up(size, 512));
  }
  CHECK(queries(driver) == 1);
  CHECK(driver.take_violations().empty());
}

TEST_CASE("without maintenance4 every buffer is asked for", "[buffer_requirements][counts_queries]") {
  SimulatedDriver driver{discrete(false)};
  driver.set_buffer_requirements({.padding = 1000});  // Which maintenance4 forbids.
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  BoundBuffer const first{allocator, 4};
  BoundBuffer const second{allocator, 4};
  CHECK(queries(driver) == 2);
  CHECK(second.memory().size() >= 1004);
}

TEST_CASE("large buffers are asked for, since they may prefer dedicated memory",
          "[buffer_requirements][counts_queries]") {
  SimulatedDriver driver{discrete()};
  driver.set_buffer_requirements({.prefers_dedicated_from = 4 * mib});
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  BoundBuffer const small{allocator, 4};
  BoundBuffer const large{allocator, 4 * mib};
  CHECK(queries(driver) == 2);
  CHECK(large.memory().is_dedicated());
  CHECK(driver.allocations().back().dedicated_buffer != VK_NULL_HANDLE);
}

TEST_CASE("where the driver prefers dedicated memory for small buffers each is asked for",
          "[buffer_requirements][counts_queries]") {
  SimulatedDriver driver{discrete()};
  driver.set_buffer_requirements({.prefers_dedicated_from = 1});
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  for (int i = 0; i < 3; ++i) {
    CHECK(BoundBuffer{allocator, 4}.memory().is_dedicated());
  }
  CHECK(queries(driver) == 3);
}

TEST_CASE("exportable buffers are asked for", "[buffer_requirements][counts_queries]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  BoundBuffer const plain{allocator, 4};
  BoundBuffer const exportable{allocator, 4, storage, ExternalMemoryHandleType::OpaqueFd};
  CHECK(queries(driver) == 2);
  CHECK(exportable.memory().is_dedicated());
  BoundBuffer const plain_again{allocator, 4};
  CHECK_FALSE(plain_again.memory().is_dedicated());
}

TEST_CASE("memory that is always dedicated is asked for, since it names its buffer", "[buffer_requirements]") {
  SimulatedDriver driver{discrete()};  // It notes dedicated memory of another size than the buffer's as a violation.
  driver.set_buffer_requirements({.alignment = 64});
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  BoundBuffer const first{allocator, 100};
  BoundBuffer const dedicated{allocator, 100, storage,
                              {},        1,   {.allocate_preference = AllocatePreference::AlwaysAllocate}};
  CHECK(driver.allocations().back().dedicated_buffer != VK_NULL_HANDLE);
  CHECK(driver.allocations().back().size == 128);
}

TEST_CASE("a stricter alignment than the buffer's is honoured", "[buffer_requirements]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  BoundBuffer const first{allocator, 4};
  for (std::uint64_t const alignment : {1U, 8U, 4096U, 65536U}) {
    BoundBuffer const aligned{allocator, 4, storage, {}, alignment};
    CHECK(aligned.memory().offset() % alignment == 0);
    BoundBuffer const in_between{allocator, 4};
  }
}

TEST_CASE("threads ask at once and all get the right answer", "[buffer_requirements][threads]") {
  SimulatedDriver driver{discrete()};
  driver.set_buffer_requirements({.alignment = 128, .memory_type_bits = type_bit(2)});
  Device const device = driver.create_device();
  detail::DeviceState const& state = detail::Access::state(device);
  detail::BufferRequirementsCache cache;
  RawBuffer const buffer{device, 100};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::uint32_t usage = 1; usage < 200; ++usage) {
        auto const found =
            cache.find(state, buffer.handle(), {.size = 100, .flags = 0, .usage = usage % 16, .handle_types = {}});
        if (found.size != 128 || found.alignment != 128 || found.memory_type_bits != type_bit(2)) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wrong == 0);
  CHECK(queries(driver) <= 4 * 16);
}

}  // namespace ashlar::test
