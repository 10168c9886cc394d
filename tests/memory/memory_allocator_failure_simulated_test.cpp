// Calls that fail on this GPU, at each place of the order of its memory types.

#include <ashlar/memory/memory_allocator.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "memory/this_gpu_fixture.hpp"

namespace ashlar::test {

namespace {

constexpr std::uint64_t small = 64;

/// Usages that some memory type of this GPU serves.
std::vector<MemoryUsage> served_usages() {
  std::vector<MemoryUsage> usages;
  std::copy_if(std::begin(all_usages), std::end(all_usages), std::back_inserter(usages),
               [](MemoryUsage usage) { return !types_that_hold(usage, small).empty(); });
  return usages;
}

/// Types whose heap is so large that a first block is of 1 MiB.
std::vector<std::uint32_t> types_of_large_heaps(MemoryPropertyFlags with = {}) {
  std::vector<std::uint32_t> types = ordinary_types(with);
  std::erase_if(types, [](std::uint32_t type) { return most_at_once(type) < 32 * mib; });
  return types;
}

/// Blocks of two types at once.
class UnmappedBlockTest : protected ThisGpuTest {
 protected:
  UnmappedBlockTest() : ThisGpuTest{this_gpu_with_allocations(4)} {}
};

}  // namespace

TEST_CASE_METHOD(ThisGpuTest, "each memory type that the driver refuses is passed over for the next",
                 "[memory_allocator][this_gpu][failure]") {
  VkResult const result =
      GENERATE(VK_ERROR_OUT_OF_DEVICE_MEMORY, VK_ERROR_OUT_OF_HOST_MEMORY, VK_ERROR_TOO_MANY_OBJECTS);
  StandardMemoryAllocator const allocator{device};
  for (MemoryUsage const usage : served_usages()) {
    AllocationCreateInfo const info{.usage = usage, .allocate_preference = AllocatePreference::AlwaysAllocate};
    std::vector<std::uint32_t> const order = types_that_hold(usage, small);
    for (std::size_t refused = 0; refused < order.size(); ++refused) {
      INFO(to_words(usage) << ", refused " << refused);
      for (std::uint64_t nth = 1; nth <= refused; ++nth) {
        driver.fail_next("vkAllocateMemory", result, nth);
      }
      CHECK(allocator.allocate({.size = small}, info).memory_type() == order[refused]);
    }
    driver.fail_from_now_on("vkAllocateMemory", result);
    auto const error = thrown_by<OutOfMemoryError>([&] { return allocator.allocate({.size = small}, info); });
    CHECK(error.info().result == result);
    driver.cancel_failures();
    CHECK(driver.live_memories() == 0);
    CHECK(nothing_allocated(allocator));
    CHECK(allocator.allocate({.size = small}, info).memory_type() == order[0]);
  }
}

TEST_CASE_METHOD(ThisGpuTest, "memory that cannot be mapped is given back, and the next type tried",
                 "[memory_allocator][this_gpu][failure]") {
  auto const preference = GENERATE(AllocatePreference::Automatic, AllocatePreference::AlwaysAllocate);
  VkResult const result =
      GENERATE(VK_ERROR_MEMORY_MAP_FAILED, VK_ERROR_OUT_OF_HOST_MEMORY, VK_ERROR_OUT_OF_DEVICE_MEMORY);
  for (MemoryUsage const usage : served_usages()) {
    if (usage == MemoryUsage::DeviceOnly) {
      continue;  // It maps nothing.
    }
    INFO(to_words(usage));
    AllocationCreateInfo const info{.usage = usage, .allocate_preference = preference};
    std::vector<std::uint32_t> const order = types_that_hold(usage, small);
    for (std::size_t refused = 0; refused < order.size(); ++refused) {
      StandardMemoryAllocator const allocator{device};
      for (std::uint64_t nth = 1; nth <= refused; ++nth) {
        driver.fail_next("vkMapMemory", result, nth);
      }
      CHECK(allocator.allocate({.size = small}, info).memory_type() == order[refused]);
      CHECK(driver.live_memories() <= 1);
    }
    StandardMemoryAllocator const allocator{device};
    driver.fail_from_now_on("vkMapMemory", result);
    auto const error = thrown_by<VulkanError>([&] { return allocator.allocate({.size = small}, info); });
    driver.cancel_failures();
    CHECK(error.result() == result);
    CHECK(error.function() == std::string{"vkMapMemory"});
    CHECK(driver.live_memories() == 0);
    CHECK(nothing_allocated(allocator));
    CHECK(allocator.allocate({.size = small}, info).memory_type() == order[0]);
  }
}

TEST_CASE_METHOD(UnmappedBlockTest, "where a block that is there cannot be mapped the next type is tried",
                 "[memory_allocator][this_gpu][failure]") {
  for (std::uint32_t const first : types_with_blocks(MemoryProperty::HostVisible)) {
    for (std::uint32_t const second : types_with_blocks(MemoryProperty::HostVisible)) {
      AllocationCreateInfo const info{.usage = MemoryUsage::Upload,
                                      .memory_type_bits = type_bit(first) | type_bit(second)};
      std::vector<std::uint32_t> const order = MemoryTypeRules{
          this_gpu().memory,
          {.usage = info.usage,
           .user_type_bits = info.memory_type_bits,
           .size = small}}.order();
      if (order[0] != first) {
        continue;  // It is the second of another pair.
      }
      INFO("memory type " << first << ", then " << second);
      StandardMemoryAllocator const allocator{device};
      MemoryAllocation const unmapped = allocator.allocate({.size = small}, {.memory_type_bits = type_bit(first)});
      if (first != second) {
        driver.fail_next("vkMapMemory", VK_ERROR_MEMORY_MAP_FAILED);
        CHECK(allocator.allocate({.size = small}, info).memory_type() == second);
      } else {
        driver.fail_from_now_on("vkMapMemory", VK_ERROR_MEMORY_MAP_FAILED);
        CHECK_THROWS_AS(allocator.allocate({.size = small}, info), VulkanError);
        driver.cancel_failures();
      }
      CHECK(allocator.statistics().types[first].suballocation_count == 1);
      CHECK(unmapped.map() != nullptr);
    }
  }
}

TEST_CASE_METHOD(ThisGpuTest, "a block that the driver refuses is tried smaller, down to what is needed",
                 "[memory_allocator][this_gpu][failure]") {
  for (std::uint32_t const type : types_of_large_heaps()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    driver.occupy_heap(type_of_this_gpu(type).heap, heap_size(type) - 100 * kib);
    std::size_t const before = driver.allocations().size();
    MemoryAllocation const allocation = allocator.allocate({.size = 10 * kib}, {.memory_type_bits = type_bit(type)});
    CHECK(allocation.memory_type() == type);
    CHECK_FALSE(allocation.is_dedicated());
    auto const tries = driver.allocations();
    REQUIRE(tries.size() > before + 1);
    for (std::size_t i = before + 1; i < tries.size(); ++i) {
      CHECK(tries[i].size < tries[i - 1].size);
      CHECK(tries[i - 1].result == VK_ERROR_OUT_OF_DEVICE_MEMORY);
    }
    CHECK(tries.back().size > 50 * kib);  // Not smaller than it has to be: the halves are tried one by one.
    vacate_all();
  }
}

TEST_CASE_METHOD(ThisGpuTest, "where no block can be had, the resource alone may still fit",
                 "[memory_allocator][this_gpu][failure]") {
  for (std::uint32_t const type : types_of_large_heaps()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    std::uint32_t const heap = type_of_this_gpu(type).heap;
    driver.occupy_heap(heap, heap_size(type) - 5000);
    MemoryAllocation const allocation = allocator.allocate({.size = 5000}, {.memory_type_bits = type_bit(type)});
    CHECK(allocation.memory_type() == type);
    CHECK(allocation.is_dedicated());
    CHECK(driver.heap_use(heap) == 5000);
    vacate_all();
  }
}

TEST_CASE_METHOD(ThisGpuTest, "memory that is there only as a smaller block, but cannot be mapped, is a VulkanError",
                 "[memory_allocator][this_gpu][failure]") {
  for (std::uint32_t const type : types_of_large_heaps(MemoryProperty::HostVisible)) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    driver.occupy_heap(type_of_this_gpu(type).heap, heap_size(type) - 100 * kib);
    driver.fail_from_now_on("vkMapMemory", VK_ERROR_MEMORY_MAP_FAILED);
    auto const error = thrown_by<VulkanError>([&] {
      return allocator.allocate({.size = 16}, {.usage = MemoryUsage::Upload, .memory_type_bits = type_bit(type)});
    });
    driver.cancel_failures();
    CHECK(error.result() == VK_ERROR_MEMORY_MAP_FAILED);
    CHECK(driver.live_memories() == 0);
    CHECK(nothing_allocated(allocator));
    vacate_all();
  }
}

TEST_CASE_METHOD(ThisGpuTest, "any other failure to allocate ends the search on this GPU",
                 "[memory_allocator][this_gpu][failure]") {
  auto const preference = GENERATE(AllocatePreference::Automatic, AllocatePreference::AlwaysAllocate);
  StandardMemoryAllocator const allocator{device};
  for (MemoryUsage const usage : served_usages()) {
    std::uint64_t const calls = driver.calls("vkAllocateMemory");
    driver.fail_next("vkAllocateMemory", VK_ERROR_INVALID_EXTERNAL_HANDLE);
    auto const error = thrown_by<VulkanError>(
        [&] { return allocator.allocate({.size = small}, {.usage = usage, .allocate_preference = preference}); });
    CHECK(error.result() == VK_ERROR_INVALID_EXTERNAL_HANDLE);
    CHECK(driver.calls("vkAllocateMemory") == calls + 1);
    CHECK(driver.live_memories() == 0);
    CHECK(nothing_allocated(allocator));
    CHECK(device.drain().empty());
  }
}

TEST_CASE_METHOD(ThisGpuTest, "wrong requests for memory are refused without a call",
                 "[memory_allocator][this_gpu][failure]") {
  StandardMemoryAllocator const allocator{device};
  auto const refusal = [&](MemoryRequirements const& requirements, AllocationCreateInfo const& info = {}) {
    return std::string{thrown_by<ValidationError>([&] { return allocator.allocate(requirements, info); }).what()};
  };
  auto const no_type_fits = Catch::Matchers::Contains("no memory type fits");
  CHECK_THAT(refusal({.size = 0}), Catch::Matchers::Contains("VUID-VkMemoryAllocateInfo-allocationSize-00638"));
  CHECK_THAT(refusal({.size = 16, .alignment = 0}), Catch::Matchers::Contains("alignment 0"));
  CHECK_THAT(refusal({.size = 16, .alignment = 24}), Catch::Matchers::Contains("alignment 24"));
  CHECK_THAT(refusal({.size = 16, .memory_type_bits = 0}), no_type_fits);
  CHECK_THAT(refusal({.size = 16}, {.memory_type_bits = 0}), no_type_fits);
  for (std::uint32_t const type : ordinary_types()) {
    if (!is_host_visible(type)) {
      CHECK_THAT(refusal({.size = 16, .memory_type_bits = type_bit(type)}, {.usage = MemoryUsage::Upload}),
                 no_type_fits);
    }
  }
  CHECK(driver.calls("vkAllocateMemory") == 0);
}

TEST_CASE_METHOD(ThisGpuTest, "memory that cannot be bound is given back on this GPU",
                 "[memory_allocator][this_gpu][failure]") {
  StandardMemoryAllocator const allocator{device};
  RawBuffer const buffer{device, small};
  driver.fail_next("vkBindBufferMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY);
  auto const of_buffer = thrown_by<VulkanError>([&] { return allocator.allocate_for_buffer(buffer.handle(), {}); });
  CHECK(of_buffer.function() == std::string{"vkBindBufferMemory"});
  CHECK(nothing_allocated(allocator));
  if (types_that_hold(MemoryUsage::DeviceOnly, this_gpu().images.alignment).empty()) {
    return;  // No heap of this GPU can hold an image.
  }
  RawImage const image{device, 16};
  driver.fail_next("vkBindImageMemory", VK_ERROR_OUT_OF_HOST_MEMORY);
  auto const of_image =
      thrown_by<VulkanError>([&] { return allocator.allocate_for_image(image.handle(), ResourceTiling::Optimal, {}); });
  CHECK(of_image.function() == std::string{"vkBindImageMemory"});
  CHECK(nothing_allocated(allocator));
}

TEST_CASE_METHOD(ThisGpuTest, "exportable memory is dedicated and exportable, of whichever type of this GPU",
                 "[memory_allocator][this_gpu][dedicated]") {
  for (std::uint32_t const type : ordinary_types()) {
    StandardMemoryAllocator const allocator{device};
    MemoryAllocation const allocation = allocator.allocate(
        {.size = 1, .export_handle_types = ExternalMemoryHandleType::OpaqueFd}, {.memory_type_bits = type_bit(type)});
    CHECK(allocation.is_dedicated());
    CHECK(allocation.memory_type() == type);
    CHECK(driver.allocations().back().export_handle_types == VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT);
    stamp(driver, allocation, 7);
    CHECK(has_stamp(driver, allocation, 7));
  }
}

// Names stay in the loader, where there is one.
TEST_CASE_METHOD(ThisGpuTest, "blocks and dedicated memory are named after their memory type",
                 "[memory_allocator][this_gpu][counts_queries]") {
  for (std::uint32_t const type : ordinary_types()) {
    StandardMemoryAllocator const allocator{device};
    for (auto const preference : {AllocatePreference::Automatic, AllocatePreference::AlwaysAllocate}) {
      MemoryAllocation const allocation =
          allocator.allocate({.size = 1}, {.memory_type_bits = type_bit(type), .allocate_preference = preference});
      std::string const name = allocation.is_dedicated() ? "ashlar dedicated memory" : "ashlar block";
      CHECK(driver.object_name(device.handle(), reinterpret_cast<std::uint64_t>(allocation.memory().handle())) ==
            name + ", memory type " + std::to_string(type));
    }
  }
}

}  // namespace ashlar::test
