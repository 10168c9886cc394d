#include "memory/memory_shard.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "memory/memory_allocator_state.hpp"
#include "memory/memory_fixture.hpp"

// One shard alone: how it keeps blocks, and where they lie in its range.

namespace ashlar::test {
namespace {

using detail::BlockPiece;
using detail::MemoryBlock;
using detail::MemoryShard;

class ShardTest {
 protected:
  static constexpr std::uint64_t bytes = 256;

  /// A block whose memory has that size.
  [[nodiscard]] std::unique_ptr<MemoryBlock> make_block(std::uint64_t size) {
    return std::make_unique<MemoryBlock>(detail::Access::state(allocator).pools[0],
                                         DeviceMemory::allocate(device, {.size = size, .memory_type = 0}));
  }

  /// A new block in the shard, and the piece that it came for: all of it, unless that is too much.
  BlockPiece add(std::uint64_t size, std::uint64_t alignment = 1, std::uint64_t piece_size = ~std::uint64_t{0}) {
    std::unique_ptr<MemoryBlock> block = make_block(size);
    MemoryBlock const* const added = block.get();
    BlockPiece const piece =
        shard.add_block_and_allocate(block, {.size = std::min(piece_size, size), .alignment = alignment});
    REQUIRE(piece.block == added);
    REQUIRE(block == nullptr);
    return piece;
  }

  [[nodiscard]] std::unique_ptr<MemoryBlock> take_back(BlockPiece const& found) {
    return shard.deallocate(*found.block, found.piece);
  }

  static Gpu gpu() {
    Gpu info;
    info.memory = discrete_memory();
    return info;
  }

  SimulatedDriver driver{gpu()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  MemoryShard shard{MemoryShard::CreateInfo{}};
};

}  // namespace

TEST_CASE_METHOD(ShardTest, "of two blocks without pieces a shard keeps the smaller", "[memory_shard]") {
  BlockPiece const small = add(mib);
  BlockPiece const large = add(4 * mib);
  bool const small_first = GENERATE(true, false);
  CHECK(take_back(small_first ? small : large) == nullptr);
  CHECK(shard.block_bytes() == 5 * mib);
  std::unique_ptr<MemoryBlock> const surplus = take_back(small_first ? large : small);
  REQUIRE(surplus != nullptr);
  CHECK(surplus->memory.size() == 4 * mib);
  CHECK(surplus->next == nullptr);
  CHECK(shard.block_bytes() == mib);
  CHECK(shard.block_count() == 1);
  CHECK(shard.take_empty_block()->memory.size() == mib);
  CHECK(shard.take_empty_block() == nullptr);
  CHECK(shard.block_count() == 0);
  CHECK_FALSE(shard.allocate({.size = bytes}));
}

TEST_CASE_METHOD(ShardTest, "the block that a shard keeps is none without pieces any more when it gets one",
                 "[memory_shard]") {
  BlockPiece const first = add(mib);
  BlockPiece const second = add(mib);
  CHECK(take_back(first) == nullptr);
  BlockPiece const again = shard.allocate({.size = bytes});
  CHECK(again.block == first.block);
  CHECK(shard.take_empty_block() == nullptr);
  CHECK(take_back(second) == nullptr);
  CHECK(take_back(again) != nullptr);
}

TEST_CASE_METHOD(ShardTest, "the part of the range that a block gives back is used again", "[memory_shard]") {
  BlockPiece const first = add(mib);
  BlockPiece const second = add(3 * mib);
  BlockPiece const third = add(mib);
  CHECK(first.block->begin == 0);
  CHECK(second.block->begin == 4 * mib);  // A multiple of the power of two that it fits into.
  CHECK(third.block->begin == 1 * mib);
  BlockPiece const fourth = add(2 * mib);
  CHECK(fourth.block->begin == 2 * mib);
  CHECK(take_back(second) == nullptr);
  CHECK(shard.take_empty_block() != nullptr);
  CHECK(add(mib).block->begin == 4 * mib);
  CHECK(add(4 * mib).block->begin == 8 * mib);
  CHECK(add(2 * mib).block->begin == 6 * mib);
  CHECK(add(mib).block->begin == 5 * mib);
}

TEST_CASE_METHOD(ShardTest, "what a block does not use of its last chunk is nobody's", "[memory_shard]") {
  BlockPiece const first = add(mib + 512);
  BlockPiece const second = add(mib);
  CHECK(second.block->begin == 2 * mib);
  CHECK(take_back(first) == nullptr);
  for (std::uint64_t count = 0; count != mib / bytes + 2; ++count) {
    BlockPiece const piece = shard.allocate({.size = bytes});
    REQUIRE(piece.block == first.block);
    REQUIRE(piece.piece.offset + piece.piece.size <= first.block->memory.size());
  }
  CHECK_FALSE(shard.allocate({.size = bytes}));
}

TEST_CASE_METHOD(ShardTest, "a block for a piece of a large alignment begins at a multiple of it", "[memory_shard]") {
  static_cast<void>(add(mib));  // Moves the others' parts.
  for (std::uint64_t alignment = mib; alignment <= 64 * mib; alignment *= 2) {
    BlockPiece const piece = add(3 * mib, alignment);
    CHECK(piece.piece.offset == 0);
    CHECK(piece.block->begin % alignment == 0);
  }
}

TEST_CASE_METHOD(ShardTest, "a shard whose range is full takes no more blocks", "[memory_shard]") {
  constexpr std::uint64_t half = std::uint64_t{1} << 39U;  // 2^20 chunks of 1 MiB are all.
  static_cast<void>(add(mib));
  BlockPiece const high = add(mib, half);
  CHECK(high.block->begin == half);
  CHECK(high.piece.offset == 0);
  std::unique_ptr<MemoryBlock> block = make_block(mib);
  CHECK_FALSE(shard.add_block_and_allocate(block, {.size = bytes, .alignment = half}));
  REQUIRE(block != nullptr);
  CHECK(shard.block_count() == 2);
  CHECK(shard.block_bytes() == 2 * mib);
  CHECK(add(mib).block->begin == mib);

  // The resource gets dedicated memory then.
  std::vector<MemoryAllocation> allocations;
  for (int i = 0; i < 3; ++i) {
    allocations.push_back(allocator.allocate({.size = bytes, .alignment = half}, {}));
    CHECK(allocations.back().is_dedicated() == (i == 2));
  }
}

TEST_CASE_METHOD(ShardTest, "a block that was not needed stays its maker's", "[memory_shard]") {
  BlockPiece const first = add(mib, 1, bytes);
  std::unique_ptr<MemoryBlock> block = make_block(mib);
  BlockPiece const found = shard.add_block_and_allocate(block, {.size = bytes});
  CHECK(found.block == first.block);
  REQUIRE(block != nullptr);
  CHECK(shard.block_count() == 1);
  CHECK(shard.block_bytes() == mib);
  block = nullptr;
  CHECK(add(mib).block->begin == mib);
}

TEST_CASE_METHOD(ShardTest, "pieces that were returned stay pieces until the shard's next turn", "[memory_shard]") {
  BlockPiece const block = add(mib, 1, bytes);
  CHECK_FALSE(shard.try_return(*block.block, block.piece));  // There are few.
  std::vector<BlockPiece> pieces{block};
  while (pieces.size() < 64) {
    pieces.push_back(shard.allocate({.size = bytes}));
  }
  auto const return_last = [&] { return shard.try_return(*pieces.back().block, pieces.back().piece); };
  for (int i = 0; i < 7; ++i) {
    CHECK(return_last());
    pieces.pop_back();
  }
  CHECK_FALSE(return_last());  // It is full.
  CHECK(shard.has_returned());
  CHECK(shard.piece_count() == 64);
  CHECK(shard.live_bytes() == 64 * bytes);
  SECTION("with another piece") {
    CHECK(take_back(pieces.back()) == nullptr);
    pieces.pop_back();
  }
  SECTION("alone") { CHECK(shard.take_returned() == nullptr); }
  CHECK_FALSE(shard.has_returned());
  CHECK(shard.piece_count() == pieces.size());
  CHECK(shard.live_bytes() == pieces.size() * bytes);
  CHECK_FALSE(return_last());  // There are few again.
  pieces.push_back(shard.allocate({.size = mib - pieces.size() * bytes}));
  CHECK(pieces.back());  // They are free to be had.
}

TEST_CASE_METHOD(ShardTest, "all blocks that returned pieces empty are given back at once, but for one",
                 "[memory_shard]") {
  std::vector<BlockPiece> pieces;
  for (int i = 0; i < 70; ++i) {
    pieces.push_back(add(i < 35 ? mib : 2 * mib));
  }
  for (int i = 0; i < 7; ++i) {
    CHECK(shard.try_return(*pieces.back().block, pieces.back().piece));
    pieces.pop_back();
  }
  std::unique_ptr<MemoryBlock> const surplus = take_back(pieces.front());  // It is small, and kept.
  std::size_t count = 0;
  for (MemoryBlock const* block = surplus.get(); block != nullptr; block = block->next.get()) {
    CHECK(block->memory.size() == 2 * mib);
    ++count;
  }
  CHECK(count == 7);
  CHECK(shard.block_count() == 63);
  CHECK(shard.take_empty_block() != nullptr);
}

TEST_CASE_METHOD(ShardTest, "larger atoms are heeded, smaller ones are in whole granules already", "[memory_shard]") {
  MemoryShard of_atoms{MemoryShard::CreateInfo{.atom = 4096}};
  std::unique_ptr<MemoryBlock> block = make_block(mib);
  for (int i = 0; i < 10; ++i) {
    BlockPiece const piece = i == 0 ? of_atoms.add_block_and_allocate(block, {.size = 100, .alignment = 4})
                                    : of_atoms.allocate({.size = 100, .alignment = 4});
    REQUIRE(piece);
    CHECK(piece.piece.offset % 4096 == 0);
    CHECK(piece.piece.size % 4096 == 0);
  }
}

}  // namespace ashlar::test
