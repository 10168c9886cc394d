#include "buffer/guard_fixture.hpp"

#include <ashlar/layout.hpp>

#include <algorithm>
#include <cstring>
#include <string>

namespace ashlar::test {

namespace {

using enum MemoryProperty;

constexpr std::uint32_t none = ~std::uint32_t{0};

/// Bytes that a heap has to have for blocks of a few atoms each.
std::uint64_t enough(Gpu const& gpu) { return 256 * 1024 + 256 * gpu.limits.non_coherent_atom_size; }

/// The first of those types that has the one and not the other, in a heap that is large enough.
std::uint32_t find_type(Gpu const& gpu, MemoryTypeRanking const& types, MemoryPropertyFlags with,
                        MemoryPropertyFlags without) {
  auto const* const found = std::find_if(types.begin(), types.end(), [&](std::uint32_t type) {
    MemoryType const& one = gpu.memory.types[type];
    return one.properties.contains(with) && !one.properties.intersects(without) &&
           gpu.memory.heaps[one.heap].size >= enough(gpu);
  });
  return found != types.end() ? *found : none;
}

/// The index for a new type: behind the last one, or that of one that is not in use.
std::uint32_t index_for_new_type(MemoryProperties& memory, std::vector<std::uint32_t> const& in_use) {
  if (memory.type_count < max_memory_types) {
    return memory.type_count++;
  }
  std::uint32_t type = max_memory_types - 1;
  while (std::find(in_use.begin(), in_use.end(), type) != in_use.end()) {
    --type;
  }
  return type;
}

}  // namespace

GuardMemory::GuardMemory(std::optional<std::uint64_t> atom_size, Gpu const& this_one) : gpu{this_one} {
  gpu.limits.non_coherent_atom_size = atom_size.value_or(gpu.limits.non_coherent_atom_size);
  MemoryProperties& memory = gpu.memory;
  MemoryTypeRanking const for_upload = rank_memory_types(memory, {.usage = MemoryUsage::Upload, .size = 1});
  MemoryTypeRanking const all = rank_memory_types(memory, {.size = 1});
  host_visible = find_type(gpu, for_upload, HostVisible, {});
  coherent = find_type(gpu, for_upload, HostVisible | HostCoherent, {});
  not_coherent = find_type(gpu, for_upload, HostVisible, HostCoherent);
  not_visible = find_type(gpu, all, {}, HostVisible);

  MemoryHeap* const heap = std::max_element(memory.heaps, memory.heaps + memory.heap_count,
                                            [](auto const& a, auto const& b) { return a.size < b.size; });
  auto const add_if_none = [&](std::uint32_t& type, MemoryPropertyFlags properties) {
    if (type == none) {
      type = index_for_new_type(memory, {host_visible, coherent, not_coherent, not_visible});
      memory.types[type] = {properties, static_cast<std::uint32_t>(heap - memory.heaps)};
      heap->size = std::max(heap->size, enough(gpu));
    }
  };
  add_if_none(coherent, HostVisible | HostCoherent);
  add_if_none(not_coherent, HostVisible | HostCached);
  add_if_none(not_visible, DeviceLocal);
  host_visible = host_visible == none ? coherent : host_visible;
  gpu.limits.max_memory_allocation_count = std::max(gpu.limits.max_memory_allocation_count, 16U);
  gpu.limits.max_memory_allocation_size = std::max(gpu.max_memory_allocation_size(), enough(gpu));
}

int GuardTest::device_value(Subbuffer<int> const& element) const {
  MemoryAllocation const& allocation = element.buffer().allocation();
  std::string const bytes =
      driver.device_read(allocation.memory().handle(), allocation.offset() + element.offset(), sizeof(int));
  int value = 0;
  std::memcpy(&value, bytes.data(), sizeof(int));
  return value;
}

void GuardTest::device_write(Subbuffer<int> const& element, int value) {
  MemoryAllocation const& allocation = element.buffer().allocation();
  driver.device_write(allocation.memory().handle(), allocation.offset() + element.offset(),
                      {reinterpret_cast<char const*>(&value), sizeof(int)});
}

RecordedRange GuardTest::atoms_of(Subbuffer<int> const& element) const {
  MemoryAllocation const& allocation = element.buffer().allocation();
  std::uint64_t const begin = allocation.offset() + element.offset();
  std::uint64_t const first = align_down(begin, atom);
  return {allocation.memory().handle(), first, align_up(begin + sizeof(int), atom) - first};
}

}  // namespace ashlar::test
