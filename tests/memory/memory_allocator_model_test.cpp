#include <ashlar/memory/generic_memory_allocator.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>
#include <ashlar/suballocator/buddy_allocator.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "memory/memory_fixture.hpp"
#include "suballocator/naive_model.hpp"
#include "suballocator/split_mix_64.hpp"

// Long random sequences through the whole allocator, each piece held against a naive model of its VkDeviceMemory.

namespace ashlar::test {
namespace {

class ModelledAllocator {
 public:
  ModelledAllocator(MemoryAllocator allocator, std::uint64_t granularity, std::uint64_t seed)
      : allocator_{std::move(allocator)}, granularity_{granularity}, random_{seed} {}

  void run(int steps) {
    for (int step = 0; step != steps; ++step) {
      // Now it grows, now it shrinks.
      if (allocations_.empty() || random_.below(100) < (step / 500 % 2 == 0 ? 65U : 35U)) {
        allocate();
      } else {
        free(random_.below(static_cast<std::uint32_t>(allocations_.size())));
      }
    }
    MemoryTypeStatistics const statistics = total(allocator_);
    CHECK(statistics.suballocation_count + statistics.dedicated_count == allocations_.size());
    while (!allocations_.empty()) {
      free(random_.below(static_cast<std::uint32_t>(allocations_.size())));
    }
    CHECK(nothing_allocated(allocator_));
    CHECK(total(allocator_).block_count == 1);  // Of the one memory type.
  }

 private:
  void allocate() {
    MemoryRequirements const wanted{.size = random_.of_any_length(22),
                                    .alignment = std::uint64_t{1} << (random_.below(8) == 0 ? random_.below(25) : 4),
                                    .memory_type_bits = type_bit(0),
                                    .tiling = random_.below(3) == 0 ? ResourceTiling::Optimal : ResourceTiling::Linear};
    MemoryAllocation allocation = allocator_.allocate(wanted, {});
    REQUIRE(allocation.size() >= wanted.size);
    REQUIRE(allocation.offset() % wanted.alignment == 0);
    if (!allocation.is_dedicated()) {
      NaiveModel& model = model_of(allocation);
      Suballocation const piece{.offset = allocation.offset(), .size = allocation.size(), .handle = ++last_number_};
      REQUIRE(model.accepts(piece, wanted.size, wanted.alignment, wanted.tiling));
      model.add(piece, wanted.tiling);
    }
    allocations_.push_back(std::move(allocation));
    numbers_.push_back(last_number_);
  }

  void free(std::size_t index) {
    if (!allocations_[index].is_dedicated()) {
      NaiveModel& model = model_of(allocations_[index]);
      std::size_t place = 0;
      while (model.pieces()[place].suballocation.handle != numbers_[index]) {
        ++place;
      }
      static_cast<void>(model.remove(place));
    }
    allocations_[index] = {};
    std::swap(allocations_[index], allocations_.back());
    std::swap(numbers_[index], numbers_.back());
    allocations_.pop_back();
    numbers_.pop_back();
  }

  /// A handle of memory that was freed may be one of other memory.
  NaiveModel& model_of(MemoryAllocation const& allocation) {
    SuballocatorCreateInfo const info{.region = {0, allocation.memory().size()}, .granularity = granularity_};
    NaiveModel& model = models_.try_emplace(allocation.memory().handle(), info).first->second;
    if (model.pieces().empty()) {
      model = NaiveModel{info};
    }
    return model;
  }

  MemoryAllocator allocator_;
  std::uint64_t granularity_;
  SplitMix64 random_;
  std::vector<MemoryAllocation> allocations_;
  std::vector<std::uint64_t> numbers_;  ///< By which the models know the pieces.
  std::uint64_t last_number_ = 0;
  std::map<VkDeviceMemory, NaiveModel> models_;
};

}  // namespace

TEST_CASE("Random requests to an allocator", "[memory_allocator]") {
  std::uint64_t const granularity = GENERATE(1U, 1024U, 65'536U, 4U << 20U);
  CAPTURE(granularity);
  Gpu gpu;
  gpu.memory = discrete_memory();
  gpu.limits.buffer_image_granularity = granularity;
  SimulatedDriver driver{gpu};
  Device const device = driver.create_device();
  SECTION("that takes the lowest") {
    ModelledAllocator{StandardMemoryAllocator{device, {.max_block_size = 16 * mib}}, granularity, 1}.run(6000);
  }
  SECTION("that takes the first") {
    MemoryAllocatorCreateInfo const info{.max_block_size = 16 * mib, .strategy = SuballocationStrategy::MinTime};
    ModelledAllocator{StandardMemoryAllocator{device, info}, granularity, 2}.run(6000);
  }
  SECTION("of blocks that are no power of two") {
    MemoryAllocatorCreateInfo const info{.min_block_size = 1'500'000, .max_block_size = 9'000'000};
    ModelledAllocator{StandardMemoryAllocator{device, info}, granularity, 3}.run(6000);
  }
  SECTION("of buddies") {
    MemoryAllocatorCreateInfo const info{.max_block_size = 16 * mib};
    ModelledAllocator{GenericMemoryAllocator<BuddyAllocator>{device, info}, granularity, 4}.run(3000);
  }
}

}  // namespace ashlar::test
