#include "memory/memory_pool.hpp"

#include "memory/memory_allocator_state.hpp"
#include "memory/thread_home.hpp"
#include "text.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace ashlar::detail {
namespace {

/// A block takes at most this part of its heap.
constexpr std::uint64_t heap_divisor = 8;
/// The smallest block for a piece is the piece's size rounded up to this.
constexpr std::uint64_t smallest_block_unit = 4096;

/// The next multiple, where 64 bits hold it.
constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) noexcept {
  std::uint64_t const rest = value % unit;
  return rest == 0 || value > std::numeric_limits<std::uint64_t>::max() - unit ? value : value + (unit - rest);
}

/// From this size on pieces are few, and hold most of the memory: they share one shard, whose free ranges stay larger
/// so.
constexpr std::uint64_t large_piece = std::uint64_t{64} << 10U;

/// The shard that comes first for a piece of that size.
unsigned first_shard(std::uint64_t size) noexcept { return size < large_piece ? thread_home : 0; }

}  // namespace

MemoryPool::MemoryPool(MemoryAllocatorState& allocator, std::uint32_t memory_type,
                       MemoryAllocatorCreateInfo const& info, SuballocatorFactory factory) noexcept
    : allocator_{allocator},
      memory_type_{memory_type},
      strategy_{info.strategy},
      factory_{factory},
      min_block_size_{info.min_block_size},
      max_block_size_{info.max_block_size} {
  PhysicalDevice const& gpu = device().physical_device();
  std::uint32_t const heap = gpu.memory().types[memory_type].heap;
  std::uint64_t const heap_size = gpu.memory().heaps[heap].size;
  std::uint64_t const share =
      is_small_heap(gpu.memory(), heap) ? small_heap_piece(gpu.memory().heaps[heap]) : heap_size / heap_divisor;
  max_block_size_ = std::max<std::uint64_t>(
      std::min({max_block_size_, std::bit_floor(share), std::bit_floor(gpu.limits().max_memory_allocation_size)}), 1);
  min_block_size_ = std::min(min_block_size_, max_block_size_);
}

MemoryPool::~MemoryPool() {
  for (std::atomic<MemoryShard*> const& shard : shards_) {
    delete shard.load(std::memory_order_acquire);
  }
}

Device const& MemoryPool::device() const noexcept { return allocator_.device; }

/// Gives a shard what was returned to it; somebody keeps the allocator.
inline void MemoryPool::take_returned(MemoryShard& shard) noexcept {
  if (shard.has_returned()) [[unlikely]] {
    std::unique_ptr<MemoryBlock> surplus;  // Freed after the lock is released.
    std::lock_guard const lock{shard};
    surplus = shard.take_returned();
  }
}

/// The shard that comes first for a piece of that size, locked; or null while there is none.
inline MemoryShard* MemoryPool::lock_first_shard(std::uint64_t size) noexcept {
  MemoryShard* const shard = shards_[first_shard(size)].load(std::memory_order_acquire);
  if (shard == nullptr) [[unlikely]] {
    return nullptr;
  }
  if (shard->has_returned() || !shard->try_lock()) [[unlikely]] {
    return lock_busy_shard(*shard, size);
  }
  return shard;
}

/// The same, where pieces were returned or another thread has the shard: it may be another then.
MemoryShard* MemoryPool::lock_busy_shard(MemoryShard& found, std::uint64_t size) noexcept {
  MemoryShard* shard = &found;
  take_returned(found);
  if (!found.try_lock()) {
    if (size < large_piece) {
      move_thread_home();
    }
    shard = shards_[first_shard(size)].load(std::memory_order_acquire);
    if (shard != nullptr) {
      shard->lock();
    }
  }
  return shard;
}

/// The calling thread's shard, made if there is none.
MemoryShard& MemoryPool::home_shard(std::uint64_t size) {
  unsigned const index = first_shard(size);
  std::atomic<MemoryShard*>& place = shards_[index];
  MemoryShard* shard = place.load(std::memory_order_acquire);
  if (shard == nullptr) {
    PhysicalDeviceLimits const& limits = device().physical_device().limits();
    MemoryPropertyFlags const properties = device().physical_device().memory().types[memory_type_].properties;
    auto made = std::make_unique<MemoryShard>(
        MemoryShard::CreateInfo{.index = index,
                                .granularity = limits.buffer_image_granularity,
                                .atom = needs_flushes(properties) ? limits.non_coherent_atom_size : 1,
                                .strategy = strategy_,
                                .has_suballocators = factory_ != nullptr});
    if (place.compare_exchange_strong(shard, made.get(), std::memory_order_acq_rel, std::memory_order_acquire)) {
      shard = made.release();
    }
  }
  return *shard;
}

/// \pre The shard is locked.
inline BlockPiece MemoryPool::keep_allocator(MemoryShard const& shard, BlockPiece const& found) noexcept {
  if (found && shard.piece_count() == 1) {
    retain(allocator_);
  }
  return found;
}

inline BlockPiece MemoryPool::find_piece(MemoryRequirements const& requirements) {
  MemoryShard* const shard = lock_first_shard(requirements.size);
  if (shard != nullptr) {
    std::lock_guard const lock{*shard, std::adopt_lock};
    if (BlockPiece const found = shard->allocate(requirements)) {
      return keep_allocator(*shard, found);
    }
  }
  return may_borrow(shard, requirements.size) ? borrow(shard, requirements) : BlockPiece{};
}

/// A thread whose shard has less than its part of the memory does not take of the others': it would have to wait for
/// their threads at every turn.
bool MemoryPool::may_borrow(MemoryShard const* home_shard, std::uint64_t size) const noexcept {
  if (size >= large_piece) {
    return true;
  }
  std::uint64_t shard_count = 0;
  for_each_shard([&](MemoryShard const&) { ++shard_count; });
  return home_shard != nullptr && home_shard->block_bytes() >= block_bytes() / shard_count;
}

/// The piece in its owner's hands, mapped if that is wanted; given back if that fails.
inline MemoryAllocation MemoryPool::to_allocation(BlockPiece const& found, bool map, VkResult& map_result) noexcept {
  auto allocation = Access::make<MemoryAllocation>(*found.block, found.piece);
  if (map && Access::state(found.block->memory).try_map(map_result) == nullptr) {
    allocation = {};
  }
  return allocation;
}

MemoryAllocation MemoryPool::suballocate(MemoryRequirements const& requirements, bool map, VkResult& map_result) {
  BlockPiece const found = find_piece(requirements);
  return found ? to_allocation(found, map, map_result) : MemoryAllocation{};
}

MemoryAllocation MemoryPool::suballocate_anywhere(MemoryRequirements const& requirements, bool map,
                                                  VkResult& map_result) {
  BlockPiece const found = borrow(nullptr, requirements);
  return found ? to_allocation(found, map, map_result) : MemoryAllocation{};
}

/// A piece of a shard other than one's own.
BlockPiece MemoryPool::borrow(MemoryShard const* own, MemoryRequirements const& requirements) {
  for (std::atomic<MemoryShard*> const& place : shards_) {
    MemoryShard* const shard = place.load(std::memory_order_acquire);
    if (shard == nullptr || shard == own) {
      continue;
    }
    take_returned(*shard);
    std::lock_guard const lock{*shard};
    if (BlockPiece const found = shard->allocate(requirements)) {
      return keep_allocator(*shard, found);
    }
  }
  return {};
}

std::uint64_t MemoryPool::block_bytes() const noexcept {
  std::uint64_t bytes = 0;
  for_each_shard([&](MemoryShard const& shard) { bytes += shard.block_bytes(); });
  return bytes;
}

std::uint64_t MemoryPool::piece_bytes() const noexcept {
  std::uint64_t bytes = 0;
  for_each_shard([&](MemoryShard const& shard) { bytes += shard.live_bytes(); });
  return bytes;
}

std::uint64_t MemoryPool::live_bytes() const noexcept {
  return piece_bytes() + dedicated_bytes_.load(std::memory_order_relaxed);
}

/// Blocks grow with what is live, to a little above it, and a shard by at most a quarter at once: what a block is too
/// large for is bought later, and what stays unused is bound by the last of them. By a 256th of all at least: where no
/// piece fits into what others leave of their blocks, each would get a block of its own else, and the driver allows a
/// few thousand.
/// \pre The growth lock is held.
std::uint64_t MemoryPool::next_block_size(MemoryShard const& shard, std::uint64_t size,
                                          std::uint64_t allowance) const noexcept {
  auto const growth = [size](std::uint64_t live, std::uint64_t total) {
    std::uint64_t const wanted = (live + size) + (live + size) / 100 * 18;
    return wanted - std::min(wanted, total);
  };
  std::uint64_t wanted = growth(piece_bytes(), block_bytes() + growing_bytes_);
  if (!may_borrow(&shard, size)) {
    wanted = std::max(wanted, growth(shard.live_bytes(), shard.block_bytes()));
  }
  std::uint64_t const grown = std::max(std::min(shard.block_bytes() / 4, wanted), block_bytes() / 256);
  std::uint64_t needed = round_up(size, MemoryShard::granule);
  if (factory_ != nullptr && needed <= std::numeric_limits<std::uint64_t>::max() / 2) {
    needed = std::bit_ceil(needed);  // It may be one that divides by two.
  }
  std::uint64_t const whole = std::min(round_up(std::max(needed, grown), min_block_size_), max_block_size_);
  return std::min(std::max(whole, needed), std::max(allowance, size));
}

std::unique_ptr<MemoryBlock> MemoryPool::allocate_block(std::uint64_t size, bool map, MemoryFailure& failure) {
  std::uint64_t const granularity = device().physical_device().limits().buffer_image_granularity;
  auto block = std::make_unique<MemoryBlock>(*this, DeviceMemory{});
  if (factory_ != nullptr) {
    block->suballocator.reset(
        factory_({.region = {0, size}, .granularity = granularity, .granule = MemoryShard::granule}));
  }
  block->memory = try_allocate_device_memory(device(), {.size = size, .memory_type = memory_type_}, failure.allocate);
  if (!block->memory) {
    return nullptr;
  }
  if (map && Access::state(block->memory).try_map(failure.map) == nullptr) {
    return nullptr;
  }
  device().set_name(VK_OBJECT_TYPE_DEVICE_MEMORY, reinterpret_cast<std::uint64_t>(block->memory.handle()),
                    text("ashlar block, memory type ", memory_type_).c_str());
  return block;
}

/// The size of a block that is being allocated: it counts as there for whoever chooses the next meanwhile, so that
/// threads that run out together do not each grow for all.
class MemoryPool::Growth {
 public:
  Growth(MemoryPool& pool, MemoryShard const& shard, std::uint64_t size, std::uint64_t allowance) noexcept
      : pool_{pool}, size_{pool.begin_growth(shard, size, allowance)} {}
  Growth(Growth const&) = delete;
  Growth& operator=(Growth const&) = delete;
  ~Growth() {
    std::lock_guard const lock{pool_.growth_lock_};
    pool_.growing_bytes_ -= size_;
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  MemoryPool& pool_;
  std::uint64_t size_;
};

std::uint64_t MemoryPool::begin_growth(MemoryShard const& shard, std::uint64_t size, std::uint64_t allowance) noexcept {
  std::lock_guard const lock{growth_lock_};
  std::uint64_t const block_size = next_block_size(shard, size, allowance);
  growing_bytes_ += block_size;
  return block_size;
}

MemoryAllocation MemoryPool::suballocate_in_new_block(MemoryRequirements const& requirements, bool map,
                                                      std::uint64_t allowance, MemoryFailure& failure) {
  if (requirements.size > allowance) {
    return {};
  }
  MemoryShard& shard = home_shard(requirements.size);
  Growth const growth{*this, shard, requirements.size, allowance};
  std::uint64_t size = growth.size();
  if (size < MemoryShard::granule) {  // Too small to be divided; the resource may have memory of its own.
    return {};
  }
  std::uint64_t const smallest = align_up(requirements.size, smallest_block_unit);
  std::unique_ptr<MemoryBlock> block = allocate_block(size, map, failure);
  while (!block && failure.map == VK_SUCCESS && size > smallest) {
    size = std::max(size / 2, smallest);
    block = allocate_block(size, map, failure);
  }
  if (!block) {
    return {};
  }
  BlockPiece const found = add_block(shard, block, requirements);
  return found ? to_allocation(found, map, failure.map) : MemoryAllocation{};
}

/// A piece of the block, or of another in the shard; if the block was not needed it stays the caller's.
BlockPiece MemoryPool::add_block(MemoryShard& shard, std::unique_ptr<MemoryBlock>& block,
                                 MemoryRequirements const& requirements) {
  std::lock_guard const lock{shard};
  return keep_allocator(shard, shard.add_block_and_allocate(block, requirements));
}

MemoryAllocation MemoryPool::add_dedicated(DeviceMemory memory) {
  auto block = std::make_unique<MemoryBlock>(*this, std::move(memory));
  std::uint64_t const size = block->memory.size();
  dedicated_count_.fetch_add(1, std::memory_order_relaxed);
  dedicated_bytes_.fetch_add(size, std::memory_order_relaxed);
  retain(allocator_);
  return Access::make<MemoryAllocation>(*block.release(), Suballocation{.size = size});
}

void MemoryPool::deallocate(MemoryBlock& block, Suballocation const& piece) noexcept {
  if (block.shard == nullptr) {
    MemoryAllocatorState& allocator = block.pool.allocator_;
    block.pool.destroy_dedicated(block);
    release(allocator);
    return;
  }
  MemoryPool& pool = block.pool;
  MemoryShard& shard = *block.shard;
  if (shard.index() != thread_home && piece.size < large_piece && shard.try_return(block, piece)) {
    return;
  }
  shard.lock();
  std::unique_ptr<MemoryBlock> surplus = shard.deallocate(block, piece);
  bool const last = shard.piece_count() == 0;
  shard.unlock();
  if (last) [[unlikely]] {
    surplus.reset();
    release(pool.allocator_);
  }
}

MemoryAllocatorState* MemoryPool::orphan(MemoryBlock& block) noexcept {
  MemoryAllocatorState& allocator = block.pool.allocator_;
  Access::state(allocator.device).in_flight.add_orphan(allocator.orphan_count);
  if (block.shard == nullptr) {
    return &allocator;
  }
  std::unique_ptr<MemoryBlock> surplus;  // Freed after the lock is released.
  std::lock_guard const lock{*block.shard};
  surplus = block.shard->take_returned();
  block.shard->orphan_piece();
  return block.shard->piece_count() == 0 ? &allocator : nullptr;
}

void MemoryPool::deallocate_orphan(MemoryBlock& block, Suballocation const& piece) noexcept {
  MemoryAllocatorState& allocator = block.pool.allocator_;
  bool was_last = false;  // Others may have been returned, and be taken back now.
  if (block.shard == nullptr) {
    block.pool.destroy_dedicated(block);
  } else {
    std::unique_ptr<MemoryBlock> surplus;  // Freed after the lock is released.
    MemoryShard& shard = *block.shard;
    std::lock_guard const lock{shard};
    bool const kept_allocator = shard.piece_count() != 0;
    shard.adopt_orphan();
    surplus = shard.deallocate(block, piece);
    was_last = kept_allocator && shard.piece_count() == 0;
  }
  Access::state(allocator.device).in_flight.remove_orphan(allocator.orphan_count);
  if (was_last) {
    release(allocator);
  }
}

void MemoryPool::destroy_dedicated(MemoryBlock& block) noexcept {
  dedicated_count_.fetch_sub(1, std::memory_order_relaxed);
  dedicated_bytes_.fetch_sub(block.memory.size(), std::memory_order_relaxed);
  delete &block;
}

bool MemoryPool::release_empty_blocks() noexcept {
  bool released = false;
  for_each_shard([&](MemoryShard& shard) {
    take_returned(shard);
    std::unique_ptr<MemoryBlock> empty;  // Freed after the lock is released.
    std::lock_guard const lock{shard};
    empty = shard.take_empty_block();
    released = released || empty;
  });
  return released;
}

MemoryTypeStatistics MemoryPool::statistics() const noexcept {
  MemoryTypeStatistics statistics{.dedicated_count = dedicated_count_.load(std::memory_order_relaxed),
                                  .dedicated_bytes = dedicated_bytes_.load(std::memory_order_relaxed)};
  for_each_shard([&](MemoryShard& shard) {
    take_returned(shard);
    std::lock_guard const lock{shard};
    statistics.block_count += shard.block_count();
    statistics.block_bytes += shard.block_bytes();
    statistics.suballocation_count += shard.piece_count() + shard.orphan_count();
    statistics.suballocation_bytes += shard.live_bytes();
  });
  return statistics;
}

}  // namespace ashlar::detail
