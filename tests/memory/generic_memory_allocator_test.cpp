#include <ashlar/memory/generic_memory_allocator.hpp>
#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/bump_allocator.hpp>

#include <deque>
#include <memory>
#include <type_traits>
#include <vector>

#include "memory/memory_fixture.hpp"
#include "suballocator/split_mix_64.hpp"

namespace ashlar::test {
namespace {

Gpu discrete() {
  Gpu info;
  info.memory = discrete_memory();
  info.limits.buffer_image_granularity = 1024;
  return info;
}

/// A user's own: cuts its region into slots of 1 KiB, of which each piece takes one.
class SlotSuballocator {
 public:
  static constexpr std::uint64_t slot_size = 1024;
  static inline int live = 0;

  explicit SlotSuballocator(SuballocatorCreateInfo const& info) : used_(info.region.size / slot_size) { ++live; }
  SlotSuballocator(SlotSuballocator const&) = delete;
  SlotSuballocator& operator=(SlotSuballocator const&) = delete;
  ~SlotSuballocator() { --live; }

  Suballocation allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling /*tiling*/) {
    for (std::size_t slot = 0; slot < used_.size() && size <= slot_size && alignment <= slot_size; ++slot) {
      if (!used_[slot]) {
        used_[slot] = true;
        return {.offset = slot * slot_size, .size = slot_size, .handle = slot};
      }
    }
    return {};
  }
  void deallocate(Suballocation const& piece) noexcept { used_[piece.handle] = false; }
  std::uint64_t free_size() const noexcept { return slot_size * count(false); }
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

/// As a function of a user's that knows no more than the base.
MemoryAllocation allocate_by_base(MemoryAllocator allocator, std::uint64_t size) {  // NOLINT: sliced on purpose
  return allocator.allocate({.size = size}, {});
}

}  // namespace

static_assert(Suballocator<SlotSuballocator>);
static_assert(sizeof(SlotMemoryAllocator) == sizeof(MemoryAllocator));
static_assert(sizeof(StandardMemoryAllocator) == sizeof(MemoryAllocator));
static_assert(!std::is_polymorphic_v<StandardMemoryAllocator>);

TEST_CASE("blocks are divided by a user's own suballocator", "[generic_memory_allocator]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  {
    SlotMemoryAllocator const allocator{device, {.min_block_size = 4096, .max_block_size = 8192}};
    CHECK(SlotSuballocator::live == 0);
    std::vector<MemoryAllocation> allocations;
    for (std::uint64_t i = 0; i < 4; ++i) {
      allocations.push_back(allocator.allocate({.size = 100 + i}, {}));
      CHECK(allocations.back().offset() == i * SlotSuballocator::slot_size);
      CHECK(allocations.back().size() == SlotSuballocator::slot_size);
    }
    CHECK(SlotSuballocator::live == 1);
    allocations.push_back(allocator.allocate({.size = 100}, {}));
    CHECK(SlotSuballocator::live == 2);
    allocations.erase(allocations.begin() + 1);
    allocations.push_back(allocator.allocate({.size = 100}, {}));
    CHECK(allocations.back().offset() == SlotSuballocator::slot_size);
    CHECK(allocator.statistics().types[0].suballocation_bytes == 5 * SlotSuballocator::slot_size);
  }
  CHECK(SlotSuballocator::live == 0);
}

TEST_CASE("what a suballocator cannot divide a block for gets dedicated memory", "[generic_memory_allocator]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  SlotMemoryAllocator const allocator{device};
  MemoryAllocation const allocation = allocator.allocate({.size = SlotSuballocator::slot_size + 1}, {});
  CHECK(allocation.is_dedicated());
  CHECK(driver.live_memories() == 1);
  CHECK(SlotSuballocator::live == 0);
}

TEST_CASE("passing an allocator on by its base slices nothing off", "[generic_memory_allocator]") {
  SimulatedDriver driver{discrete()};
  Device const device = driver.create_device();
  MemoryAllocator base;
  CHECK_FALSE(base);
  MemoryAllocation first;
  {
    SlotMemoryAllocator const allocator{device};
    first = allocate_by_base(allocator, 10);
    base = allocator;
    CHECK(base == allocator);
    CHECK(base != StandardMemoryAllocator{device});
  }
  MemoryAllocation const second = allocate_by_base(base, 10);
  CHECK(first.size() == SlotSuballocator::slot_size);
  CHECK(second.memory() == first.memory());
  CHECK(second.offset() == SlotSuballocator::slot_size);
  CHECK(base.device() == device);
}

TEST_CASE("an empty allocator tests false", "[generic_memory_allocator]") {
  CHECK_FALSE(StandardMemoryAllocator{});
  SimulatedDriver driver{discrete()};
  StandardMemoryAllocator allocator{driver.create_device()};
  CHECK(allocator);
  StandardMemoryAllocator const taken = std::move(allocator);
  CHECK(taken);
  CHECK_FALSE(allocator);  // NOLINT(bugprone-use-after-move): a promise of the class
}

TEMPLATE_TEST_CASE("every suballocator serves buffers and images of any size", "[generic_memory_allocator]",
                   FreeListAllocator, BuddyAllocator, BumpAllocator, SlotSuballocator) {
  SimulatedDriver driver{discrete()};  // It notes overlaps, and wrong neighbours, as violations.
  Device const device = driver.create_device();
  GenericMemoryAllocator<TestType> const allocator{device};
  SplitMix64 random{3};
  struct Resource {
    MemoryAllocation memory;
    std::unique_ptr<RawBuffer> buffer;
    std::unique_ptr<RawImage> image;
  };
  std::deque<Resource> resources;
  for (int step = 0; step < 500; ++step) {
    auto const usage = step % 3 == 0 ? MemoryUsage::Download : MemoryUsage::DeviceOnly;
    Resource resource;
    if (std::is_same_v<TestType, SlotSuballocator> || random.below(3) != 0) {
      resource.buffer = std::make_unique<RawBuffer>(device, random.of_any_length(18));
      resource.memory = allocator.allocate_for_buffer(resource.buffer->handle(), {.usage = usage});
    } else {
      resource.image = std::make_unique<RawImage>(device, 1 + random.below(3000));
      resource.memory = allocator.allocate_for_image(resource.image->handle(), ResourceTiling::Optimal, {});
    }
    resources.push_back(std::move(resource));
    if (resources.size() > 50) {
      resources.pop_front();
    }
  }
  CHECK(driver.take_violations().empty());
  resources.clear();
  CHECK(nothing_allocated(allocator));
  CHECK(driver.live_memories() <= 2);  // The reserves.
}

}  // namespace ashlar::test
