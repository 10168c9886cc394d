#pragma once

#include <ashlar/memory/memory_allocator.hpp>

#include "memory/device_memory_state.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace ashlar::detail {

class MemoryPool;

/// A DeviceMemory that several resources share.
struct MemoryBlock {
  MemoryPool& pool;
  DeviceMemory memory;
  std::unique_ptr<AnySuballocator> suballocator;  ///< Guarded by the pool's mutex.
};

/// What is wanted of one memory type.
struct MemoryDemand {
  std::uint64_t size = 0;
  std::uint64_t alignment = 1;
  ResourceTiling tiling = ResourceTiling::Linear;
  bool map = false;  ///< Whether the memory is to be mapped at once.

  /// Bytes of new device memory that may be allocated for it.
  std::uint64_t allowance = ~std::uint64_t{0};
};

/// The piece of a block that a demand got; no block means no room.
struct BlockPiece {
  MemoryBlock* block = nullptr;
  Suballocation piece;

  [[nodiscard]] explicit operator bool() const noexcept { return block != nullptr; }
};

/// The blocks of one memory type.
///
/// Threads: any number. The mutex is not held across driver calls.
class MemoryPool {
 public:
  MemoryPool(Device device, std::uint32_t memory_type, MemoryAllocatorCreateInfo const& info,
             SuballocatorFactory factory) noexcept;
  MemoryPool(MemoryPool const&) = delete;
  MemoryPool& operator=(MemoryPool const&) = delete;
  ~MemoryPool();

  /// A piece of a block that is there.
  [[nodiscard]] BlockPiece suballocate(MemoryDemand const& demand);

  /// A piece of a new block; when the driver refuses one, of a smaller one, down to the demand's size.
  /// If it cannot be mapped though the demand wants that, there is no room either.
  /// \throws VulkanError if the driver fails otherwise.
  [[nodiscard]] BlockPiece suballocate_in_new_block(MemoryDemand const& demand, MemoryFailure& failure);

  /// Takes a piece back. Gives the block back to the driver if it is empty and another empty one is kept.
  void deallocate(MemoryBlock& block, Suballocation const& piece) noexcept;

  /// Counts a dedicated allocation that lives outside of the blocks.
  void add_dedicated(std::uint64_t size) noexcept;
  void remove_dedicated(std::uint64_t size) noexcept;

  /// Gives every empty block back to the driver; whether there was one.
  bool release_empty_blocks() noexcept;

  /// Bytes that resources have of this memory type, in blocks and dedicated.
  [[nodiscard]] std::uint64_t live_bytes() const noexcept { return live_bytes_.load(std::memory_order_relaxed); }

  /// Above this size a resource is better off with a VkDeviceMemory of its own.
  [[nodiscard]] std::uint64_t dedicated_threshold() const noexcept { return max_block_size_ / 2; }

  [[nodiscard]] MemoryTypeStatistics statistics() const noexcept;

 private:
  [[nodiscard]] static BlockPiece try_block(MemoryBlock& block, MemoryDemand const& demand);
  [[nodiscard]] std::unique_ptr<MemoryBlock> allocate_block(std::uint64_t size, bool map, MemoryFailure& failure);
  [[nodiscard]] std::uint64_t next_block_size(MemoryDemand const& demand) const noexcept;
  [[nodiscard]] std::unique_ptr<MemoryBlock> take_empty_block(MemoryBlock const* spared) noexcept;
  void count(BlockPiece const& found) noexcept;

  Device const device_;
  std::uint32_t const memory_type_;
  std::uint64_t max_block_size_;
  std::uint64_t min_block_size_;
  SuballocatorFactory const factory_;
  std::atomic<std::uint64_t> live_bytes_{0};

  mutable std::mutex mutex_;  ///< Guards what follows.
  std::vector<std::unique_ptr<MemoryBlock>> blocks_;
  MemoryTypeStatistics statistics_;
};

}  // namespace ashlar::detail
