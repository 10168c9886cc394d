// The bookkeeping of pieces and blocks, which grows when it is used up.

#include <ashlar/memory/standard_memory_allocator.hpp>

#include <cstdint>
#include <utility>
#include <vector>

#include "failure_sweep/script.hpp"

namespace ashlar::test {

namespace {

constexpr std::uint64_t bytes = 256;
constexpr AllocationCreateInfo staging{.usage = MemoryUsage::Staging};

/// A free list has room for 16 ranges at first: each piece is one, and what is free between them.
class GrowthStage : public Stage {
 public:
  explicit GrowthStage(Driver& its_driver) : Stage{its_driver} { device = create_device(); }

  /// Two blocks with too little room, and none in the bookkeeping: for the next block, or, in the second case, for a
  /// piece of it.
  void fill_blocks() { crowd(2048, 15); }
  void fill_blocks_but_for_one_range() { crowd(2048, 14); }

  /// One block with much room, and none in the bookkeeping: for a piece, or, in the second case, for what is left free
  /// before an aligned piece.
  void fill_bookkeeping() { crowd(16'384, 15); }
  void fill_bookkeeping_but_for_one_range() { crowd(16'384, 14); }

  void allocate_more() { allocate(1024, 1); }
  void allocate_one() { allocate(bytes, 1); }
  void allocate_far_on() { allocate(bytes, 8192); }

  void let_go() {
    quietly([&] {
      watch_nothing();
      device = {};
      allocator_ = {};
      pieces_.clear();
    });
    require(driver.live_objects() == 0, "the last piece is gone, the device or its memory is not");
  }

 private:
  /// A new allocator with so many pieces.
  void crowd(std::uint64_t block_size, int count) {
    allocator_ = StandardMemoryAllocator{device, {.min_block_size = block_size, .max_block_size = block_size}};
    watch(allocator_);
    for (int i = 0; is_served(block_size, staging) && i < count; ++i) {
      pieces_.push_back(allocator_.allocate({.size = bytes}, staging));
    }
  }

  void allocate(std::uint64_t size, std::uint64_t alignment) {
    if (pieces_.empty()) {
      return;
    }
    MemoryAllocation made =
        allocating(size, staging, [&] { return allocator_.allocate({.size = size, .alignment = alignment}, staging); });
    host_memory::Exposure const spared{false};
    pieces_.push_back(std::move(made));
  }

  StandardMemoryAllocator allocator_;
  std::vector<MemoryAllocation> pieces_;
};

}  // namespace

Chapter growth_chapter() {
  using S = GrowthStage;
  return chapter<S>("growth",
                    {
                        step("a block more", &S::allocate_more, &S::fill_blocks),
                        step("a piece of a new block", &S::allocate_more, &S::fill_blocks_but_for_one_range),
                        step("a piece more", &S::allocate_one, &S::fill_bookkeeping),
                        step("a free range more", &S::allocate_far_on, &S::fill_bookkeeping_but_for_one_range),
                        step("let go", &S::let_go),
                    });
}

}  // namespace ashlar::test
