#include "memory/this_gpu_fixture.hpp"

#include <algorithm>
#include <cstring>

namespace ashlar::test {

namespace {

std::string stamp_of(std::uint64_t number, std::uint64_t size) {
  std::string bytes(size, '\0');
  for (std::uint64_t at = 0; at < size; at += sizeof number) {
    std::memcpy(bytes.data() + at, &number, std::min<std::uint64_t>(sizeof number, size - at));
  }
  return bytes;
}

}  // namespace

std::vector<std::uint32_t> ordinary_types(MemoryPropertyFlags with) {
  using enum MemoryProperty;
  std::vector<std::uint32_t> types;
  for (std::uint32_t type = 0; type < this_gpu().memory.type_count; ++type) {
    MemoryPropertyFlags const properties = type_of_this_gpu(type).properties;
    bool const is_special =
        properties.intersects(Protected | LazilyAllocated | DeviceCoherentAmd | DeviceUncachedAmd | RdmaCapableNv);
    if (!is_special && properties.contains(with) && heap_size(type) != 0) {
      types.push_back(type);
    }
  }
  return types;
}

MemoryType const& type_of_this_gpu(std::uint32_t type) { return this_gpu().memory.types[type]; }

bool is_host_visible(std::uint32_t type) {
  return type_of_this_gpu(type).properties.contains(MemoryProperty::HostVisible);
}

bool needs_flush(std::uint32_t type) {
  return is_host_visible(type) && !type_of_this_gpu(type).properties.contains(MemoryProperty::HostCoherent);
}

std::uint64_t heap_size(std::uint32_t type) { return this_gpu().memory.heaps[type_of_this_gpu(type).heap].size; }

std::uint64_t most_at_once(std::uint32_t type) {
  return std::min(heap_size(type), this_gpu().max_memory_allocation_size());
}

std::vector<std::uint32_t> order_by_rules(MemoryUsage usage, std::uint64_t size) {
  return MemoryTypeRules{this_gpu().memory, {.usage = usage, .size = size}}.order();
}

std::vector<std::uint32_t> types_that_hold(MemoryUsage usage, std::uint64_t size) {
  std::vector<std::uint32_t> types = order_by_rules(usage, size);
  std::erase_if(types, [size](std::uint32_t type) { return most_at_once(type) < size; });
  return types;
}

std::uint64_t piece_size() { return std::max<std::uint64_t>(this_gpu().limits.non_coherent_atom_size, 256); }

MemoryAllocatorCreateInfo blocks_of_two_pieces() {
  return {.min_block_size = 2 * piece_size(), .max_block_size = 2 * piece_size()};
}

std::vector<std::uint32_t> types_with_blocks(MemoryPropertyFlags with) {
  std::uint64_t const least = (32 + 4 * this_gpu().memory.type_count) * piece_size();
  std::vector<std::uint32_t> types = ordinary_types(with);
  std::erase_if(types, [least](std::uint32_t type) { return most_at_once(type) < least; });
  return types;
}

Gpu this_gpu_with_allocations(std::uint32_t at_least, std::uint32_t at_most) {
  Gpu gpu = this_gpu();
  gpu.limits.max_memory_allocation_count = std::clamp(gpu.limits.max_memory_allocation_count, at_least, at_most);
  return gpu;
}

void ThisGpuTest::occupy_rest(std::uint32_t heap) {
  driver.occupy_heap(heap, driver.gpu().memory.heaps[heap].size - driver.heap_use(heap));
}

void ThisGpuTest::occupy_rest_of_all() {
  for (std::uint32_t heap = 0; heap < driver.gpu().memory.heap_count; ++heap) {
    occupy_rest(heap);
  }
}

void ThisGpuTest::vacate_all() {
  for (std::uint32_t heap = 0; heap < driver.gpu().memory.heap_count; ++heap) {
    driver.occupy_heap(heap, 0);
  }
}

std::uint64_t ThisGpuTest::use_of_all_heaps() const {
  std::uint64_t use = 0;
  for (std::uint32_t heap = 0; heap < driver.gpu().memory.heap_count; ++heap) {
    use += driver.heap_use(heap);
  }
  return use;
}

void stamp(SimulatedDriver& driver, MemoryAllocation const& allocation, std::uint64_t number) {
  std::string const bytes = stamp_of(number, allocation.size());
  if (allocation.properties().contains(MemoryProperty::HostVisible)) {
    std::memcpy(allocation.map(), bytes.data(), bytes.size());
    allocation.flush({0, allocation.size()});
  } else {
    driver.device_write(allocation.memory().handle(), allocation.offset(), bytes);
  }
}

bool has_stamp(SimulatedDriver const& driver, MemoryAllocation const& allocation, std::uint64_t number) {
  return driver.device_read(allocation.memory().handle(), allocation.offset(), allocation.size()) ==
         stamp_of(number, allocation.size());
}

}  // namespace ashlar::test
