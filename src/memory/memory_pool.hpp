#pragma once

#include <ashlar/memory/memory_allocator.hpp>

#include "memory/device_memory_state.hpp"
#include "memory/memory_block.hpp"
#include "memory/memory_shard.hpp"
#include "memory/thread_home.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace ashlar::detail {

/// All memory of one type that an allocator has: blocks, in shards, and dedicated memory.
///
/// A thread allocates from one shard, its home. All threads begin at the first shard; who finds it held moves to
/// another for good. When the home is full the thread borrows from the other shards, unless its own has less than an
/// equal part of the memory: then it gets a new block. Large pieces have the first shard for their home, whichever the
/// thread. A piece goes back to the shard that it came from.
///
/// While a shard has pieces that are not orphaned, it keeps a reference to the allocator's state, and dedicated memory
/// one each.
///
/// Threads: any number. No lock is held across driver calls.
class MemoryPool {
 public:
  MemoryPool(MemoryAllocatorState& allocator, std::uint32_t memory_type, MemoryAllocatorCreateInfo const& info,
             SuballocatorFactory factory) noexcept;
  MemoryPool(MemoryPool const&) = delete;
  MemoryPool& operator=(MemoryPool const&) = delete;
  ~MemoryPool();

  /// A piece of a block that is there, of the thread's own shard or where it may borrow; empty if there is no room, or
  /// with `map_result` set if it cannot be mapped.
  /// \throws std::bad_alloc
  [[nodiscard]] MemoryAllocation suballocate(MemoryRequirements const& requirements, bool map, VkResult& map_result);

  /// The same, of any shard.
  [[nodiscard]] MemoryAllocation suballocate_anywhere(MemoryRequirements const& requirements, bool map,
                                                      VkResult& map_result);

  /// A piece of a new block of at most `allowance` bytes; when the driver refuses one, of a smaller one, down to the
  /// resource's size. If it is to be mapped and cannot be, there is no room either.
  /// \throws VulkanError if the driver fails otherwise.
  [[nodiscard]] MemoryAllocation suballocate_in_new_block(MemoryRequirements const& requirements, bool map,
                                                          std::uint64_t allowance, MemoryFailure& failure);

  /// Dedicated memory of a resource.
  /// \throws std::bad_alloc
  [[nodiscard]] MemoryAllocation add_dedicated(DeviceMemory memory);

  /// Takes a piece back, or dedicated memory. Gives the block back to the driver if it is empty and another empty one
  /// is kept. May destroy the allocator's state, and with it this.
  static void deallocate(MemoryBlock& block, Suballocation const& piece) noexcept;

  /// Only the device still uses a piece of `block`: it does not keep the allocator's state any more. Answers that, if
  /// this was the last to keep it for the block's shard: the caller releases it.
  [[nodiscard]] static MemoryAllocatorState* orphan(MemoryBlock& block) noexcept;

  /// `deallocate`, for a piece that was given to `orphan`.
  static void deallocate_orphan(MemoryBlock& block, Suballocation const& piece) noexcept;

  /// Gives every empty block back to the driver; whether there was one.
  bool release_empty_blocks() noexcept;

  [[nodiscard]] Device const& device() const noexcept;

  /// Bytes that resources have of this memory type, in blocks and dedicated.
  [[nodiscard]] std::uint64_t live_bytes() const noexcept;

  /// Above this size a resource is better off with a VkDeviceMemory of its own.
  [[nodiscard]] std::uint64_t dedicated_threshold() const noexcept { return max_block_size_ / 2; }

  [[nodiscard]] MemoryTypeStatistics statistics() const noexcept;

 private:
  class Growth;

  template <class F>
  void for_each_shard(F const& f) const {
    for (std::atomic<MemoryShard*> const& place : shards_) {
      if (MemoryShard* const shard = place.load(std::memory_order_acquire)) {
        f(*shard);
      }
    }
  }

  static void take_returned(MemoryShard& shard) noexcept;
  [[nodiscard]] MemoryShard* lock_first_shard(std::uint64_t size) noexcept;
  [[nodiscard]] MemoryShard* lock_busy_shard(MemoryShard& found, std::uint64_t size) noexcept;
  [[nodiscard]] MemoryShard& home_shard(std::uint64_t size);
  [[nodiscard]] BlockPiece find_piece(MemoryRequirements const& requirements);
  [[nodiscard]] bool may_borrow(MemoryShard const* home_shard, std::uint64_t size) const noexcept;
  [[nodiscard]] BlockPiece borrow(MemoryShard const* own, MemoryRequirements const& requirements);
  [[nodiscard]] static MemoryAllocation to_allocation(BlockPiece const& found, bool map, VkResult& map_result) noexcept;
  [[nodiscard]] BlockPiece keep_allocator(MemoryShard const& shard, BlockPiece const& found) noexcept;
  void destroy_dedicated(MemoryBlock& block) noexcept;
  [[nodiscard]] std::uint64_t block_bytes() const noexcept;
  [[nodiscard]] std::uint64_t piece_bytes() const noexcept;
  [[nodiscard]] BlockPiece add_block(MemoryShard& shard, std::unique_ptr<MemoryBlock>& block,
                                     MemoryRequirements const& requirements);
  [[nodiscard]] std::unique_ptr<MemoryBlock> allocate_block(std::uint64_t size, bool map, MemoryFailure& failure);
  [[nodiscard]] std::uint64_t begin_growth(MemoryShard const& shard, std::uint64_t size,
                                           std::uint64_t allowance) noexcept;
  [[nodiscard]] std::uint64_t next_block_size(MemoryShard const& shard, std::uint64_t size,
                                              std::uint64_t allowance) const noexcept;

  MemoryAllocatorState& allocator_;
  std::uint32_t const memory_type_;
  SuballocationStrategy const strategy_;
  SuballocatorFactory const factory_;
  std::uint64_t min_block_size_;
  std::uint64_t max_block_size_;

  mutable ShortLock growth_lock_;  ///< Held for the choice of a size only.
  std::uint64_t growing_bytes_ = 0;

  /// Made when a thread first needs a block of its own there.
  std::atomic<MemoryShard*> shards_[max_shards] = {};
  std::atomic<std::uint64_t> dedicated_count_{0};
  std::atomic<std::uint64_t> dedicated_bytes_{0};
};

}  // namespace ashlar::detail
