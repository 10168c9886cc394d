// A user's own suballocator, and every other one, on the memory types of this GPU.

#include <ashlar/memory/generic_memory_allocator.hpp>
#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/bump_allocator.hpp>

#include <deque>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include "memory/this_gpu_fixture.hpp"
#include "suballocator/split_mix_64.hpp"

namespace ashlar::test {

namespace {

/// A user's own: cuts its region into slots of `piece_size()`, of which each piece takes one.
class SlotSuballocator {
 public:
  static inline int live = 0;

  explicit SlotSuballocator(SuballocatorCreateInfo const& info) : used_(info.region.size / piece_size()) { ++live; }
  SlotSuballocator(SlotSuballocator const&) = delete;
  SlotSuballocator& operator=(SlotSuballocator const&) = delete;
  ~SlotSuballocator() { --live; }

  Suballocation allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling /*tiling*/) {
    std::uint64_t const slot_size = piece_size();
    for (std::size_t slot = 0; slot < used_.size() && size <= slot_size && alignment <= slot_size; ++slot) {
      if (!used_[slot]) {
        used_[slot] = true;
        return {.offset = slot * slot_size, .size = slot_size, .handle = slot};
      }
    }
    return {};
  }
  void deallocate(Suballocation const& piece) noexcept { used_[piece.handle] = false; }
  std::uint64_t free_size() const noexcept { return piece_size() * count(false); }
  bool empty() const noexcept { return count(true) == 0; }

 private:
  std::uint64_t count(bool used) const noexcept {
    std::uint64_t result = 0;
    for (bool const slot : used_) {
      result += slot == used ? 1 : 0;
    }
    return result;
  }

  std::vector<bool> used_;
};

using SlotMemoryAllocator = GenericMemoryAllocator<SlotSuballocator>;

/// Throws std::bad_alloc where it is told to.
class FailingSuballocator {
 public:
  static inline bool fail_creation = false;
  static inline bool fail_allocation = false;

  explicit FailingSuballocator(SuballocatorCreateInfo const& info) : size_{info.region.size} {
    if (fail_creation) {
      throw std::bad_alloc{};
    }
  }
  Suballocation allocate(std::uint64_t size, std::uint64_t /*alignment*/, ResourceTiling /*tiling*/) {
    if (fail_allocation) {
      throw std::bad_alloc{};
    }
    used_ = size;
    return {.offset = 0, .size = size};
  }
  void deallocate(Suballocation const& /*piece*/) noexcept { used_ = 0; }
  std::uint64_t free_size() const noexcept { return used_ == 0 ? size_ : 0; }
  bool empty() const noexcept { return used_ == 0; }

 private:
  std::uint64_t size_;
  std::uint64_t used_ = 0;
};

AllocationCreateInfo of_type(std::uint32_t type) { return {.memory_type_bits = type_bit(type)}; }

/// As a function of a user's that knows no more than the base.
MemoryAllocation allocate_by_base(MemoryAllocator allocator, std::uint32_t type) {  // NOLINT: sliced on purpose
  return allocator.allocate({.size = 10}, of_type(type));
}

/// This GPU with enough allocations for a few blocks of each memory type.
class SuballocatorTest : protected ThisGpuTest {
 protected:
  SuballocatorTest() : ThisGpuTest{this_gpu_with_allocations(64)} {}
};

}  // namespace

static_assert(Suballocator<SlotSuballocator>);
static_assert(sizeof(SlotMemoryAllocator) == sizeof(MemoryAllocator));
static_assert(sizeof(StandardMemoryAllocator) == sizeof(MemoryAllocator));
static_assert(!std::is_polymorphic_v<StandardMemoryAllocator>);

TEST_CASE_METHOD(SuballocatorTest, "blocks are divided by a user's own suballocator",
                 "[generic_memory_allocator][this_gpu]") {
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    {
      SlotMemoryAllocator const allocator{device, blocks_of_two_pieces()};
      CHECK(SlotSuballocator::live == 0);
      std::vector<MemoryAllocation> pieces;
      for (std::uint64_t i = 0; i < 2; ++i) {
        pieces.push_back(allocator.allocate({.size = 100 + i}, of_type(type)));
        CHECK(pieces.back().offset() == i * piece_size());
        CHECK(pieces.back().size() == piece_size());
      }
      CHECK(SlotSuballocator::live == 1);
      pieces.push_back(allocator.allocate({.size = 100}, of_type(type)));
      CHECK(SlotSuballocator::live == 2);
      DeviceMemory const first = pieces[0].memory();
      pieces.erase(pieces.begin() + 1);
      pieces.push_back(allocator.allocate({.size = 100}, of_type(type)));
      CHECK(pieces.back().memory() == first);
      CHECK(pieces.back().offset() == piece_size());
      CHECK(allocator.statistics().types[type].suballocation_bytes == 3 * piece_size());
    }
    CHECK(SlotSuballocator::live == 0);
  }
}

TEST_CASE_METHOD(SuballocatorTest, "what a suballocator cannot divide a block for gets dedicated memory",
                 "[generic_memory_allocator][this_gpu]") {
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    SlotMemoryAllocator const allocator{device};
    MemoryAllocation const allocation = allocator.allocate({.size = piece_size() + 1}, of_type(type));
    CHECK(allocation.is_dedicated());
    CHECK(driver.live_memories() == 1);
    CHECK(SlotSuballocator::live == 0);
  }
}

TEST_CASE_METHOD(SuballocatorTest, "passing an allocator on by its base slices nothing off",
                 "[generic_memory_allocator][this_gpu]") {
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    MemoryAllocator base;
    CHECK_FALSE(base);
    MemoryAllocation first;
    {
      SlotMemoryAllocator const allocator{device};
      first = allocate_by_base(allocator, type);
      base = allocator;
      CHECK(base == allocator);
      CHECK(base != StandardMemoryAllocator{device});
    }
    MemoryAllocation const second = allocate_by_base(base, type);
    CHECK(first.size() == piece_size());
    CHECK(second.memory() == first.memory());
    CHECK(second.offset() == piece_size());
    CHECK(base.device() == device);
  }
}

TEST_CASE_METHOD(SuballocatorTest, "an exception of the suballocator leaves nothing behind",
                 "[generic_memory_allocator][this_gpu][failure]") {
  bool& fails = GENERATE(false, true) ? FailingSuballocator::fail_creation : FailingSuballocator::fail_allocation;
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    GenericMemoryAllocator<FailingSuballocator> const allocator{device};
    fails = true;
    CHECK_THROWS_AS(allocator.allocate({.size = 16}, of_type(type)), std::bad_alloc);
    fails = false;
    CHECK(driver.live_memories() == 0);
    CHECK(total(allocator).block_count == 0);
    CHECK(device.drain().empty());
    CHECK(allocator.allocate({.size = 16}, of_type(type)).memory_type() == type);
  }
}

// The driver notes overlaps, and wrong neighbours, as violations.
TEMPLATE_TEST_CASE("every suballocator serves buffers and images of any size on this GPU",
                   "[generic_memory_allocator][this_gpu]", FreeListAllocator, BuddyAllocator, BumpAllocator,
                   SlotSuballocator) {
  SimulatedDriver driver{this_gpu_with_allocations(64)};
  Device const device = driver.create_device();
  GenericMemoryAllocator<TestType> const allocator{device};
  SplitMix64 random{3};
  struct Resource {
    MemoryAllocation memory;
    std::unique_ptr<RawBuffer> buffer;
    std::unique_ptr<RawImage> image;
  };
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    std::deque<Resource> resources;
    for (int step = 0; step < 60; ++step) {
      Resource resource;
      try {
        if (random.below(3) != 0) {
          resource.buffer = std::make_unique<RawBuffer>(device, random.of_any_length(11));
          resource.memory = allocator.allocate_for_buffer(resource.buffer->handle(), of_type(type));
        } else if (!std::is_same_v<TestType, SlotSuballocator>) {  // It knows no granularity.
          resource.image = std::make_unique<RawImage>(device, 1 + random.below(500));
          resource.memory =
              allocator.allocate_for_image(resource.image->handle(), ResourceTiling::Optimal, of_type(type));
        }
      } catch (OutOfMemoryError const&) {
        CHECK_FALSE(resources.empty());
        resource = {};
        resources.clear();
      }
      resources.push_back(std::move(resource));
      if (resources.size() > 20) {
        resources.pop_front();
      }
    }
  }
  CHECK(nothing_allocated(allocator));
  CHECK(driver.live_memories() == total(allocator).block_count);
  CHECK(driver.live_memories() <= this_gpu().memory.type_count);
}

}  // namespace ashlar::test
