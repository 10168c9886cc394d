// What the host and the device see of memory: two copies of what is not coherent, one of what is.

#include <cstring>
#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

constexpr char fresh_to_host = static_cast<char>(simulated::Pattern::Host);

}  // namespace

TEST_CASE("fresh memory has a pattern, and another one where the host has a copy of its own", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  CHECK(fresh != fresh_to_host);
  VkDeviceMemory const apart = vulkan.allocate(1000, cached);
  CHECK(std::string(vulkan.map(apart), 1000) == std::string(1000, fresh_to_host));
  CHECK(driver.device_read(apart, 0, 1000) == std::string(1000, fresh));
  VkDeviceMemory const one = vulkan.allocate(1000, coherent);
  CHECK(std::string(vulkan.map(one), 1000) == std::string(1000, fresh));
  CHECK(driver.device_read(one, 0, 1000) == std::string(1000, fresh));
}

TEST_CASE("without a flush the device does not see what the host wrote", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory source_memory = VK_NULL_HANDLE;
  VkDeviceMemory target_memory = VK_NULL_HANDLE;
  VkBuffer const source = vulkan.create_bound_buffer(128, cached, source_memory);
  VkBuffer const target = vulkan.create_bound_buffer(128, device_local, target_memory);
  std::memset(vulkan.map(source_memory), 'h', 128);
  VkCommandBuffer const copy = vulkan.copy(source, target, {0, 0, 128});
  vulkan.run(vulkan.queue(0), copy);
  CHECK(driver.device_read(target_memory, 0, 128) == std::string(128, fresh));
  CHECK(vulkan.flush(source_memory) == VK_SUCCESS);
  vulkan.run(vulkan.queue(0), copy);
  CHECK(driver.device_read(target_memory, 0, 128) == std::string(128, 'h'));
}

TEST_CASE("without an invalidation the host reads what it had", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer const buffer = vulkan.create_bound_buffer(128, cached, memory);
  char* const host = vulkan.map(memory);
  vulkan.run(vulkan.queue(0), vulkan.fill(buffer, 'd'));
  CHECK(std::string(host, 128) == std::string(128, fresh_to_host));
  CHECK(vulkan.invalidate(memory) == VK_SUCCESS);
  CHECK(std::string(host, 128) == std::string(128, 'd'));
  vulkan.run(vulkan.queue(0), vulkan.fill(buffer, 'e'));
  CHECK(std::string(host, 128) == std::string(128, 'd'));
}

TEST_CASE("coherent memory needs neither flush nor invalidation", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer const buffer = vulkan.create_bound_buffer(128, coherent, memory);
  char* const host = vulkan.map(memory);
  std::memset(host, 'h', 128);
  CHECK(driver.device_read(memory, 0, 128) == std::string(128, 'h'));
  vulkan.run(vulkan.queue(0), vulkan.fill(buffer, 'd'));
  CHECK(std::string(host, 128) == std::string(128, 'd'));
}

TEST_CASE("an unmapped copy keeps what the host wrote, unflushed", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(128, cached);
  *vulkan.map(memory) = 'h';
  vulkan.unmap(memory);
  CHECK(driver.device_read(memory, 0, 1) == std::string(1, fresh));
  CHECK(*vulkan.map(memory) == 'h');
  CHECK(vulkan.flush(memory) == VK_SUCCESS);
  CHECK(driver.device_read(memory, 0, 1) == "h");
}

TEST_CASE("a flush and an invalidation move their range, and nothing beside it", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(256, cached);
  char* const host = vulkan.map(memory);
  std::memset(host, 'h', 256);
  vulkan.flush(memory, 64, 64);
  CHECK(driver.device_read(memory, 0, 256) == std::string(64, fresh) + std::string(64, 'h') + std::string(128, fresh));
  driver.device_write(memory, 0, std::string(256, 'd'));
  vulkan.invalidate(memory, 128, 64);
  CHECK(std::string(host, 256) == std::string(128, 'h') + std::string(64, 'd') + std::string(64, 'h'));
}

TEST_CASE("the device may write and read no bytes at all, from and to nowhere", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(256, cached);
  driver.device_write(memory, 256, {});  // UndefinedBehaviorSanitizer sees a null pointer that is copied from.
  CHECK(driver.device_read(memory, 256, 0).empty());
}

TEST_CASE("a range that is not of whole atoms moves only the whole atoms in it", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(256, cached);
  char* const host = vulkan.map(memory);
  std::memset(host, 'h', 256);
  SECTION("flush") {
    vulkan.flush(memory, 1, 190);  // Of the second atom all, of the first and the third all but a byte.
    CHECK(driver.device_read(memory, 0, 256) ==
          std::string(64, fresh) + std::string(64, 'h') + std::string(128, fresh));
  }
  SECTION("invalidation") {
    driver.device_write(memory, 0, std::string(256, 'd'));
    vulkan.invalidate(memory, 1, 190);
    CHECK(std::string(host, 256) == std::string(64, 'h') + std::string(64, 'd') + std::string(128, 'h'));
  }
  SECTION("within an atom") {
    vulkan.flush(memory, 0, 63);
    CHECK(driver.device_read(memory, 0, 256) == std::string(256, fresh));
  }
  CHECK_THAT(violations(driver), Catch::Matchers::ContainsSubstring("no multiple of the atom"));
}

TEST_CASE("the memory's last atom moves though it is not whole", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(200, cached);  // Three atoms and eight bytes.
  char* const host = vulkan.map(memory);
  std::memset(host, 'h', 200);
  SECTION("by its size") { vulkan.flush(memory, 192, 8); }
  SECTION("by VK_WHOLE_SIZE") { vulkan.flush(memory, 192); }
  CHECK(driver.device_read(memory, 0, 200) == std::string(192, fresh) + std::string(8, 'h'));
}

TEST_CASE("VK_WHOLE_SIZE ends with the mapping", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(256, cached);
  std::memset(vulkan.map(memory), 'h', 256);
  vulkan.unmap(memory);
  REQUIRE(vulkan.map(memory, 64, 128) != nullptr);
  vulkan.flush(memory, 64);
  CHECK(driver.device_read(memory, 0, 256) == std::string(64, fresh) + std::string(128, 'h') + std::string(64, fresh));
}

TEST_CASE("a mapping begins at its offset", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(256, coherent);
  *vulkan.map(memory, 100, 10) = 'h';
  CHECK(driver.device_read(memory, 99, 3) == std::string{fresh, 'h', fresh});
}

TEST_CASE("a mapping is aligned as minMemoryMapAlignment says", "[simulated_driver]") {
  Gpu gpu = test_gpu();
  gpu.limits.min_memory_map_alignment = 65536;
  SimulatedDriver driver{gpu};
  RawVulkan vulkan{driver};
  for (std::uint32_t const type : {cached, coherent}) {
    char* const host = vulkan.map(vulkan.allocate(100, type));
    CHECK(reinterpret_cast<std::uintptr_t>(host) % 65536 == 0);
  }
}

TEST_CASE("memory that the host does not see cannot be mapped", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  void* address = nullptr;
  CHECK(vulkan.try_map(vulkan.allocate(64, device_local), 0, VK_WHOLE_SIZE, &address) == VK_ERROR_MEMORY_MAP_FAILED);
  CHECK(address == nullptr);
  CHECK_THAT(violations(driver), Catch::Matchers::ContainsSubstring("VUID-vkMapMemory-memory-00682"));
}

TEST_CASE("flushes and invalidations are recorded", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(256, cached);
  REQUIRE(vulkan.map(memory) != nullptr);
  vulkan.flush(memory, 64, 128);
  vulkan.invalidate(memory, 192);
  CHECK(driver.flushes() == std::vector<RecordedRange>{{memory, 64, 128}});
  CHECK(driver.invalidations() == std::vector<RecordedRange>{{memory, 192, VK_WHOLE_SIZE}});
}

}  // namespace ashlar::test
