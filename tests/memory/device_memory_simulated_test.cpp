// Device memory of every ordinary type of this GPU.

#include <ashlar/memory/device_memory.hpp>

#include <algorithm>
#include <cstring>
#include <string>

#include "memory/this_gpu_fixture.hpp"

namespace ashlar::test {

namespace {

/// A few atoms, the last of which is not whole, or as much as there is.
std::uint64_t a_few_atoms(std::uint32_t type) {
  std::uint64_t const atom = this_gpu().limits.non_coherent_atom_size;
  return std::min(most_at_once(type), 3 * atom + (atom + 1) / 2);
}

/// The atoms that hold the byte, clamped to the memory.
ByteRange atom_of(std::uint64_t byte, DeviceMemory const& memory) {
  std::uint64_t const atom = this_gpu().limits.non_coherent_atom_size;
  std::uint64_t const begin = align_down(byte, atom);
  return {begin, std::min(atom, memory.size() - begin)};
}

}  // namespace

TEST_CASE_METHOD(ThisGpuTest, "memory of each type is allocated to the byte, and freed", "[device_memory][this_gpu]") {
  for (std::uint32_t const type : ordinary_types()) {
    std::uint32_t const heap = type_of_this_gpu(type).heap;
    for (std::uint64_t const size : {std::uint64_t{1}, a_few_atoms(type), most_at_once(type)}) {
      INFO("memory type " << type << ", size " << size);
      DeviceMemory const memory = DeviceMemory::allocate(device, {.size = size, .memory_type = type});
      CHECK(memory.size() == size);
      CHECK(memory.properties() == type_of_this_gpu(type).properties);
      CHECK(driver.heap_use(heap) == size);
    }
    CHECK(driver.heap_use(heap) == 0);
    std::uint64_t const calls = driver.calls("vkAllocateMemory");
    auto const error = thrown_by<OutOfMemoryError>(
        [&] { return DeviceMemory::allocate(device, {.size = most_at_once(type) + 1, .memory_type = type}); });
    CHECK(error.info().heap_size == heap_size(type));
    CHECK(driver.calls("vkAllocateMemory") == calls);
  }
}

TEST_CASE_METHOD(ThisGpuTest, "each host-visible type is mapped as aligned as the device says, others never",
                 "[device_memory][this_gpu]") {
  for (std::uint32_t const type : ordinary_types()) {
    INFO("memory type " << type);
    DeviceMemory const memory = DeviceMemory::allocate(device, {.size = a_few_atoms(type), .memory_type = type});
    if (!is_host_visible(type)) {
      CHECK_THROWS_AS(memory.map(), NotHostVisibleError);
      continue;
    }
    CHECK(reinterpret_cast<std::uintptr_t>(memory.map()) % this_gpu().limits.min_memory_map_alignment == 0);
    CHECK(memory.map() == memory.map());
  }
}

TEST_CASE_METHOD(ThisGpuTest,
                 "flush and invalidate carry the atoms of a byte between host and device, where it needs that",
                 "[device_memory][this_gpu]") {
  bool const only_flushes = !this_gpu().write_back_seed;
  for (std::uint32_t const type : ordinary_types(MemoryProperty::HostVisible)) {
    std::uint64_t const size = a_few_atoms(type);
    for (std::uint64_t const byte : {std::uint64_t{0}, size / 2, size - 1}) {
      INFO("memory type " << type << ", byte " << byte << " of " << size);
      DeviceMemory const memory = DeviceMemory::allocate(device, {.size = size, .memory_type = type});
      auto* const host = reinterpret_cast<char*>(memory.map());
      ByteRange const carried = needs_flush(type) ? atom_of(byte, memory) : ByteRange{0, size};
      std::memset(host, 'h', size);
      std::string expected(size, needs_flush(type) ? fresh : 'h');
      if (only_flushes) {
        CHECK(driver.device_read(memory.handle(), 0, size) == expected);
      }
      std::size_t const flushes = driver.flushes().size();
      memory.flush({byte, 1});
      expected.replace(carried.offset, carried.size, carried.size, 'h');
      if (only_flushes) {
        CHECK(driver.device_read(memory.handle(), 0, size) == expected);
      }
      CHECK(driver.device_read(memory.handle(), carried.offset, carried.size) == std::string(carried.size, 'h'));

      driver.device_write(memory.handle(), 0, std::string(size, 'd'));
      CHECK(host[byte] == (needs_flush(type) ? 'h' : 'd'));
      memory.invalidate({byte, 1});
      expected.assign(size, 'h');
      expected.replace(carried.offset, carried.size, carried.size, 'd');
      CHECK(std::string(host, size) == expected);
      REQUIRE(driver.flushes().size() == flushes + (needs_flush(type) ? 1 : 0));
      if (needs_flush(type)) {
        RecordedRange const told{memory.handle(), carried.offset, carried.size};
        CHECK(driver.flushes().back() == told);
        CHECK(driver.invalidations().back() == told);
      }
    }
  }
}

}  // namespace ashlar::test
