// Proves that the driver of the other tests knows wrong use from right: what it overlooks, they would.

#include "support/fake_driver.hpp"

#include <cstring>
#include <future>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace ashlar::test {
namespace {

constexpr std::uint32_t device_local = 0;
constexpr std::uint32_t cached = 1;
constexpr std::uint32_t protected_type = 2;

/// Heap 0 has 1 MiB for type 0; heap 1 has 2 GiB for type 1, which is not coherent, and type 2.
FakeDriverInfo small_gpu() {
  using enum MemoryProperty;
  FakeDriverInfo info;
  info.memory.heap_count = 2;
  info.memory.heaps[0] = {std::uint64_t{1} << 20U, MemoryHeapFlag::DeviceLocal};
  info.memory.heaps[1] = {std::uint64_t{1} << 31U, {}};
  info.memory.type_count = 3;
  info.memory.types[device_local] = {DeviceLocal, 0};
  info.memory.types[cached] = {HostVisible | HostCached, 1};
  info.memory.types[protected_type] = {Protected, 1};
  info.limits.max_memory_allocation_count = 4;
  info.limits.buffer_image_granularity = 1024;
  return info;
}

/// Vulkan as a program without ashlar calls it, on a device of the driver.
class RawVulkan {
 public:
  [[nodiscard]] VkDeviceMemory allocate(VkDeviceSize size, std::uint32_t type, void const* chain = nullptr) const {
    VkMemoryAllocateInfo const info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, chain, size, type};
    VkDeviceMemory memory = VK_NULL_HANDLE;
    call<PFN_vkAllocateMemory>("vkAllocateMemory", &info, nullptr, &memory);
    return memory;
  }
  void free(VkDeviceMemory memory) const { call<PFN_vkFreeMemory>("vkFreeMemory", memory, nullptr); }

  [[nodiscard]] std::byte* map(VkDeviceMemory memory) const {
    void* address = nullptr;
    call<PFN_vkMapMemory>("vkMapMemory", memory, VkDeviceSize{0}, VK_WHOLE_SIZE, 0U, &address);
    return static_cast<std::byte*>(address);
  }

  void flush(VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size) const {
    VkMappedMemoryRange const range{VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, nullptr, memory, offset, size};
    call<PFN_vkFlushMappedMemoryRanges>("vkFlushMappedMemoryRanges", 1U, &range);
  }
  void invalidate(VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size) const {
    VkMappedMemoryRange const range{VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, nullptr, memory, offset, size};
    call<PFN_vkInvalidateMappedMemoryRanges>("vkInvalidateMappedMemoryRanges", 1U, &range);
  }

  [[nodiscard]] VkBuffer create_buffer(VkDeviceSize size, VkBufferUsageFlags usage = 1) const {
    VkBufferCreateInfo info{};
    info.size = size;
    info.usage = usage;
    VkBuffer buffer = VK_NULL_HANDLE;
    call<PFN_vkCreateBuffer>("vkCreateBuffer", &info, nullptr, &buffer);
    return buffer;
  }
  [[nodiscard]] VkImage create_image(std::uint32_t texels) const {
    VkImageCreateInfo info{};
    info.extent = {texels, 1, 1};
    VkImage image = VK_NULL_HANDLE;
    call<PFN_vkCreateImage>("vkCreateImage", &info, nullptr, &image);
    return image;
  }
  void bind(VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset) const {
    call<PFN_vkBindBufferMemory>("vkBindBufferMemory", buffer, memory, offset);
  }
  void bind_image(VkImage image, VkDeviceMemory memory, VkDeviceSize offset) const {
    call<PFN_vkBindImageMemory>("vkBindImageMemory", image, memory, offset);
  }
  void destroy(VkBuffer buffer) const { call<PFN_vkDestroyBuffer>("vkDestroyBuffer", buffer, nullptr); }
  void destroy_image(VkImage image) const { call<PFN_vkDestroyImage>("vkDestroyImage", image, nullptr); }

 private:
  template <class Function, class... Arguments>
  void call(char const* name, Arguments... arguments) const {
    reinterpret_cast<Function>(device_.proc_addr(name))(device_.handle(), arguments...);
  }

  Device device_ = FakeDriver::create_device();
};

/// The one thing that was wrong since the last time; empty if nothing was.
std::string violation(FakeDriver& driver) {
  std::vector<std::string> const found = driver.take_violations();
  CHECK(found.size() <= 1);
  return found.empty() ? std::string{} : found[0];
}

}  // namespace

TEST_CASE("the fake driver sees wrong allocations", "[fake_driver]") {
  FakeDriver driver{small_gpu()};
  RawVulkan const vulkan;
  std::vector<VkDeviceMemory> memories{vulkan.allocate(1000, device_local)};
  CHECK(violation(driver).empty());
  CHECK(vulkan.allocate(std::uint64_t{1} << 20U, device_local) == VK_NULL_HANDLE);  // The heap has that no more.
  CHECK(violation(driver).empty());
  CHECK(vulkan.allocate((std::uint64_t{1} << 20U) + 1, device_local) == VK_NULL_HANDLE);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("more than the heap has"));
  CHECK(vulkan.allocate((std::uint64_t{1} << 30U) + 1, cached) == VK_NULL_HANDLE);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("maxMemoryAllocationSize"));
  CHECK(vulkan.allocate(1, 3) == VK_NULL_HANDLE);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("no such memory type"));
  memories.push_back(vulkan.allocate(0, cached));
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("the size is 0"));
  memories.push_back(vulkan.allocate(1, protected_type));
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("whose feature is off"));
  VkBaseInStructure const unknown{VK_STRUCTURE_TYPE_APPLICATION_INFO, nullptr};
  memories.push_back(vulkan.allocate(1, cached, &unknown));
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("does not know"));
  CHECK(vulkan.allocate(1, cached) == VK_NULL_HANDLE);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("maxMemoryAllocationCount"));
  for (VkDeviceMemory const memory : memories) {
    vulkan.free(memory);
  }
  CHECK(driver.heap_use(0) == 0);
  vulkan.free(memories[0]);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("unknown handle"));
}

TEST_CASE("the fake driver sees structs of features that are off", "[fake_driver]") {
  FakeDriverInfo info = small_gpu();
  info.features = {};
  FakeDriver driver{info};
  RawVulkan const vulkan;
  VkMemoryAllocateFlagsInfo const address{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, nullptr,
                                          VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT, 0};
  vulkan.free(vulkan.allocate(1, cached, &address));
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("device-address flag without its feature"));
  VkMemoryPriorityAllocateInfoEXT const priority{VK_STRUCTURE_TYPE_MEMORY_PRIORITY_ALLOCATE_INFO_EXT, nullptr, 1};
  vulkan.free(vulkan.allocate(1, cached, &priority));
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("priority without its feature"));
}

TEST_CASE("the fake driver sees wrong mappings and ranges", "[fake_driver]") {
  FakeDriver driver{small_gpu()};
  RawVulkan const vulkan;
  VkDeviceMemory const own = vulkan.allocate(1000, device_local);
  CHECK(vulkan.map(own) == nullptr);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("not host-visible"));
  VkDeviceMemory const memory = vulkan.allocate(1000, cached);
  vulkan.flush(memory, 0, 64);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("not mapped"));
  CHECK(vulkan.map(memory) != nullptr);
  CHECK(vulkan.map(memory) == nullptr);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("mapped twice"));
  vulkan.flush(memory, 32, 32);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("offset that is no multiple of the atom"));
  vulkan.invalidate(memory, 0, 32);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("size that is no multiple of the atom"));
  vulkan.flush(memory, 960, 64);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("outside of the mapping"));
  vulkan.flush(memory, 960, 40);
  vulkan.invalidate(memory, 64, VK_WHOLE_SIZE);
  CHECK(violation(driver).empty());
  vulkan.free(memory);
  vulkan.free(own);
  vulkan.flush(memory, 0, 64);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("unknown handle"));
}

TEST_CASE("the fake driver's host and device see memory that is not coherent apart", "[fake_driver]") {
  FakeDriver driver{small_gpu()};
  RawVulkan const vulkan;
  VkDeviceMemory const memory = vulkan.allocate(1000, cached);
  std::byte* const host = vulkan.map(memory);
  std::memset(host, 'h', 1000);
  CHECK(driver.device_read(memory, 0, 1) == std::string(1, '\0'));
  vulkan.flush(memory, 64, 64);
  CHECK(driver.device_read(memory, 63, 2) == std::string{"\0h", 2});
  CHECK(driver.device_read(memory, 127, 2) == std::string{"h\0", 2});
  driver.device_write(memory, 960, "d");
  CHECK(host[960] == std::byte{'h'});
  vulkan.invalidate(memory, 960, 40);
  CHECK(host[960] == std::byte{'d'});
  CHECK(host[959] == std::byte{'h'});
  vulkan.free(memory);
}

TEST_CASE("the fake driver sees wrong bindings", "[fake_driver]") {
  FakeDriver driver{small_gpu()};
  driver.set_buffer_requirements({.alignment = 64, .memory_type_bits = 0b010});
  RawVulkan const vulkan;
  VkDeviceMemory const memory = vulkan.allocate(4096, cached);
  VkDeviceMemory const own = vulkan.allocate(4096, device_local);
  VkBuffer const first = vulkan.create_buffer(100);
  VkBuffer const second = vulkan.create_buffer(100, VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT);
  VkBuffer const third = vulkan.create_buffer(100);
  VkImage const image = vulkan.create_image(16);
  auto const wrong = [&](VkBuffer buffer, VkDeviceMemory where, VkDeviceSize offset) {
    vulkan.bind(buffer, where, offset);
    return violation(driver);
  };
  CHECK_THAT(wrong(first, own, 0), Catch::Matchers::Contains("type that the resource forbids"));
  CHECK_THAT(wrong(first, memory, 32), Catch::Matchers::Contains("not aligned"));
  CHECK_THAT(wrong(first, memory, 4032), Catch::Matchers::Contains("beyond the memory's end"));
  CHECK(wrong(first, memory, 0).empty());
  CHECK_THAT(wrong(first, memory, 1024), Catch::Matchers::Contains("bound twice"));
  CHECK_THAT(wrong(second, memory, 1024), Catch::Matchers::Contains("without the device-address flag"));
  CHECK_THAT(wrong(third, memory, 64), Catch::Matchers::Contains("memory of another resource"));
  vulkan.bind_image(image, memory, 960);  // The last of the unit that the first buffer begins.
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("memory of another resource"));
  CHECK(wrong(third, memory, 128).empty());
  vulkan.bind_image(image, memory, 1024);
  CHECK(violation(driver).empty());
  vulkan.destroy(first);
  vulkan.destroy(second);
  vulkan.destroy(third);
  vulkan.destroy(third);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("unknown handle"));
  vulkan.destroy_image(image);
  vulkan.free(memory);
  vulkan.free(own);
}

TEST_CASE("the fake driver sees dedicated memory in wrong hands", "[fake_driver]") {
  FakeDriver driver{small_gpu()};
  driver.set_buffer_requirements({.alignment = 64, .requires_dedicated = true});
  RawVulkan const vulkan;
  VkBuffer const buffer = vulkan.create_buffer(100);
  VkBuffer const other = vulkan.create_buffer(100);
  VkMemoryDedicatedAllocateInfo const dedicated{VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, nullptr,
                                                VK_NULL_HANDLE, buffer};
  vulkan.free(vulkan.allocate(100, cached, &dedicated));
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("not that of the resource"));
  VkDeviceMemory const memory = vulkan.allocate(128, cached, &dedicated);
  VkDeviceMemory const shared = vulkan.allocate(128, cached);
  vulkan.bind(other, memory, 0);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("dedicated to another"));
  vulkan.bind(other, shared, 0);
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("not dedicated as it has to be"));
  vulkan.bind(buffer, memory, 0);
  CHECK(violation(driver).empty());
  vulkan.destroy(buffer);
  vulkan.destroy(other);
  vulkan.free(memory);
  vulkan.free(shared);
}

TEST_CASE("the fake driver sees what outlives its device", "[fake_driver]") {
  FakeDriver driver{small_gpu()};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  PFN_vkFreeMemory free_memory = nullptr;
  {
    Device const device = FakeDriver::create_device();
    VkMemoryAllocateInfo const info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, nullptr, 16, cached};
    reinterpret_cast<PFN_vkAllocateMemory>(device.proc_addr("vkAllocateMemory"))(device.handle(), &info, nullptr,
                                                                                 &memory);
    free_memory = reinterpret_cast<PFN_vkFreeMemory>(device.proc_addr("vkFreeMemory"));
    CHECK(driver.live_objects() == 3);
  }
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("still lives"));
  CHECK(driver.live_objects() == 1);
  free_memory(VK_NULL_HANDLE, memory, nullptr);
}

TEST_CASE("the fake driver fails and holds the call that it is told to", "[fake_driver]") {
  FakeDriver driver{small_gpu()};
  RawVulkan const vulkan;
  driver.fail_next("vkAllocateMemory", VK_ERROR_DEVICE_LOST, 2);
  VkDeviceMemory const first = vulkan.allocate(16, cached);
  CHECK(first != VK_NULL_HANDLE);
  CHECK(vulkan.allocate(16, cached) == VK_NULL_HANDLE);
  CHECK(driver.allocations()[1].result == VK_ERROR_DEVICE_LOST);
  CHECK(driver.calls("vkAllocateMemory") == 2);

  driver.block_next("vkAllocateMemory");
  auto held = std::async(std::launch::async, [&] { return vulkan.allocate(16, cached); });
  driver.wait_until_blocked("vkAllocateMemory");
  VkDeviceMemory const meanwhile = vulkan.allocate(16, cached);
  CHECK(driver.live_memories() == 2);
  driver.release("vkAllocateMemory");
  for (VkDeviceMemory const memory : {first, held.get(), meanwhile}) {
    vulkan.free(memory);
  }
}

TEST_CASE("a function that the fake driver does not have is a violation when it is called", "[fake_driver]") {
  FakeDriver driver{small_gpu()};
  FakeDriver::get_instance_proc_addr(VK_NULL_HANDLE, "vkQueueSubmit")();
  CHECK_THAT(violation(driver), Catch::Matchers::Contains("does not have"));
}

}  // namespace ashlar::test
