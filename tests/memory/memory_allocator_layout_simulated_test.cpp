// Where pieces lie in this GPU's memory, and that what is in them stays there.

#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/bump_allocator.hpp>
#include <ashlar/suballocator/free_list_allocator.hpp>

#include <algorithm>
#include <cstring>
#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "memory/this_gpu_fixture.hpp"
#include "suballocator/split_mix_64.hpp"

namespace ashlar::test {

namespace {

/// A buffer or image, and its memory, which goes after it; or memory alone.
struct Resource {
  MemoryAllocation memory;
  std::unique_ptr<RawBuffer> buffer;
  std::unique_ptr<RawImage> image;
  std::uint64_t number = 0;
};

/// Makes resources of random sizes in random memory types, up to a sixteenth of the heap.
/// \throws OutOfMemoryError
Resource make_resource(MemoryAllocator const& allocator, SplitMix64& random) {
  std::vector<std::uint32_t> const types = ordinary_types();
  std::uint32_t const type = types[random.below(static_cast<std::uint32_t>(types.size()))];
  AllocationCreateInfo const info{.memory_type_bits = type_bit(type),
                                  .allocate_preference = random.below(10) == 0 ? AllocatePreference::AlwaysAllocate
                                                                               : AllocatePreference::Automatic};
  auto const most = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(heap_size(type) / 16, 16, 5000));
  Resource resource;
  resource.number = random.next();
  if (random.below(2) == 0) {
    resource.buffer = std::make_unique<RawBuffer>(allocator.device(), 1 + random.below(most));
    resource.memory = allocator.allocate_for_buffer(resource.buffer->handle(), info);
  } else {
    auto const tiling = random.below(3) == 0 ? ResourceTiling::Linear : ResourceTiling::Optimal;
    resource.image = std::make_unique<RawImage>(allocator.device(), 1 + random.below(most / 4), tiling);
    resource.memory = allocator.allocate_for_image(resource.image->handle(), tiling, info);
  }
  return resource;
}

/// What `churn` came to.
struct Outcome {
  int made = 0;
  int lost = 0;  ///< Resources whose contents changed.
};

/// Makes and drops resources at random, and looks whether they hold what was written to them. Where memory runs out
/// all of them go.
Outcome churn(SimulatedDriver& driver, MemoryAllocator const& allocator, std::uint64_t seed, int steps) {
  SplitMix64 random{seed};
  std::vector<Resource> resources;
  Outcome outcome;
  auto const drop_last = [&] {
    outcome.lost += has_stamp(driver, resources.back().memory, resources.back().number) ? 0 : 1;
    resources.pop_back();
  };
  for (int step = 0; step < steps; ++step) {
    if (!resources.empty() && (resources.size() >= 40 || random.below(5) < 2)) {
      std::swap(resources[random.below(static_cast<std::uint32_t>(resources.size()))], resources.back());
      drop_last();
      continue;
    }
    try {
      resources.push_back(make_resource(allocator, random));
      stamp(driver, resources.back().memory, resources.back().number);
      ++outcome.made;
    } catch (OutOfMemoryError const&) {
      while (!resources.empty()) {
        drop_last();
      }
    }
  }
  while (!resources.empty()) {
    drop_last();
  }
  return outcome;
}

/// The bytes that flushing or invalidating the piece touches.
ByteRange atoms_of(MemoryAllocation const& piece) {
  std::uint64_t const atom = this_gpu().limits.non_coherent_atom_size;
  std::uint64_t const begin = align_down(piece.offset(), atom);
  return {begin, align_up(piece.offset() + piece.size(), atom) - begin};
}

bool share_an_atom(MemoryAllocation const& a, MemoryAllocation const& b) {
  return a.memory() == b.memory() && atoms_of(a).offset < atoms_of(b).end() && atoms_of(b).offset < atoms_of(a).end();
}

/// Leaves the begin of its region free: pieces lie where alignment alone puts them.
class OffsetSuballocator {
 public:
  explicit OffsetSuballocator(SuballocatorCreateInfo const& info) : size_{info.region.size} {}
  Suballocation allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling /*tiling*/) {
    std::uint64_t const offset = align_up(end_ + 1, alignment);
    if (offset > size_ || size > size_ - offset) {
      return {};
    }
    end_ = offset + size;
    used_ += size;
    return {.offset = offset, .size = size};
  }
  void deallocate(Suballocation const& piece) noexcept { used_ -= piece.size; }
  std::uint64_t free_size() const noexcept { return size_ - used_; }
  bool empty() const noexcept { return used_ == 0; }

 private:
  std::uint64_t size_;
  std::uint64_t used_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace

TEMPLATE_TEST_CASE("no two pieces of memory that is not coherent share an atom on this GPU",
                   "[memory_allocator][this_gpu][layout]", FreeListAllocator, BuddyAllocator, BumpAllocator,
                   OffsetSuballocator) {
  SimulatedDriver driver{this_gpu()};
  Device const device = driver.create_device();
  for (std::uint32_t const type : ordinary_types(MemoryProperty::HostVisible)) {
    GenericMemoryAllocator<TestType> const allocator{device, {.min_block_size = 64 * kib}};
    std::vector<MemoryAllocation> pieces;
    for (std::uint64_t const size : {1U, 3U, 100U, 255U, 257U, 1000U, 4097U}) {
      INFO("memory type " << type << ", size " << size);
      try {
        pieces.push_back(allocator.allocate({.size = size, .alignment = 4}, {.memory_type_bits = type_bit(type)}));
      } catch (OutOfMemoryError const&) {
        CHECK((!pieces.empty() || size > most_at_once(type)));
        break;
      }
      if (needs_flush(type) && !pieces.back().is_dedicated()) {
        CHECK(pieces.back().offset() % this_gpu().limits.non_coherent_atom_size == 0);
        CHECK(pieces.back().size() % this_gpu().limits.non_coherent_atom_size == 0);
      }
      for (std::size_t i = 0; needs_flush(type) && i + 1 < pieces.size(); ++i) {
        CHECK_FALSE(share_an_atom(pieces[i], pieces.back()));
      }
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) {  // What is invalidated takes nothing from what lies beside it.
      std::memset(pieces[i].map(), 'h', pieces[i].size());
    }
    for (std::size_t i = 0; i < pieces.size(); i += 2) {
      pieces[i].invalidate({0, pieces[i].size()});
    }
    for (std::size_t i = 1; i < pieces.size(); i += 2) {
      auto const* const bytes = reinterpret_cast<char const*>(pieces[i].map());
      CHECK(std::all_of(bytes, bytes + pieces[i].size(), [](char byte) { return byte == 'h'; }));
    }
  }
}

// The driver notes overlaps, and linear and optimal neighbours in one unit of the granularity, as violations.

TEST_CASE_METHOD(ThisGpuTest, "buffers and images at random in all memory types keep their contents",
                 "[memory_allocator][this_gpu][layout]") {
  StandardMemoryAllocator const allocator{device, {.min_block_size = 16 * kib, .max_block_size = 64 * kib}};
  Outcome const outcome = churn(driver, allocator, 7, 600);
  CHECK(outcome.made > 0);
  CHECK(outcome.lost == 0);
  CHECK(nothing_allocated(allocator));
  CHECK(total(allocator).block_count == driver.live_memories());
  CHECK(driver.live_memories() <= this_gpu().memory.type_count);
}

TEST_CASE_METHOD(ThisGpuTest, "threads share an allocator on this GPU without treading on each other",
                 "[memory_allocator][this_gpu][threads]") {
  StandardMemoryAllocator const allocator{device, {.min_block_size = 16 * kib, .max_block_size = 64 * kib}};
  std::vector<std::future<Outcome>> threads;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    threads.push_back(std::async(std::launch::async, [&, seed] { return churn(driver, allocator, seed, 150); }));
  }
  for (std::future<Outcome>& thread : threads) {
    CHECK(thread.get().lost == 0);
  }
  CHECK(nothing_allocated(allocator));
  CHECK(total(allocator).block_count == driver.live_memories());
}

// The driver notes a wrong alignment or type as a violation.
TEST_CASE_METHOD(ThisGpuTest, "alignment and memory type bits of a resource are honoured",
                 "[memory_allocator][this_gpu][layout]") {
  for (std::uint32_t const type : ordinary_types()) {
    for (std::uint64_t const alignment : {std::uint64_t{1}, 4 * kib, 64 * kib}) {
      if (most_at_once(type) < 16 * alignment) {
        continue;  // A heap that cannot hold what follows.
      }
      INFO("memory type " << type << ", alignment " << alignment);
      driver.set_buffer_requirements({.alignment = alignment, .memory_type_bits = type_bit(type)});
      driver.set_image_requirements({.alignment = alignment, .memory_type_bits = type_bit(type)});
      StandardMemoryAllocator const allocator{device};
      RawBuffer const buffers[] = {RawBuffer{device, 100}, RawBuffer{device, 101}};
      RawImage const image{device, 100, ResourceTiling::Linear};
      MemoryAllocation const first = allocator.allocate_for_buffer(buffers[0].handle(), {});
      MemoryAllocation const second = allocator.allocate_for_image(image.handle(), ResourceTiling::Linear, {});
      MemoryAllocation const third = allocator.allocate_for_buffer(buffers[1].handle(), {});
      for (MemoryAllocation const* const one : {&first, &second, &third}) {
        CHECK(one->memory_type() == type);
        CHECK(one->offset() % alignment == 0);
      }
    }
  }
}

TEST_CASE_METHOD(ThisGpuTest, "blocks and dedicated memory carry the device-address flag if the feature is on",
                 "[memory_allocator][this_gpu][layout]") {
  for (std::uint32_t const type : ordinary_types()) {
    StandardMemoryAllocator const allocator{device};
    for (auto const preference : {AllocatePreference::Automatic, AllocatePreference::AlwaysAllocate}) {
      static_cast<void>(
          allocator.allocate({.size = 1}, {.memory_type_bits = type_bit(type), .allocate_preference = preference}));
    }
  }
  bool const on = device.features().buffer_device_address;
  for (RecordedAllocation const& allocation : driver.allocations()) {
    CHECK(allocation.device_address == on);
  }
  if (on) {  // The driver notes a buffer with an address in memory without the flag as a violation.
    StandardMemoryAllocator const allocator{device};
    RawBuffer const buffer{device, 100, VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT};
    CHECK(allocator.allocate_for_buffer(buffer.handle(), {}));
  }
}

}  // namespace ashlar::test
