#include <ashlar/memory/memory_allocation.hpp>

#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "memory/memory_fixture.hpp"

namespace ashlar::test {
namespace {

Gpu discrete() {
  Gpu info;
  info.memory = discrete_memory();
  return info;
}

constexpr AllocationCreateInfo download{.usage = MemoryUsage::Download};
constexpr AllocationCreateInfo dedicated{.usage = MemoryUsage::Download,
                                         .allocate_preference = AllocatePreference::AlwaysAllocate};

}  // namespace

TEST_CASE("an allocation keeps its allocator, device and instance alive", "[memory_allocation]") {
  SimulatedDriver driver{discrete()};
  MemoryAllocation piece;
  MemoryAllocation alone;
  {
    StandardMemoryAllocator const allocator{driver.create_device()};
    piece = allocator.allocate({.size = 16}, download);
    alone = allocator.allocate({.size = 16}, dedicated);
  }
  std::memcpy(piece.map(), "alive", 5);
  piece.flush({0, 5});
  CHECK(driver.device_read(piece.memory().handle(), piece.offset(), 5) == "alive");
  std::memcpy(alone.map(), "alive", 5);
  SECTION("one order") {
    piece = {};
    CHECK(driver.live_objects() == 4);  // The block in reserve, the dedicated memory, the device, the instance.
    alone = {};
  }
  SECTION("the other order") {
    alone = {};
    piece = {};
  }
  CHECK(driver.live_objects() == 0);
}

TEST_CASE("a DeviceMemory taken from an allocation outlives it", "[memory_allocation]") {
  SimulatedDriver driver{discrete()};
  DeviceMemory memory;
  {
    StandardMemoryAllocator const allocator{driver.create_device()};
    memory = allocator.allocate({.size = 16}, download).memory();
  }
  CHECK(driver.live_memories() == 1);
  CHECK(memory.map() != nullptr);
  memory = {};
  CHECK(driver.live_objects() == 0);
}

TEST_CASE("moving an allocation leaves an empty one, and gives back what was assigned to", "[memory_allocation]") {
  AllocationCreateInfo const& info = GENERATE(download, dedicated);
  SimulatedDriver driver{discrete()};
  StandardMemoryAllocator const allocator{driver.create_device()};
  CHECK_FALSE(MemoryAllocation{});
  MemoryAllocation first = allocator.allocate({.size = 16}, info);
  MemoryAllocation second = allocator.allocate({.size = 16}, info);
  auto const count = [&] { return total(allocator).suballocation_count + total(allocator).dedicated_count; };
  CHECK(count() == 2);
  DeviceMemory const memory = second.memory();
  std::uint64_t const offset = second.offset();
  first = std::move(second);
  CHECK(count() == 1);
  CHECK_FALSE(second);  // NOLINT(bugprone-use-after-move): a promise of the class
  CHECK(first.memory() == memory);
  CHECK(first.offset() == offset);
  MemoryAllocation third{std::move(first)};
  CHECK_FALSE(first);  // NOLINT(bugprone-use-after-move)
  MemoryAllocation& same = third;
  third = std::move(same);
  CHECK(third);
  CHECK(count() == 1);
  third = {};
  CHECK(count() == 0);
}

TEST_CASE("an allocation counts from its own begin", "[memory_allocation]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  MemoryAllocation const before = allocator.allocate({.size = 1000}, download);
  MemoryAllocation const piece = allocator.allocate({.size = 200}, download);
  REQUIRE(before.memory() == piece.memory());
  REQUIRE(piece.offset() != 0);
  CHECK(piece.memory_type() == 2);
  CHECK(piece.properties() == (MemoryProperty::HostVisible | MemoryProperty::HostCached));
  CHECK(piece.map() == piece.memory().map() + piece.offset());
  std::memcpy(piece.map() + 100, "bytes", 5);
  piece.flush({100, 5});
  CHECK(driver.flushes() == std::vector<RecordedRange>{{piece.memory().handle(), piece.offset() + 64, 64}});
  CHECK(driver.device_read(piece.memory().handle(), piece.offset() + 100, 5) == "bytes");
  driver.device_write(piece.memory().handle(), piece.offset() + 70, "device");
  piece.invalidate({70, 6});
  CHECK(driver.invalidations() == std::vector<RecordedRange>{{piece.memory().handle(), piece.offset() + 64, 64}});
  CHECK(std::memcmp(piece.map() + 70, "device", 6) == 0);
}

TEST_CASE("an allocation refuses ranges that are not inside it", "[memory_allocation]") {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  SimulatedDriver driver{discrete()};
  StandardMemoryAllocator const allocator{driver.create_device()};
  MemoryAllocation const before = allocator.allocate({.size = 1024}, download);
  MemoryAllocation const piece = allocator.allocate({.size = 1024}, download);
  REQUIRE(piece.size() == 1024);
  for (ByteRange const range : {ByteRange{0, 1025}, {1024, 1}, {1025, 0}, {most, 1}, {most - 63, 64}, {64, most}}) {
    INFO(range.offset << ", +" << range.size);
    CHECK_THROWS_AS(piece.flush(range), ValidationError);
    CHECK_THROWS_AS(piece.invalidate(range), ValidationError);
  }
  CHECK(driver.flushes().empty());
  CHECK(driver.invalidations().empty());
  piece.flush({0, 1024});
  piece.invalidate({1024, 0});
  CHECK(driver.flushes().size() == 1);
}

TEST_CASE("an allocation that is not host-visible is not mapped", "[memory_allocation]") {
  SimulatedDriver driver{discrete()};
  StandardMemoryAllocator const allocator{driver.create_device()};
  MemoryAllocation const allocation = allocator.allocate({.size = 16}, {});
  CHECK_THROWS_AS(allocation.map(), NotHostVisibleError);
  CHECK(driver.calls("vkMapMemory") == 0);
}

TEST_CASE("the requirements of a resource can be given by the user, who binds it himself",
          "[memory_allocation][counts_queries]") {
  SimulatedDriver driver{discrete()};  // It notes a wrong binding as a violation.
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  MemoryAllocation const first = allocator.allocate({.size = 64}, {});
  RawBuffer const buffer{device, 60};
  MemoryAllocation const of_buffer = allocator.allocate({.size = 64, .alignment = 16}, {});
  of_buffer.bind_buffer(buffer.handle());
  RawImage const image{device, 25};
  MemoryAllocation const of_image =
      allocator.allocate({.size = 112, .alignment = 16, .tiling = ResourceTiling::Optimal}, {});
  of_image.bind_image(image.handle());
  CHECK(driver.calls("vkBindBufferMemory") == 1);
  CHECK(driver.calls("vkBindImageMemory") == 1);
  CHECK(driver.calls("vkGetBufferMemoryRequirements2") == 0);
  CHECK(driver.calls("vkGetImageMemoryRequirements2") == 0);
}

}  // namespace ashlar::test
