// What becomes of device memory of this GPU where requests are wrong, calls fail, and threads meet.

#include <ashlar/memory/device_memory.hpp>

#include <algorithm>
#include <future>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "memory/this_gpu_fixture.hpp"

namespace ashlar::test {

namespace {

/// This GPU with two allocations; the driver notes one too many as a violation.
class TwoAllocationsTest : protected ThisGpuTest {
 protected:
  TwoAllocationsTest() : ThisGpuTest{this_gpu_with_allocations(2, 2)} {}
};

DeviceMemory allocate(Device const& device, std::uint32_t type) {
  return DeviceMemory::allocate(device, {.size = 1, .memory_type = type});
}

}  // namespace

TEST_CASE("device memory is freed with its last handle, and keeps its device alive", "[device_memory][this_gpu]") {
  SimulatedDriver driver{this_gpu()};
  for (std::uint32_t const type : ordinary_types()) {
    INFO("memory type " << type);
    DeviceMemory copy;
    CHECK_FALSE(copy);
    {
      DeviceMemory const memory = allocate(driver.create_device(), type);
      copy = memory;
      CHECK(copy == memory);
    }
    CHECK(driver.live_memories() == 1);
    CHECK(copy.memory_type() == type);
    if (is_host_visible(type)) {
      CHECK(copy.map() != nullptr);
    }
    copy = {};
    CHECK(driver.live_objects() == 0);
  }
}

TEST_CASE_METHOD(ThisGpuTest, "wrong requests for device memory are refused without a call",
                 "[device_memory][this_gpu]") {
  RawBuffer const buffer{device, 16};
  RawImage const image{device, 16};
  auto const refusal = [](Device const& owner, DeviceMemoryAllocateInfo const& info) {
    return thrown_by<ValidationError>([&] { return DeviceMemory::allocate(owner, info); });
  };
  CHECK(refusal({}, {.size = 16}).problem() == std::string{"the device is empty; create or adopt one first"});
  CHECK(refusal(device, {.size = 16, .memory_type = this_gpu().memory.type_count}).vuid() ==
        std::string{"VUID-vkAllocateMemory-pAllocateInfo-01714"});
  for (std::uint32_t const type : ordinary_types()) {
    CHECK(refusal(device, {.size = 0, .memory_type = type}).vuid() ==
          std::string{"VUID-VkMemoryAllocateInfo-allocationSize-00638"});
    CHECK(refusal(
              device,
              {.size = 16, .memory_type = type, .dedicated_buffer = buffer.handle(), .dedicated_image = image.handle()})
              .vuid() == std::string{"VUID-VkMemoryDedicatedAllocateInfo-image-01432"});
  }
  CHECK(driver.calls("vkAllocateMemory") == 0);
}

TEST_CASE_METHOD(TwoAllocationsTest, "a driver without memory is an OutOfMemoryError that leaves nothing behind",
                 "[device_memory][this_gpu][failure]") {
  VkResult const result =
      GENERATE(VK_ERROR_OUT_OF_DEVICE_MEMORY, VK_ERROR_OUT_OF_HOST_MEMORY, VK_ERROR_TOO_MANY_OBJECTS);
  for (std::uint32_t const type : ordinary_types()) {
    INFO("memory type " << type);
    driver.fail_next("vkAllocateMemory", result);
    auto const error = thrown_by<OutOfMemoryError>([&] { return allocate(device, type); });
    CHECK(error.info().result == result);
    CHECK(error.info().memory_type == type);
    CHECK(error.info().max_allocation_size == this_gpu().max_memory_allocation_size());
    CHECK(error.info().allocation_count == 0);
    CHECK(error.info().heap_use == 0);
    CHECK(driver.live_memories() == 0);
    CHECK(device.drain().empty());
    DeviceMemory const first = allocate(device, type);  // The two that the device may have are not used up.
    CHECK(allocate(device, type));
  }
}

TEST_CASE_METHOD(TwoAllocationsTest,
                 "any other failure of vkAllocateMemory is a VulkanError that leaves nothing behind",
                 "[device_memory][this_gpu][failure]") {
  for (std::uint32_t const type : ordinary_types()) {
    INFO("memory type " << type);
    driver.fail_next("vkAllocateMemory", VK_ERROR_INVALID_EXTERNAL_HANDLE);
    auto const error = thrown_by<VulkanError>([&] { return allocate(device, type); });
    CHECK(error.result() == VK_ERROR_INVALID_EXTERNAL_HANDLE);
    CHECK(error.function() == std::string{"vkAllocateMemory"});
    CHECK(device.drain().empty());
    DeviceMemory const first = allocate(device, type);
    CHECK(allocate(device, type));
  }
}

TEST_CASE_METHOD(TwoAllocationsTest, "a call beyond maxMemoryAllocationCount is never made",
                 "[device_memory][this_gpu]") {
  for (std::uint32_t const type : ordinary_types()) {
    INFO("memory type " << type);
    DeviceMemory first = allocate(device, ordinary_types().front());
    DeviceMemory const second = allocate(device, type);
    std::uint64_t const calls = driver.calls("vkAllocateMemory");
    auto const error = thrown_by<OutOfMemoryError>([&] { return allocate(device, type); });
    CHECK(error.info().allocation_count == 2);
    CHECK(error.info().max_allocation_count == 2);
    CHECK(error.info().result == VK_SUCCESS);
    CHECK(driver.calls("vkAllocateMemory") == calls);
    first = {};
    CHECK(allocate(device, type));
  }
}

TEST_CASE_METHOD(TwoAllocationsTest, "a call that has not returned yet counts towards maxMemoryAllocationCount",
                 "[device_memory][this_gpu][threads]") {
  for (std::uint32_t const type : ordinary_types()) {
    INFO("memory type " << type);
    DeviceMemory const kept = allocate(device, type);
    std::uint64_t const calls = driver.calls("vkAllocateMemory");
    driver.block_next("vkAllocateMemory");
    auto held = std::async(std::launch::async, [&] { return allocate(device, type); });
    driver.wait_until_blocked("vkAllocateMemory");
    CHECK_THROWS_AS(allocate(device, type), OutOfMemoryError);
    CHECK(driver.calls("vkAllocateMemory") == calls + 1);
    driver.release("vkAllocateMemory");
    CHECK(held.get());
  }
}

TEST_CASE_METHOD(TwoAllocationsTest, "threads together make no call beyond maxMemoryAllocationCount",
                 "[device_memory][this_gpu][threads]") {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int turn = 0; turn < 200; ++turn) {
        for (std::uint32_t const type : ordinary_types()) {
          try {
            static_cast<void>(allocate(device, type));
          } catch (OutOfMemoryError const&) {  // The others have both.
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(device.drain().empty());
  CHECK(StandardMemoryAllocator{device}.statistics().allocation_count == 0);
}

TEST_CASE("memory carries what the device has on and the info asks for", "[device_memory][this_gpu]") {
  bool const hide = GENERATE(false, true);
  Gpu gpu = this_gpu();
  if (hide) {
    gpu.hidden.insert({"bufferDeviceAddress", "memoryPriority"});
  }
  SimulatedDriver driver{gpu};
  Device const device = driver.create_device();
  bool const has_address = device.features().buffer_device_address;
  bool const has_priority = device.features().memory_priority;
  CHECK((!hide || (!has_address && !has_priority)));
  for (std::uint32_t const type : ordinary_types()) {
    INFO("memory type " << type);
    static_cast<void>(allocate(device, type));
    RecordedAllocation const plain = driver.allocations().back();
    CHECK(plain.device_address == has_address);
    CHECK(plain.priority == (has_priority ? std::optional{0.5F} : std::nullopt));
    CHECK(plain.dedicated_buffer == VK_NULL_HANDLE);
    CHECK(plain.dedicated_image == VK_NULL_HANDLE);
    CHECK(plain.export_handle_types == 0);

    constexpr ExternalMemoryHandleTypes handle_types{ExternalMemoryHandleType::OpaqueFd};
    RawBuffer const buffer{device, 256, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, handle_types};
    static_cast<void>(DeviceMemory::allocate(device, {.size = 256,
                                                      .memory_type = type,
                                                      .dedicated_buffer = buffer.handle(),
                                                      .export_handle_types = handle_types,
                                                      .priority = 0.75F}));
    RecordedAllocation const of_buffer = driver.allocations().back();
    CHECK(of_buffer.device_address == has_address);
    CHECK(of_buffer.priority == (has_priority ? std::optional{0.75F} : std::nullopt));
    CHECK(of_buffer.dedicated_buffer == buffer.handle());
    CHECK(of_buffer.export_handle_types == handle_types.mask());
  }
}

TEST_CASE_METHOD(ThisGpuTest, "a failed map is a VulkanError, and the next map tries again",
                 "[device_memory][this_gpu][failure]") {
  for (std::uint32_t const type : ordinary_types(MemoryProperty::HostVisible)) {
    INFO("memory type " << type);
    DeviceMemory const memory = allocate(device, type);
    driver.fail_next("vkMapMemory", VK_ERROR_MEMORY_MAP_FAILED);
    auto const error = thrown_by<VulkanError>([&] { return memory.map(); });
    CHECK(error.result() == VK_ERROR_MEMORY_MAP_FAILED);
    CHECK(error.function() == std::string{"vkMapMemory"});
    CHECK(memory.map() != nullptr);
  }
}

// The driver notes a second mapping as a violation.
TEST_CASE_METHOD(ThisGpuTest, "threads that map at once get one mapping", "[device_memory][this_gpu][threads]") {
  for (std::uint32_t const type : ordinary_types(MemoryProperty::HostVisible)) {
    INFO("memory type " << type);
    DeviceMemory const memory = allocate(device, type);
    std::uint64_t const calls = driver.calls("vkMapMemory");
    driver.block_next("vkMapMemory");
    std::vector<std::byte*> addresses(4);
    std::vector<std::thread> threads;
    for (std::byte*& address : addresses) {
      threads.emplace_back([&] { address = memory.map(); });
    }
    driver.wait_until_blocked("vkMapMemory");
    driver.release("vkMapMemory");
    for (std::thread& thread : threads) {
      thread.join();
    }
    CHECK(addresses == std::vector<std::byte*>(4, memory.map()));
    CHECK(driver.calls("vkMapMemory") == calls + 1);
    CHECK(driver.calls("vkUnmapMemory") == 0);
  }
}

TEST_CASE_METHOD(ThisGpuTest, "flush and invalidate refuse a range that is not inside the memory",
                 "[device_memory][this_gpu]") {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  for (std::uint32_t const type : ordinary_types(MemoryProperty::HostVisible)) {
    std::uint64_t const size = std::min<std::uint64_t>(most_at_once(type), 1000);
    DeviceMemory const memory = DeviceMemory::allocate(device, {.size = size, .memory_type = type});
    static_cast<void>(memory.map());
    for (ByteRange const range : {ByteRange{size + 1, 0}, {0, size + 1}, {size, 1}, {most, 2}, {1, most}}) {
      INFO("memory type " << type << ": " << range.offset << ", +" << range.size);
      CHECK(thrown_by<ValidationError>([&] { memory.flush(range); }).vuid() ==
            std::string{"VUID-VkMappedMemoryRange-size-00685"});
      CHECK_THROWS_AS(memory.invalidate(range), ValidationError);
    }
  }
  CHECK(driver.flushes().empty());
  CHECK(driver.invalidations().empty());
}

TEST_CASE_METHOD(ThisGpuTest,
                 "a flush or invalidation that the driver fails is a VulkanError, coherent memory needs none",
                 "[device_memory][this_gpu][failure]") {
  driver.fail_from_now_on("vkFlushMappedMemoryRanges", VK_ERROR_OUT_OF_HOST_MEMORY);
  driver.fail_from_now_on("vkInvalidateMappedMemoryRanges", VK_ERROR_OUT_OF_DEVICE_MEMORY);
  for (std::uint32_t const type : ordinary_types(MemoryProperty::HostVisible)) {
    INFO("memory type " << type);
    DeviceMemory const memory = allocate(device, type);
    static_cast<void>(memory.map());
    if (!needs_flush(type)) {
      CHECK_NOTHROW(memory.flush({0, 1}));
      CHECK_NOTHROW(memory.invalidate({0, 1}));
      continue;
    }
    auto const flush = thrown_by<VulkanError>([&] { memory.flush({0, 1}); });
    CHECK(flush.result() == VK_ERROR_OUT_OF_HOST_MEMORY);
    CHECK(flush.function() == std::string{"vkFlushMappedMemoryRanges"});
    auto const invalidate = thrown_by<VulkanError>([&] { memory.invalidate({0, 1}); });
    CHECK(invalidate.result() == VK_ERROR_OUT_OF_DEVICE_MEMORY);
    CHECK(invalidate.function() == std::string{"vkInvalidateMappedMemoryRanges"});
  }
  driver.cancel_failures();
}

}  // namespace ashlar::test
