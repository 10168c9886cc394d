#include "transfer/transfer_fixture.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "buffer/access_threads.hpp"
#include "memory/memory_type_rules.hpp"

namespace ashlar::test {
namespace {

constexpr std::uint64_t room = 256 * mib;

std::uint32_t largest_heap(MemoryProperties const& memory) {
  std::uint32_t largest = 0;
  for (std::uint32_t heap = 1; heap < memory.heap_count; ++heap) {
    largest = memory.heaps[heap].size > memory.heaps[largest].size ? heap : largest;
  }
  return largest;
}

void add_mappable_type(Gpu& gpu) {
  using enum MemoryProperty;
  MemoryPropertyFlags const own = gpu.has_type_with(HostCoherent) ? HostVisible | HostCoherent : HostVisible;
  gpu.memory.types[std::min(gpu.memory.type_count, max_memory_types - 1)] = {own, largest_heap(gpu.memory)};
  gpu.memory.type_count = std::min(gpu.memory.type_count + 1, max_memory_types);
}

}  // namespace

std::vector<std::uint32_t> numbers(std::size_t count, std::uint32_t first) {
  std::vector<std::uint32_t> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

Gpu with_room(Gpu gpu) {
  gpu.hidden.erase("timelineSemaphore");
  gpu.limits.max_memory_allocation_count = std::max(gpu.limits.max_memory_allocation_count, 256U);
  if (gpu.limits.max_memory_allocation_size) {
    gpu.limits.max_memory_allocation_size = std::max<std::uint64_t>(*gpu.limits.max_memory_allocation_size, room);
  }
  if (!gpu.has_type_with(MemoryProperty::HostVisible)) {
    add_mappable_type(gpu);
  }
  for (MemoryUsage const usage : all_usages) {
    auto const order = MemoryTypeRules{gpu.memory, {.usage = usage, .size = 16 * mib}}.order();
    MemoryHeap& heap = gpu.memory.heaps[gpu.memory.types[order.front()].heap];
    heap.size = std::max(heap.size, room);
  }
  return gpu;
}

namespace {

Gpu one_of_two() {
  if (GENERATE(true, false)) {
    return Gpu{gpu_profile("NVIDIA H100")};
  }
  Gpu gpu{gpu_profile("Apple M2")};
  for (std::uint32_t type = 0; type != gpu.memory.type_count; ++type) {
    gpu.memory.types[type].properties = gpu.memory.types[type].properties.without(MemoryProperty::HostCoherent);
  }
  return gpu;
}

}  // namespace

TwoGpusTest::TwoGpusTest() : TransferTest{one_of_two()} {}

void TransferTest::wait_for_driver_wait(std::uint64_t before) const {
  detail::wait_until([&] { return driver.calls("vkWaitSemaphores") > before; });
}

}  // namespace ashlar::test
