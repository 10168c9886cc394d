// Which memory type an allocation gets on this GPU, and what becomes of it when heaps are full: by the rules.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "memory/this_gpu_fixture.hpp"

namespace ashlar::test {

namespace {

constexpr std::uint64_t small = 64;

}  // namespace

TEST_CASE_METHOD(ThisGpuTest, "a first buffer of four bytes commits at most 4 MiB, of the type that the rules choose",
                 "[memory_allocator][this_gpu]") {
  for (MemoryUsage const usage : all_usages) {
    INFO(to_words(usage));
    StandardMemoryAllocator const allocator{device};
    std::uint64_t const calls = driver.calls("vkAllocateMemory");
    RawBuffer const buffer{device, 4};
    std::vector<std::uint32_t> const expected = types_that_hold(usage, this_gpu().buffers.alignment);
    if (order_by_rules(usage, small).empty()) {
      CHECK_THROWS_AS(allocator.allocate_for_buffer(buffer.handle(), {.usage = usage}), ValidationError);
      CHECK(driver.calls("vkAllocateMemory") == calls);
      continue;
    }
    if (expected.empty()) {
      CHECK_THROWS_AS(allocator.allocate_for_buffer(buffer.handle(), {.usage = usage}), OutOfMemoryError);
      continue;
    }
    MemoryAllocation const allocation = allocator.allocate_for_buffer(buffer.handle(), {.usage = usage});
    CHECK(allocation.memory_type() == expected[0]);
    CHECK(allocation.size() >= 4);
    CHECK(driver.calls("vkAllocateMemory") == calls + 1);
    CHECK(use_of_all_heaps() <= 4 * mib);
  }
}

TEST_CASE_METHOD(ThisGpuTest, "what the host is to touch can be mapped, and is at once",
                 "[memory_allocator][this_gpu]") {
  for (MemoryUsage const usage : {MemoryUsage::Upload, MemoryUsage::Download, MemoryUsage::Staging}) {
    if (types_that_hold(usage, small).empty()) {
      continue;  // "a first buffer of four bytes": it is refused.
    }
    INFO(to_words(usage));
    StandardMemoryAllocator const allocator{device};
    std::uint64_t const calls = driver.calls("vkMapMemory");
    MemoryAllocation const allocation = allocator.allocate({.size = small}, {.usage = usage});
    CHECK(driver.calls("vkMapMemory") == calls + 1);
    stamp(driver, allocation, 1);
    CHECK(has_stamp(driver, allocation, 1));
    CHECK(driver.calls("vkMapMemory") == calls + 1);
  }
}

TEST_CASE_METHOD(ThisGpuTest, "the user's filter and type bits decide as the rules say",
                 "[memory_allocator][this_gpu]") {
  using enum MemoryProperty;
  MemoryPropertyFlags const wishes[] = {{},           DeviceLocal, HostVisible,
                                        HostCoherent, HostCached,  HostVisible | HostCached};
  for (MemoryUsage const usage : all_usages) {
    for (MemoryPropertyFlags const wish : wishes) {
      for (MemoryTypeFilter const& filter :
           {MemoryTypeFilter{.required = wish}, {.preferred = wish}, {.not_preferred = wish}}) {
        INFO(to_words(usage) << ", required " << to_words(filter.required) << ", preferred "
                             << to_words(filter.preferred) << ", not preferred " << to_words(filter.not_preferred));
        std::vector<std::uint32_t> order =
            MemoryTypeRules{this_gpu().memory, {.usage = usage, .filter = filter, .size = small}}.order();
        StandardMemoryAllocator const allocator{device};
        auto const allocate = [&] { return allocator.allocate({.size = small}, {.usage = usage, .filter = filter}); };
        if (order.empty()) {
          CHECK_THROWS_AS(allocate(), ValidationError);
          continue;
        }
        std::erase_if(order, [](std::uint32_t type) { return most_at_once(type) < small; });
        if (order.empty()) {
          CHECK_THROWS_AS(allocate(), OutOfMemoryError);
        } else {
          CHECK(allocate().memory_type() == order[0]);
        }
      }
    }
  }
  for (std::uint32_t const type : ordinary_types()) {
    StandardMemoryAllocator const allocator{device};
    if (most_at_once(type) >= small) {
      CHECK(allocator.allocate({.size = small}, {.memory_type_bits = type_bit(type)}).memory_type() == type);
    }
  }
}

TEST_CASE_METHOD(ThisGpuTest, "of a size at the limit of a small heap, and beside it, the rules choose the type",
                 "[memory_allocator][this_gpu]") {
  for (MemoryUsage const usage : all_usages) {
    for (std::uint32_t heap = 0; heap < this_gpu().memory.heap_count; ++heap) {
      for (std::uint64_t const more : {0U, 1U}) {
        std::uint64_t const size = this_gpu().memory.heaps[heap].size / 16 + more;
        std::vector<std::uint32_t> const types =
            size != 0 ? types_that_hold(usage, size) : std::vector<std::uint32_t>{};
        if (!types.empty() && size <= 64 * mib) {  // What is larger than that is in no heap that is small.
          INFO(to_words(usage) << ", size " << size);
          StandardMemoryAllocator const allocator{device};
          CHECK(allocator.allocate({.size = size}, {.usage = usage}).memory_type() == types[0]);
        }
      }
    }
  }
}

TEST_CASE_METHOD(ThisGpuTest, "as heaps fill up the choice goes down the order of the rules, to its end",
                 "[memory_allocator][this_gpu][failure]") {
  for (MemoryUsage const usage : all_usages) {
    std::vector<std::uint32_t> const order = types_that_hold(usage, small);
    if (order.empty()) {
      continue;  // "a first buffer of four bytes": it is refused.
    }
    vacate_all();
    std::vector<bool> full(max_memory_heaps);
    for (std::uint32_t const type : order) {
      if (full[type_of_this_gpu(type).heap]) {
        continue;
      }
      INFO(to_words(usage) << ", memory type " << type);
      StandardMemoryAllocator const allocator{device};
      for (AllocatePreference const preference : {AllocatePreference::Automatic, AllocatePreference::AlwaysAllocate}) {
        MemoryAllocation const allocation =
            allocator.allocate({.size = small}, {.usage = usage, .allocate_preference = preference});
        CHECK(allocation.memory_type() == type);
      }
      full[type_of_this_gpu(type).heap] = true;
      driver.occupy_heap(type_of_this_gpu(type).heap, heap_size(type));
    }
    StandardMemoryAllocator const allocator{device};
    CHECK_THROWS_AS(allocator.allocate({.size = small}, {.usage = usage}), OutOfMemoryError);
    CHECK(driver.live_memories() == 0);
  }
}

TEST_CASE_METHOD(ThisGpuTest, "where no memory is left the error has the figures, and nothing is left behind",
                 "[memory_allocator][this_gpu][failure]") {
  for (MemoryUsage const usage : all_usages) {
    StandardMemoryAllocator const allocator{device};
    std::vector<std::uint32_t> const order = order_by_rules(usage, small);
    std::vector<std::uint32_t> const usable = types_that_hold(usage, small);
    if (usable.empty()) {
      continue;  // "a first buffer of four bytes": it is refused.
    }
    INFO(to_words(usage));
    occupy_rest_of_all();
    std::size_t const before = driver.allocations().size();
    auto const error =
        thrown_by<OutOfMemoryError>([&] { return allocator.allocate({.size = small}, {.usage = usage}); });
    OutOfMemoryInfo const& info = error.info();
    CHECK(info.requested == small);
    CHECK(info.memory_type == order[0]);
    CHECK(info.heap == type_of_this_gpu(order[0]).heap);
    CHECK(info.heap_size == heap_size(order[0]));
    CHECK(info.heap_use == 0);
    CHECK(info.budget <= 1);  // Nothing is left, but Vulkan knows no budget of 0.
    CHECK(info.allocation_count == 0);
    CHECK(info.max_allocation_count == this_gpu().limits.max_memory_allocation_count);
    CHECK(info.max_allocation_size == this_gpu().max_memory_allocation_size());
    CHECK(info.result == VK_ERROR_OUT_OF_DEVICE_MEMORY);

    std::vector<std::uint32_t> tried;
    auto const allocations = driver.allocations();
    for (std::size_t i = before; i < allocations.size(); ++i) {
      if (tried.empty() || tried.back() != allocations[i].memory_type) {
        tried.push_back(allocations[i].memory_type);
      }
    }
    REQUIRE(tried.size() >= usable.size());
    CHECK(std::equal(usable.rbegin(), usable.rend(), tried.rbegin()));  // The last round of them.

    CHECK(driver.live_memories() == 0);
    CHECK(nothing_allocated(allocator));
    CHECK(allocator.statistics().allocation_count == 0);
    CHECK(device.drain().empty());
    vacate_all();
    CHECK(allocator.allocate({.size = small}, {.usage = usage}).memory_type() == usable[0]);
  }
}

}  // namespace ashlar::test
