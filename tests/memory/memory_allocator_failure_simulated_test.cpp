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
        driver.fail_next("vkMapMemory", VK_ERROR_MEMORY_MAP_FAILED, nth);
      }
      CHECK(allocator.allocate({.size = small}, info).memory_type() == order[refused]);
      CHECK(driver.live_memories() <= 1);
    }
    StandardMemoryAllocator const allocator{device};
    driver.fail_from_now_on("vkMapMemory", VK_ERROR_MEMORY_MAP_FAILED);
    auto const error = thrown_by<VulkanError>([&] { return allocator.allocate({.size = small}, info); });
    driver.cancel_failures();
    CHECK(error.result() == VK_ERROR_MEMORY_MAP_FAILED);
    CHECK(driver.live_memories() == 0);
    CHECK(nothing_allocated(allocator));
    CHECK(allocator.allocate({.size = small}, info).memory_type() == order[0]);
  }
}

TEST_CASE_METHOD(ThisGpuTest, "any other failure to allocate ends the search on this GPU",
                 "[memory_allocator][this_gpu][failure]") {
  StandardMemoryAllocator const allocator{device};
  for (MemoryUsage const usage : served_usages()) {
    std::uint64_t const calls = driver.calls("vkAllocateMemory");
    driver.fail_next("vkAllocateMemory", VK_ERROR_INVALID_EXTERNAL_HANDLE);
    auto const error = thrown_by<VulkanError>([&] {
      return allocator.allocate({.size = small},
                                {.usage = usage, .allocate_preference = AllocatePreference::AlwaysAllocate});
    });
    CHECK(error.result() == VK_ERROR_INVALID_EXTERNAL_HANDLE);
    CHECK(driver.calls("vkAllocateMemory") == calls + 1);
    CHECK(driver.live_memories() == 0);
  }
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
