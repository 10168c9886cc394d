#include <ashlar/memory/device_memory.hpp>

#include <cstring>
#include <string>
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

}  // namespace ashlar::test
