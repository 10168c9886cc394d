#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/bump_allocator.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "memory/memory_fixture.hpp"

namespace ashlar::test {
namespace {

constexpr MemoryUsage usages[] = {MemoryUsage::DeviceOnly, MemoryUsage::Upload, MemoryUsage::Download,
                                  MemoryUsage::Staging};

/// A buffer or image, and its memory, which goes after it.
struct Resource {
  MemoryAllocation memory;
  std::unique_ptr<RawBuffer> buffer;
  std::unique_ptr<RawImage> image;
};

Resource make_buffer(StandardMemoryAllocator const& allocator, std::uint64_t size, MemoryUsage usage) {
  Resource resource;
  resource.buffer = std::make_unique<RawBuffer>(allocator.device(), size);
  resource.memory = allocator.allocate_for_buffer(resource.buffer->handle(), {.usage = usage});
  return resource;
}

Resource make_image(StandardMemoryAllocator const& allocator, std::uint32_t texels, ResourceTiling tiling,
                    MemoryUsage usage) {
  Resource resource;
  resource.image = std::make_unique<RawImage>(allocator.device(), texels, tiling);
  resource.memory = allocator.allocate_for_image(resource.image->handle(), tiling, {.usage = usage});
  return resource;
}

Gpu discrete() {
  Gpu info;
  info.memory = discrete_memory();
  return info;
}

}  // namespace

TEMPLATE_TEST_CASE("invalidating one piece keeps what the host wrote next to it", "[memory_allocator][layout]",
                   FreeListAllocator, BuddyAllocator, BumpAllocator) {
  Gpu info = discrete();
  info.limits.non_coherent_atom_size = 256;
  SimulatedDriver driver{info};
  Device const device = driver.create_device();
  GenericMemoryAllocator<TestType> const allocator{device};
  constexpr AllocationCreateInfo download{.usage = MemoryUsage::Download};
  MemoryAllocation const before = allocator.allocate({.size = 4}, download);
  MemoryAllocation const piece = allocator.allocate({.size = 4}, download);
  MemoryAllocation const after = allocator.allocate({.size = 4}, download);
  REQUIRE(before.memory() == piece.memory());
  REQUIRE(after.memory() == piece.memory());
  std::memcpy(before.map(), "host", 4);
  std::memcpy(after.map(), "host", 4);
  piece.invalidate({0, 4});
  piece.flush({0, 4});
  CHECK(std::memcmp(before.map(), "host", 4) == 0);
  CHECK(std::memcmp(after.map(), "host", 4) == 0);
  CHECK(driver.device_read(before.memory().handle(), before.offset(), 4) == std::string(4, fresh));
  CHECK(driver.device_read(after.memory().handle(), after.offset(), 4) == std::string(4, fresh));
}

TEST_CASE("alignment and memory type bits of a resource are honoured", "[memory_allocator][layout]") {
  std::uint64_t const alignment = GENERATE(std::uint64_t{1}, 4 * kib, 64 * kib, 4 * mib);
  SimulatedDriver driver{discrete()};  // It notes a wrong alignment or type as a violation.
  driver.set_buffer_requirements({.alignment = alignment, .memory_type_bits = type_bit(2)});
  driver.set_image_requirements({.alignment = alignment, .memory_type_bits = type_bit(1)});
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  std::vector<Resource> resources;
  for (int i = 0; i < 5; ++i) {
    resources.push_back(make_buffer(allocator, 100, MemoryUsage::DeviceOnly));
    CHECK(resources.back().memory.memory_type() == 2);
    resources.push_back(make_image(allocator, 100, ResourceTiling::Linear, MemoryUsage::DeviceOnly));
    CHECK(resources.back().memory.memory_type() == 1);
  }
}

TEST_CASE("blocks carry the device-address flag if and only if the feature is on", "[memory_allocator][layout]") {
  bool const on = GENERATE(true, false);
  Gpu info = discrete();
  if (!on) {
    info.hidden.insert("bufferDeviceAddress");
  }
  SimulatedDriver driver{info};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  for (MemoryUsage const usage : usages) {
    Resource const from_block = make_buffer(allocator, 100, usage);
    MemoryAllocation const dedicated =
        allocator.allocate({.size = 100}, {.usage = usage, .allocate_preference = AllocatePreference::AlwaysAllocate});
  }
  for (RecordedAllocation const& allocation : driver.allocations()) {
    CHECK(allocation.device_address == on);
  }
  if (on) {
    RawBuffer const buffer{device, 100, VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT};
    MemoryAllocation const memory = allocator.allocate_for_buffer(buffer.handle(), {});
    VkBufferDeviceAddressInfo const asked{VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO, nullptr, buffer.handle()};
    CHECK(reinterpret_cast<PFN_vkGetBufferDeviceAddress>(device.proc_addr("vkGetBufferDeviceAddress"))(device.handle(),
                                                                                                       &asked) != 0);
  }
}

TEST_CASE("of a small BAR one allocation takes a sixteenth at most, all together a half",
          "[memory_allocator][layout]") {
  GpuProfile const& gpu = gpu_profile("AMD Radeon RX 6650 XT");
  constexpr std::uint32_t bar = 2;
  REQUIRE(gpu.memory.heaps[bar].size == 256 * mib);
  SimulatedDriver driver{gpu};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  auto const heap_of = [&](MemoryAllocation const& allocation) {
    return gpu.memory.types[allocation.memory_type()].heap;
  };
  constexpr AllocationCreateInfo upload{.usage = MemoryUsage::Upload};

  CHECK(heap_of(allocator.allocate({.size = 16 * mib}, upload)) == bar);
  CHECK(heap_of(allocator.allocate({.size = 16 * mib + 1}, upload)) != bar);
  std::vector<MemoryAllocation> allocations;
  for (int i = 0; i < 200; ++i) {
    allocations.push_back(allocator.allocate({.size = mib}, upload));
    CHECK(driver.heap_use(bar) <= 128 * mib);
  }
  CHECK(std::count_if(allocations.begin(), allocations.end(),
                      [&](auto const& allocation) { return heap_of(allocation) == bar; }) == 128);
  allocations.clear();
  CHECK(heap_of(allocator.allocate({.size = mib}, upload)) == bar);
}

TEST_CASE("blocks of a small BAR stay within its half, with what they leave unused and of all allocators",
          "[memory_allocator][layout]") {
  constexpr std::uint32_t bar = 2;
  SimulatedDriver driver{gpu_profile("AMD Radeon RX 6650 XT")};
  Device const device = driver.create_device();
  StandardMemoryAllocator const first{device};
  StandardMemoryAllocator const second{device};
  std::vector<MemoryAllocation> allocations;
  for (int i = 0; i < 50; ++i) {
    allocations.push_back(first.allocate({.size = 3 * mib}, {.usage = MemoryUsage::Upload}));
    allocations.push_back(second.allocate({.size = 3 * mib}, {.usage = MemoryUsage::Upload}));
    CHECK(driver.heap_use(bar) <= 128 * mib);
  }
  CHECK(driver.heap_use(bar) > 100 * mib);
}

TEST_CASE("a small BAR that is used beyond its half takes no more of what may lie elsewhere",
          "[memory_allocator][layout]") {
  GpuProfile const& gpu = gpu_profile("AMD Radeon RX 6650 XT");
  constexpr std::uint32_t bar = 2;
  SimulatedDriver driver{gpu};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  std::vector<MemoryAllocation> allocations;
  for (int i = 0; i < 130; ++i) {
    allocations.push_back(allocator.allocate(
        {.size = mib}, {.usage = MemoryUsage::Upload,
                        .filter = {.required = MemoryProperty::DeviceLocal | MemoryProperty::HostVisible}}));
  }
  REQUIRE(driver.heap_use(bar) > 130 * mib);  // A block there has room.
  MemoryAllocation const upload = allocator.allocate({.size = 64 * kib}, {.usage = MemoryUsage::Upload});
  CHECK(gpu.memory.types[upload.memory_type()].heap != bar);
}

TEST_CASE("who requires the small BAR gets more of it than its half", "[memory_allocator][layout]") {
  GpuProfile const& gpu = gpu_profile("AMD Radeon RX 6650 XT");
  constexpr std::uint32_t bar = 2;
  SimulatedDriver driver{gpu};
  Device const device = driver.create_device();
  AllocationCreateInfo const required{
      .usage = MemoryUsage::Upload, .filter = {.required = MemoryProperty::DeviceLocal | MemoryProperty::HostVisible}};
  std::vector<MemoryAllocation> allocations;
  SECTION("through one allocator") {
    StandardMemoryAllocator const allocator{device};
    for (int i = 0; i < 240; ++i) {
      allocations.push_back(allocator.allocate({.size = mib}, required));
    }
    CHECK(driver.heap_use(bar) >= 240 * mib);
  }
  SECTION("where pieces do not fill their blocks") {
    StandardMemoryAllocator const allocator{device};
    for (int i = 0; i < 60; ++i) {
      allocations.push_back(allocator.allocate({.size = 3 * mib}, required));
    }
    CHECK(driver.heap_use(bar) >= 180 * mib);
  }
  SECTION("where another allocator has that half") {
    StandardMemoryAllocator const first{device};
    for (int i = 0; i < 128; ++i) {
      allocations.push_back(first.allocate({.size = mib}, required));
    }
    StandardMemoryAllocator const second{device};
    CHECK(second.allocate({.size = mib}, required));
  }
}

}  // namespace ashlar::test
