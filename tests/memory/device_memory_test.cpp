#include <ashlar/memory/device_memory.hpp>

#include <atomic>
#include <cstring>
#include <future>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "memory/memory_fixture.hpp"

namespace ashlar::test {
namespace {

constexpr std::uint32_t device_local = 0;
constexpr std::uint32_t coherent = 1;
constexpr std::uint32_t cached = 2;

Gpu discrete() {
  Gpu info;
  info.memory = discrete_memory();
  return info;
}

Gpu discrete_with_count_limit(std::uint32_t count) {
  Gpu info = discrete();
  info.limits.max_memory_allocation_count = count;
  return info;
}

DeviceMemory allocate(Device const& device, std::uint32_t type, std::uint64_t size = 1000) {
  return DeviceMemory::allocate(device, {.size = size, .memory_type = type});
}

void run_in_threads(unsigned count, void (*function)(Device const&), Device const& device) {
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i) {
    threads.emplace_back(function, device);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace

TEST_CASE("device memory is one allocation of the size and type asked for", "[device_memory]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  DeviceMemory const memory = allocate(device, cached, 12345);
  CHECK(memory);
  CHECK(memory.handle() != VK_NULL_HANDLE);
  CHECK(memory.size() == 12345);
  CHECK(memory.memory_type() == cached);
  CHECK(memory.properties() == (MemoryProperty::HostVisible | MemoryProperty::HostCached));
  REQUIRE(driver.allocations().size() == 1);
  CHECK(driver.allocations()[0].memory_type == cached);
  CHECK(driver.allocations()[0].size == 12345);
  CHECK(driver.heap_use(1) == 12345);
}

TEST_CASE("device memory is freed with its last handle, and keeps its device alive", "[device_memory]") {
  SimulatedDriver driver{discrete()};
  DeviceMemory copy;
  CHECK_FALSE(copy);
  {
    DeviceMemory const memory = allocate(driver.create_device(), coherent);
    copy = memory;
    CHECK(copy == memory);
  }
  CHECK(driver.live_memories() == 1);
  CHECK(copy.map() != nullptr);
  copy = {};
  CHECK(driver.live_objects() == 0);
}

TEST_CASE("wrong requests for device memory are refused without a call", "[device_memory]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  RawBuffer const buffer{device, 16};
  RawImage const image{device, 16};
  auto const refusal = [](Device const& owner, DeviceMemoryAllocateInfo const& info) {
    return thrown_by<ValidationError>([&] { return DeviceMemory::allocate(owner, info); });
  };
  CHECK(refusal({}, {.size = 16}).problem() == std::string{"the device is empty; create or adopt one first"});
  CHECK(refusal(device, {.size = 0}).vuid() == std::string{"VUID-VkMemoryAllocateInfo-allocationSize-00638"});
  CHECK(refusal(device, {.size = 16, .memory_type = 3}).vuid() ==
        std::string{"VUID-vkAllocateMemory-pAllocateInfo-01714"});
  CHECK(refusal(device, {.size = 16, .dedicated_buffer = buffer.handle(), .dedicated_image = image.handle()}).vuid() ==
        std::string{"VUID-VkMemoryDedicatedAllocateInfo-image-01432"});
  CHECK(driver.calls("vkAllocateMemory") == 0);
}

TEST_CASE("device memory above the heap's size or maxMemoryAllocationSize is refused without a call",
          "[device_memory]") {
  Gpu info = discrete();
  info.memory.heaps[0].size = mib;
  info.limits.max_memory_allocation_size = 2 * gib;
  SimulatedDriver driver{info};
  Device const device = driver.create_device();
  auto const above_heap = thrown_by<OutOfMemoryError>([&] { return allocate(device, device_local, mib + 1); });
  CHECK(above_heap.requested() == mib + 1);
  CHECK(above_heap.heap() == 0);
  CHECK(above_heap.info().heap_size == mib);
  CHECK(above_heap.info().result == VK_SUCCESS);
  auto const above_limit = thrown_by<OutOfMemoryError>([&] { return allocate(device, coherent, 2 * gib + 1); });
  CHECK(above_limit.info().memory_type == coherent);
  CHECK(above_limit.info().max_allocation_size == 2 * gib);
  CHECK(above_limit.info().result == VK_SUCCESS);
  CHECK(driver.calls("vkAllocateMemory") == 0);
  CHECK(allocate(device, device_local, mib));
  CHECK(allocate(device, coherent, 2 * gib));
}

TEST_CASE("a driver without memory is an OutOfMemoryError that leaves nothing behind", "[device_memory]") {
  SimulatedDriver driver{discrete_with_count_limit(1)};
  Device const device = driver.create_device();
  VkResult const result =
      GENERATE(VK_ERROR_OUT_OF_DEVICE_MEMORY, VK_ERROR_OUT_OF_HOST_MEMORY, VK_ERROR_TOO_MANY_OBJECTS);
  driver.fail_next("vkAllocateMemory", result);
  auto const error = thrown_by<OutOfMemoryError>([&] { return allocate(device, device_local); });
  CHECK(error.info().result == result);
  CHECK(error.info().allocation_count == 0);
  CHECK(error.info().heap_use == 0);
  CHECK(driver.live_memories() == 0);
  CHECK(device.drain().empty());
  CHECK(allocate(device, device_local));  // The one that the device may have is not used up.
}

TEST_CASE("any other failure of vkAllocateMemory is a VulkanError that leaves nothing behind", "[device_memory]") {
  SimulatedDriver driver{discrete_with_count_limit(1)};
  Device const device = driver.create_device();
  driver.fail_next("vkAllocateMemory", VK_ERROR_INVALID_EXTERNAL_HANDLE);
  auto const error = thrown_by<VulkanError>([&] { return allocate(device, device_local); });
  CHECK(error.result() == VK_ERROR_INVALID_EXTERNAL_HANDLE);
  CHECK(error.function() == std::string{"vkAllocateMemory"});
  CHECK(device.drain().empty());
  CHECK(allocate(device, device_local));
}

TEST_CASE("a call beyond maxMemoryAllocationCount is never made", "[device_memory]") {
  SimulatedDriver driver{discrete_with_count_limit(2)};
  Device const device = driver.create_device();
  DeviceMemory first = allocate(device, device_local);
  DeviceMemory const second = allocate(device, coherent);
  auto const error = thrown_by<OutOfMemoryError>([&] { return allocate(device, coherent); });
  CHECK(error.info().allocation_count == 2);
  CHECK(error.info().max_allocation_count == 2);
  CHECK(error.info().result == VK_SUCCESS);
  CHECK(driver.calls("vkAllocateMemory") == 2);
  first = {};
  CHECK(allocate(device, coherent));
}

TEST_CASE("a call that has not returned yet counts towards maxMemoryAllocationCount", "[device_memory][threads]") {
  SimulatedDriver driver{discrete_with_count_limit(1)};
  Device const device = driver.create_device();
  driver.block_next("vkAllocateMemory");
  auto first = std::async(std::launch::async, [&] { return allocate(device, device_local); });
  driver.wait_until_blocked("vkAllocateMemory");
  CHECK_THROWS_AS(allocate(device, coherent), OutOfMemoryError);
  CHECK(driver.calls("vkAllocateMemory") == 1);
  driver.release("vkAllocateMemory");
  CHECK(first.get());
}

TEST_CASE("threads together make no call beyond maxMemoryAllocationCount", "[device_memory][threads]") {
  SimulatedDriver driver{discrete_with_count_limit(6)};  // It notes a call too many as a violation.
  Device const device = driver.create_device();
  run_in_threads(
      8,
      [](Device const& owner) {
        for (int i = 0; i < 2000; ++i) {
          try {
            static_cast<void>(allocate(owner, device_local));
          } catch (OutOfMemoryError const&) {  // The others have all six.
          }
        }
      },
      device);
  CHECK(device.drain().empty());
  CHECK(StandardMemoryAllocator{device}.statistics().allocation_count == 0);
}

TEST_CASE("memory that the owner of an adopted device has made counts towards the limit", "[device_memory]") {
  SimulatedDriver driver{discrete_with_count_limit(4)};
  Device const created = driver.create_device();
  float const priority = 1;
  VkDeviceQueueCreateInfo queue{};
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  VkDeviceCreateInfo create_info{};
  create_info.queueCreateInfoCount = 1;
  create_info.pQueueCreateInfos = &queue;
  Device const device = Device::adopt({.instance = created.physical_device().instance().handle(),
                                       .physical_device = created.physical_device().handle(),
                                       .device = created.handle(),
                                       .get_instance_proc_addr = driver.instance_info().get_instance_proc_addr,
                                       .api_version = VK_API_VERSION_1_3,
                                       .create_info = &create_info,
                                       .memory_allocation_count = 3});
  DeviceMemory const memory = allocate(device, device_local);
  auto const error = thrown_by<OutOfMemoryError>([&] { return allocate(device, device_local); });
  CHECK(error.info().allocation_count == 4);
  CHECK(driver.calls("vkAllocateMemory") == 1);
  CHECK_FALSE(driver.allocations()[0].device_address);  // Not declared, so off, though the device has it.
  CHECK_FALSE(driver.allocations()[0].priority);
  CHECK(device.drain().memory_allocations == 1);
}

TEST_CASE("memory carries what the device has on and the info asks for", "[device_memory]") {
  bool const on = GENERATE(true, false);
  Gpu info = discrete();
  if (!on) {
    info.hidden = {"bufferDeviceAddress", "memoryPriority"};
  }
  SimulatedDriver driver{info};
  Device const device = driver.create_device();
  SECTION("plain") {
    DeviceMemory const memory = allocate(device, device_local);
    RecordedAllocation const made = driver.allocations().back();
    CHECK(made.device_address == on);
    CHECK(made.priority == (on ? std::optional{0.5F} : std::nullopt));
    CHECK(made.dedicated_buffer == VK_NULL_HANDLE);
    CHECK(made.dedicated_image == VK_NULL_HANDLE);
    CHECK(made.export_handle_types == 0);
  }
  SECTION("everything for a buffer") {
    RawBuffer const buffer{device, 4096};
    DeviceMemory const memory =
        DeviceMemory::allocate(device, {.size = 4096,
                                        .dedicated_buffer = buffer.handle(),
                                        .export_handle_types = ExternalMemoryHandleType::OpaqueFd,
                                        .priority = 0.75F});
    RecordedAllocation const made = driver.allocations().back();
    CHECK(made.device_address == on);
    CHECK(made.priority == (on ? std::optional{0.75F} : std::nullopt));
    CHECK(made.dedicated_buffer == buffer.handle());
    CHECK(made.export_handle_types == VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT);
  }
  SECTION("dedicated to an image") {
    RawImage const image{device, 1024};
    DeviceMemory const memory = DeviceMemory::allocate(device, {.size = 4096, .dedicated_image = image.handle()});
    CHECK(driver.allocations().back().dedicated_image == image.handle());
    CHECK(driver.allocations().back().dedicated_buffer == VK_NULL_HANDLE);
  }
}

TEST_CASE("memory is mapped whole, once, and stays so", "[device_memory]") {
  Gpu info = discrete();
  info.limits.min_memory_map_alignment = 4096;
  SimulatedDriver driver{info};
  Device const device = driver.create_device();
  DeviceMemory const memory = allocate(device, coherent, 10'000);
  CHECK(driver.calls("vkMapMemory") == 0);
  std::byte* const address = memory.map();
  CHECK(reinterpret_cast<std::uintptr_t>(address) % 4096 == 0);
  std::memset(address, 'x', 10'000);
  CHECK(memory.map() == address);
  CHECK(DeviceMemory{memory}.map() == address);
  CHECK(driver.calls("vkMapMemory") == 1);
  CHECK(driver.calls("vkUnmapMemory") == 0);
  CHECK(driver.device_read(memory.handle(), 9'998, 2) == "xx");
}

TEST_CASE("memory that is not host-visible is not mapped, and the error says to stage", "[device_memory]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  DeviceMemory const memory = allocate(device, device_local);
  auto const error = thrown_by<NotHostVisibleError>([&] { return memory.map(); });
  CHECK_THAT(error.what(), Catch::Matchers::Contains("staging") || Catch::Matchers::Contains("Staging"));
  CHECK(driver.calls("vkMapMemory") == 0);
}

TEST_CASE("a failed map is a VulkanError, and the next map tries again", "[device_memory]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  DeviceMemory const memory = allocate(device, cached);
  driver.fail_next("vkMapMemory", VK_ERROR_MEMORY_MAP_FAILED);
  auto const error = thrown_by<VulkanError>([&] { return memory.map(); });
  CHECK(error.result() == VK_ERROR_MEMORY_MAP_FAILED);
  CHECK(error.function() == std::string{"vkMapMemory"});
  CHECK(memory.map() != nullptr);
}

TEST_CASE("threads that map at once get one mapping", "[device_memory][threads]") {
  SimulatedDriver driver{discrete()};  // It notes a second mapping as a violation.
  Device const device = driver.create_device();
  for (int round = 0; round < 20; ++round) {
    DeviceMemory const memory = allocate(device, coherent);
    std::uint64_t const calls = driver.calls("vkMapMemory");
    driver.block_next("vkMapMemory");
    std::atomic<int> started{0};
    std::vector<std::byte*> addresses(4);
    std::vector<std::thread> threads;
    for (std::byte*& address : addresses) {
      threads.emplace_back([&] {
        ++started;
        address = memory.map();
      });
    }
    driver.wait_until_blocked("vkMapMemory");
    while (started != 4) {
      std::this_thread::yield();
    }
    driver.release("vkMapMemory");
    for (std::thread& thread : threads) {
      thread.join();
    }
    CHECK(addresses == std::vector<std::byte*>(4, memory.map()));
    CHECK(driver.calls("vkMapMemory") == calls + 1);
  }
}

namespace {

struct WidenedRange {
  ByteRange asked;
  ByteRange told;  ///< Empty: no call.
};

/// In 1000 bytes, whose last atom is not whole.
std::vector<WidenedRange> widened_ranges(std::uint64_t atom) {
  switch (atom) {
    case 1:
      return {{{0, 1}, {0, 1}}, {{63, 2}, {63, 2}}, {{999, 1}, {999, 1}}, {{0, 1000}, {0, 1000}}, {{5, 0}, {}}};
    case 64:
      return {{{0, 1}, {0, 64}},       {{63, 2}, {0, 128}},   {{64, 64}, {64, 64}},   {{127, 1}, {64, 64}},
              {{950, 20}, {896, 104}}, {{999, 1}, {960, 40}}, {{960, 40}, {960, 40}}, {{0, 1000}, {0, 1000}},
              {{100, 700}, {64, 768}}, {{100, 0}, {}},        {{1000, 0}, {}}};
    default:
      return {{{0, 1}, {0, 256}}, {{255, 2}, {0, 512}}, {{700, 100}, {512, 488}}, {{768, 1}, {768, 232}}};
  }
}

}  // namespace

TEST_CASE("flush and invalidate widen the range to the atom and clamp it to the memory", "[device_memory]") {
  std::uint64_t const atom = GENERATE(1U, 64U, 256U);
  Gpu info = discrete();
  info.limits.non_coherent_atom_size = atom;
  SimulatedDriver driver{info};
  Device const device = driver.create_device();
  DeviceMemory const memory = allocate(device, cached, 1000);
  static_cast<void>(memory.map());
  std::vector<RecordedRange> expected;
  for (auto const& [asked, told] : widened_ranges(atom)) {
    memory.flush(asked);
    memory.invalidate(asked);
    if (told.size != 0) {
      expected.push_back({memory.handle(), told.offset, told.size});
    }
  }
  CHECK(driver.flushes() == expected);
  CHECK(driver.invalidations() == expected);
}

TEST_CASE("flush and invalidate carry bytes between host and device, no more than the atoms", "[device_memory]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  DeviceMemory const memory = allocate(device, cached, 256);
  auto* const host = reinterpret_cast<char*>(memory.map());
  std::memset(host, 'h', 256);
  CHECK(driver.device_read(memory.handle(), 0, 1) == std::string{fresh});
  memory.flush({70, 1});
  CHECK(driver.device_read(memory.handle(), 63, 2) == std::string{fresh, 'h'});
  CHECK(driver.device_read(memory.handle(), 127, 2) == std::string{'h', fresh});

  driver.device_write(memory.handle(), 0, std::string(256, 'd'));
  CHECK(host[200] == 'h');
  memory.invalidate({200, 1});
  CHECK(std::string(host + 191, 2) == "hd");
  CHECK(std::string(host + 255, 1) == "d");
}

TEST_CASE("flush and invalidate do nothing on coherent memory", "[device_memory]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  DeviceMemory const memory = allocate(device, coherent);
  static_cast<void>(memory.map());
  memory.flush({0, 1000});
  memory.invalidate({0, 1000});
  CHECK(driver.calls("vkFlushMappedMemoryRanges") == 0);
  CHECK(driver.calls("vkInvalidateMappedMemoryRanges") == 0);
}

TEST_CASE("flush and invalidate refuse a range that is not inside the memory", "[device_memory]") {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  DeviceMemory const memory = allocate(device, GENERATE(coherent, cached), 1000);
  static_cast<void>(memory.map());
  for (ByteRange const range : {ByteRange{1001, 0}, {0, 1001}, {1000, 1}, {999, 2}, {most, 2}, {1, most}}) {
    INFO(range.offset << ", +" << range.size);
    CHECK(thrown_by<ValidationError>([&] { memory.flush(range); }).vuid() ==
          std::string{"VUID-VkMappedMemoryRange-size-00685"});
    CHECK_THROWS_AS(memory.invalidate(range), ValidationError);
  }
  CHECK(driver.flushes().empty());
  CHECK(driver.invalidations().empty());
}

TEST_CASE("a flush or invalidation that the driver fails is a VulkanError", "[device_memory]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  DeviceMemory const memory = allocate(device, cached);
  static_cast<void>(memory.map());
  driver.fail_next("vkFlushMappedMemoryRanges", VK_ERROR_OUT_OF_HOST_MEMORY);
  driver.fail_next("vkInvalidateMappedMemoryRanges", VK_ERROR_OUT_OF_DEVICE_MEMORY);
  auto const flush = thrown_by<VulkanError>([&] { memory.flush({0, 1}); });
  CHECK(flush.result() == VK_ERROR_OUT_OF_HOST_MEMORY);
  CHECK(flush.function() == std::string{"vkFlushMappedMemoryRanges"});
  auto const invalidate = thrown_by<VulkanError>([&] { memory.invalidate({0, 1}); });
  CHECK(invalidate.result() == VK_ERROR_OUT_OF_DEVICE_MEMORY);
  CHECK(invalidate.function() == std::string{"vkInvalidateMappedMemoryRanges"});
}

}  // namespace ashlar::test
