#pragma once

#include "memory/memory_block.hpp"
#include "memory/returned_pieces.hpp"
#include "memory/short_lock.hpp"
#include "suballocator/free_list.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ashlar::detail {

/// Some blocks of one memory type, under one lock: those from which a thread allocates, so that others need not wait
/// for it.
///
/// The blocks lie side by side in one range of offsets, divided by one free list: what a piece costs does not depend on
/// the number of blocks, and low offsets are preferred, so that later blocks become empty. Only blocks with a
/// suballocator of another kind are searched one by one.
///
/// Threads: all members but the figures need the lock; each shard is on cache lines of its own.
class alignas(128) MemoryShard {
 public:
  /// Suballocations are multiples of this: a VkBuffer of real use is rarely smaller, and the free list counts faster
  /// so.
  static constexpr unsigned granule_bits = 8;
  static constexpr std::uint64_t granule = std::uint64_t{1} << granule_bits;

  struct CreateInfo {
    unsigned index = 0;             ///< Of the shard in its pool.
    std::uint64_t granularity = 1;  ///< bufferImageGranularity.
    std::uint64_t atom = 1;         ///< nonCoherentAtomSize, of which pieces are to have whole ones.
    SuballocationStrategy strategy = SuballocationStrategy::Default;
    bool has_suballocators = false;  ///< Every block has a suballocator of its own.
  };

  explicit MemoryShard(CreateInfo const& info);

  [[nodiscard]] unsigned index() const noexcept { return index_; }

  [[nodiscard]] bool try_lock() noexcept { return lock_.try_lock(); }
  void lock() noexcept { lock_.lock(); }
  void unlock() noexcept { lock_.unlock(); }

  /// \throws std::bad_alloc
  [[nodiscard, gnu::always_inline]] BlockPiece allocate(MemoryRequirements const& wanted);

  /// Takes a piece back, and what else was returned. Answers the blocks that are to be freed: of two without pieces the
  /// larger.
  [[nodiscard]] std::unique_ptr<MemoryBlock> deallocate(MemoryBlock& block, Suballocation const& piece) noexcept;

  /// Takes a piece back at the next turn of whoever locks the shard, if there are many other pieces: whoever gives
  /// those back sees to it. Without the lock.
  [[nodiscard]] bool try_return(MemoryBlock& block, Suballocation const& piece) noexcept {
    return !has_suballocators_ && returned_.try_put({&block, static_cast<FreeList::Handle>(piece.handle)});
  }

  /// Whether `take_returned` has something to do; may be of a moment ago. Without the lock.
  [[nodiscard]] bool has_returned() const noexcept { return !returned_.empty(); }

  /// Takes the pieces that were returned, and answers as `deallocate`.
  [[nodiscard]] std::unique_ptr<MemoryBlock> take_returned() noexcept;

  /// Adds a block, and takes a piece of it or another; if there is no room all the same the block is as it was.
  /// \throws std::bad_alloc, and the block is as it was.
  [[nodiscard]] BlockPiece add_block_and_allocate(std::unique_ptr<MemoryBlock>& block,
                                                  MemoryRequirements const& wanted);

  /// The block without pieces that is kept, to be freed; null if there is none.
  [[nodiscard]] std::unique_ptr<MemoryBlock> take_empty_block() noexcept;

  /// One of the pieces counts apart from now on, until it is adopted to be deallocated.
  void orphan_piece() noexcept {
    uncount_piece();
    ++orphan_count_;
  }
  void adopt_orphan() noexcept {
    count_piece();
    --orphan_count_;
  }

  /// Without those that are orphaned.
  [[nodiscard]] std::uint64_t piece_count() const noexcept { return piece_count_; }
  [[nodiscard]] std::uint64_t orphan_count() const noexcept { return orphan_count_; }
  [[nodiscard]] std::uint64_t block_count() const noexcept { return blocks_.size(); }

  // Figures: may be read without the lock.
  [[nodiscard]] std::uint64_t live_bytes() const noexcept { return live_bytes_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t block_bytes() const noexcept { return block_bytes_.load(std::memory_order_relaxed); }

 private:
  // The range is cut into chunks of this size; a block begins at one, and has all of those that it lies in.
  static constexpr unsigned chunk_bits = 20;

  // With so many pieces, others may be returned later.
  static constexpr std::uint64_t many_pieces = 64;

  [[nodiscard]] std::unique_ptr<MemoryBlock> take_back(MemoryBlock& block, Suballocation const& piece) noexcept;
  [[nodiscard, gnu::always_inline]] BlockPiece from_list(std::uint64_t size, std::uint64_t alignment,
                                                         ResourceTiling tiling);
  [[nodiscard]] FreeList::Handle search(std::uint32_t granules, std::uint64_t alignment_mask, ResourceTiling tiling);
  [[nodiscard]] BlockPiece in_whole_atoms(MemoryRequirements const& wanted);
  [[nodiscard]] BlockPiece from_suballocators(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling);
  void count(BlockPiece const& found) noexcept;
  void count_piece() noexcept {
    if (++piece_count_ == many_pieces) [[unlikely]] {
      returned_.set_open(true);
    }
  }
  void uncount_piece() noexcept {
    if (piece_count_-- == many_pieces) [[unlikely]] {
      returned_.set_open(false);
    }
  }
  [[nodiscard]] std::unique_ptr<MemoryBlock> became_empty(MemoryBlock& block) noexcept;
  [[nodiscard]] bool add_to_range(MemoryBlock& block, std::uint64_t alignment);
  [[nodiscard]] std::unique_ptr<MemoryBlock> remove(MemoryBlock& block) noexcept;

  ShortLock lock_;
  unsigned const index_;
  bool const has_suballocators_;
  bool const heeds_atoms_;  ///< Which whole granules do not do by themselves.
  bool const takes_lowest_;
  std::uint64_t const granularity_;
  std::uint64_t const atom_;
  FreeList list_;
  std::vector<MemoryBlock*> chunks_;  ///< The block of each, or null.
  std::vector<std::unique_ptr<MemoryBlock>> blocks_;
  MemoryBlock* empty_block_ = nullptr;  ///< The only one without pieces.
  std::uint64_t piece_count_ = 0;
  std::uint64_t orphan_count_ = 0;
  std::atomic<std::uint64_t> live_bytes_{0};
  std::atomic<std::uint64_t> block_bytes_{0};
  ReturnedPieces
      returned_;  ///< Closed while there are few pieces: at most a few are left in it then for the next turn.
};

inline BlockPiece MemoryShard::allocate(MemoryRequirements const& wanted) {
  return heeds_atoms_ ? in_whole_atoms(wanted) : from_list(wanted.size, wanted.alignment, wanted.tiling);
}

inline BlockPiece MemoryShard::from_list(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling) {
  std::uint64_t const all_granules = ((size - 1) >> granule_bits) + 1;
  std::uint64_t const alignment_mask = (alignment - 1) >> granule_bits;
  if (all_granules > list_.free()) {
    return {};
  }
  auto const granules = static_cast<std::uint32_t>(all_granules);
  FreeList::Handle piece = 0;
  if (takes_lowest_) [[likely]] {
    piece = list_.allocate_lowest_at_once(granules, alignment_mask, tiling);
  } else if (alignment_mask == 0 && list_.takes_first(tiling)) {
    piece = list_.allocate_at_once(granules, tiling);
  }
  if (piece == 0) [[unlikely]] {
    piece = search(granules, alignment_mask, tiling);
  }
  if (piece == 0) {
    return {};
  }
  std::uint64_t const offset = std::uint64_t{list_.offset(piece)} << granule_bits;
  MemoryBlock& block = *chunks_[offset >> chunk_bits];
  BlockPiece const found{
      &block, {offset - block.begin, std::uint64_t{list_.size(piece)} << granule_bits, std::uint64_t{piece}}};
  count(found);
  return found;
}

inline std::unique_ptr<MemoryBlock> MemoryShard::deallocate(MemoryBlock& block, Suballocation const& piece) noexcept {
  std::unique_ptr<MemoryBlock> surplus = take_back(block, piece);
  if (has_returned()) [[unlikely]] {
    std::unique_ptr<MemoryBlock> more = take_returned();
    (surplus == nullptr ? surplus : surplus->next) = std::move(more);
  }
  return surplus;
}

inline std::unique_ptr<MemoryBlock> MemoryShard::take_back(MemoryBlock& block, Suballocation const& piece) noexcept {
  if (has_suballocators_) {
    block.suballocator->deallocate(piece);
  } else {
    block.free_node = list_.deallocate(static_cast<FreeList::Handle>(piece.handle));
  }
  uncount_piece();
  live_bytes_.store(live_bytes() - piece.size, std::memory_order_relaxed);
  return --block.piece_count == 0 ? became_empty(block) : nullptr;
}

inline void MemoryShard::count(BlockPiece const& found) noexcept {
  count_piece();
  live_bytes_.store(live_bytes() + found.piece.size, std::memory_order_relaxed);
  ++found.block->piece_count;
  if (found.block == empty_block_) {
    empty_block_ = nullptr;
  }
}

}  // namespace ashlar::detail
