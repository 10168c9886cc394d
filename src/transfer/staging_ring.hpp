#pragma once

#include <ashlar/buffer/subbuffer.hpp>
#include <ashlar/memory/memory_allocator.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>

namespace ashlar::detail {

class StagingRing;

/// Staging memory in one buffer, divided in a circle: pieces are reserved in order, and their bytes are free again when
/// all earlier ones are released, too.
struct StagingBlock {
  struct Piece {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool released = false;
  };

  StagingRing* ring = nullptr;
  Subbuffer<std::byte[]> buffer;
  std::byte* bytes = nullptr;
  std::deque<Piece> pieces;  ///< The oldest first. Their places are stable.
};

/// A part of staging memory.
struct StagingPiece {
  StagingBlock* block = nullptr;
  StagingBlock::Piece* piece = nullptr;

  [[nodiscard]] explicit operator bool() const noexcept { return block != nullptr; }
  [[nodiscard]] std::byte* bytes() const noexcept { return block->bytes + piece->begin; }
  [[nodiscard]] VkBuffer buffer() const noexcept { return block->buffer.handle(); }
  [[nodiscard]] std::uint64_t offset() const noexcept { return piece->begin; }

  /// For memory that is not coherent: what the host wrote, or is about to read. \throws VulkanError
  void flush() const;
  void invalidate() const;
};

/// The staging memory of one direction. It begins small, grows while it is not enough, up to a limit, and is given back
/// when it was much larger than needed for a long time.
///
/// Threads: one at a time, but for `make_block`.
class StagingRing {
 public:
  struct CreateInfo {
    MemoryUsage usage = MemoryUsage::Staging;
    BufferUsage buffer_usage = BufferUsage::TransferSource;
    std::uint64_t max_size = 0;
  };

  StagingRing(MemoryAllocator allocator, CreateInfo const& info);

  /// A piece, if there is room.
  /// \throws std::bad_alloc
  [[nodiscard]] StagingPiece try_reserve(std::uint64_t size);

  /// Lets a piece go. Answers blocks that are not needed any more, which the caller destroys without a lock.
  [[nodiscard]] std::list<StagingBlock> release(StagingPiece const& piece) noexcept;

  /// Of the block that is in use.
  [[nodiscard]] std::uint64_t in_use_size() const noexcept {
    return blocks_.empty() ? 0 : blocks_.back().buffer.size();
  }

  /// The size of a block to make where there is no room for `size` bytes; 0 if it may not grow.
  [[nodiscard]] std::uint64_t larger_size(std::uint64_t size) const noexcept;

  /// A block, not in use yet.
  /// \throws OutOfMemoryError, VulkanError
  [[nodiscard]] std::list<StagingBlock> make_block(std::uint64_t size);

  /// Uses the block from now on, unless a larger one came meanwhile. Answers as `release`.
  [[nodiscard]] std::list<StagingBlock> use_block(std::list<StagingBlock>&& block) noexcept;

  /// All blocks without a piece, to be destroyed without a lock.
  [[nodiscard]] std::list<StagingBlock> take_idle() noexcept;

  /// Of all blocks.
  [[nodiscard]] std::uint64_t size() const noexcept;
  [[nodiscard]] std::uint64_t max_size() const noexcept { return max_size_; }

 private:
  [[nodiscard]] bool is_oversized() noexcept;

  MemoryAllocator allocator_;
  CreateInfo info_;
  std::uint64_t max_size_;
  std::uint64_t alignment_;
  std::list<StagingBlock> blocks_;  ///< The last is in use; the others are until their pieces are released.

  std::uint64_t peak_ = 0;  ///< The most bytes that were reserved at once in this period.
  std::uint32_t idle_turns_ = 0;
};

}  // namespace ashlar::detail
