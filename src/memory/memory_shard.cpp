#include "memory/memory_shard.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace ashlar::detail {
namespace {

/// Where that many chunks in a row are free, from a multiple of `alignment` on; they may lie behind the last.
std::size_t find_chunks(std::vector<MemoryBlock*> const& chunks, std::size_t count, std::size_t alignment) noexcept {
  std::size_t begin = 0;
  while (begin < chunks.size()) {
    auto const first = chunks.begin() + static_cast<std::ptrdiff_t>(begin);
    auto const last = first + static_cast<std::ptrdiff_t>(std::min(count, chunks.size() - begin));
    if (std::all_of(first, last, [](MemoryBlock const* block) { return block == nullptr; })) {
      break;
    }
    begin += alignment;
  }
  return begin;
}

}  // namespace

MemoryBlock::MemoryBlock(MemoryPool& its_pool, DeviceMemory its_memory) noexcept
    : pool{its_pool}, memory{std::move(its_memory)} {}

MemoryBlock::~MemoryBlock() = default;

MemoryShard::MemoryShard(CreateInfo const& info)
    : index_{info.index},
      has_suballocators_{info.has_suballocators},
      heeds_atoms_{info.has_suballocators || info.atom > granule},
      takes_lowest_{info.strategy != SuballocationStrategy::MinTime},
      granularity_{info.granularity},
      atom_{info.atom},
      list_{std::max<std::uint64_t>(info.granularity >> granule_bits, 1), 0,
            takes_lowest_ ? FreeList::Search::LowestOfMany : FreeList::Search::First} {}

/// Not inline, so that the usual way is short.
FreeList::Handle MemoryShard::search(std::uint32_t granules, std::uint64_t alignment_mask, ResourceTiling tiling) {
  return list_.allocate(granules, alignment_mask, tiling);
}

BlockPiece MemoryShard::in_whole_atoms(MemoryRequirements const& wanted) {
  std::uint64_t const size = align_up(wanted.size, atom_);
  std::uint64_t const alignment = std::max(wanted.alignment, atom_);
  return has_suballocators_ ? from_suballocators(size, alignment, wanted.tiling)
                            : from_list(size, alignment, wanted.tiling);
}

BlockPiece MemoryShard::from_suballocators(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling) {
  for (std::unique_ptr<MemoryBlock> const& block : blocks_) {
    if (block->suballocator->free_size() >= size) {
      if (Suballocation const piece = block->suballocator->allocate(size, alignment, tiling)) {
        BlockPiece const found{block.get(), piece};
        count(found);
        return found;
      }
    }
  }
  return {};
}

BlockPiece MemoryShard::add_block_and_allocate(std::unique_ptr<MemoryBlock>& block, MemoryRequirements const& wanted) {
  blocks_.reserve(blocks_.size() + 1);
  if (!has_suballocators_ && !add_to_range(*block, wanted.alignment)) {
    return {};
  }
  MemoryBlock& added = *block;
  added.shard = this;
  blocks_.push_back(std::move(block));
  block_bytes_.store(block_bytes() + added.memory.size(), std::memory_order_relaxed);
  BlockPiece found;
  try {
    found = allocate(wanted);
  } catch (...) {
    block = remove(added);
    throw;
  }
  if (added.piece_count == 0) {
    block = remove(added);
  }
  return found;
}

/// Gives the block a part of the range; false if the range is full.
bool MemoryShard::add_to_range(MemoryBlock& block, std::uint64_t alignment) {
  constexpr std::uint64_t most_chunks = std::uint64_t{1} << (32 + granule_bits - chunk_bits);
  std::uint64_t const chunk = std::uint64_t{1} << chunk_bits;
  std::uint64_t const count = ((block.memory.size() - 1) >> chunk_bits) + 1;
  // Alignments count from the range's begin: it has to be as good as the block's.
  std::uint64_t const begin_alignment = std::max({std::bit_ceil(count) << chunk_bits, alignment, granularity_, chunk});
  std::uint64_t const begin = find_chunks(chunks_, count, begin_alignment >> chunk_bits);
  if (begin + count >= most_chunks) {
    return false;
  }
  chunks_.resize(std::max<std::size_t>(chunks_.size(), begin + count));
  block.free_node = list_.add_region(static_cast<std::uint32_t>(begin << (chunk_bits - granule_bits)),
                                     static_cast<std::uint32_t>(block.memory.size() >> granule_bits));
  block.begin = begin << chunk_bits;
  std::fill_n(chunks_.begin() + static_cast<std::ptrdiff_t>(begin), count, &block);
  return true;
}

std::unique_ptr<MemoryBlock> MemoryShard::take_returned() noexcept {
  ReturnedPieces::Piece pieces[ReturnedPieces::capacity];
  std::size_t const count = returned_.take_all(pieces);
  std::unique_ptr<MemoryBlock> surplus;
  for (std::size_t i = 0; i != count; ++i) {
    std::uint64_t const size = std::uint64_t{list_.size(pieces[i].handle)} << granule_bits;
    std::unique_ptr<MemoryBlock> block = take_back(*pieces[i].block, {.size = size, .handle = pieces[i].handle});
    if (block != nullptr) {
      block->next = std::move(surplus);
      surplus = std::move(block);
    }
  }
  return surplus;
}

std::unique_ptr<MemoryBlock> MemoryShard::became_empty(MemoryBlock& block) noexcept {
  if (empty_block_ == nullptr) {
    empty_block_ = &block;
    return nullptr;
  }
  MemoryBlock& surplus = block.memory.size() > empty_block_->memory.size() ? block : *empty_block_;
  if (&surplus == empty_block_) {
    empty_block_ = &block;
  }
  return remove(surplus);
}

std::unique_ptr<MemoryBlock> MemoryShard::take_empty_block() noexcept {
  MemoryBlock* const block = std::exchange(empty_block_, nullptr);
  return block == nullptr ? nullptr : remove(*block);
}

/// \pre The block has no piece.
std::unique_ptr<MemoryBlock> MemoryShard::remove(MemoryBlock& block) noexcept {
  if (!has_suballocators_) {
    list_.remove_region(block.free_node);
    auto const first = chunks_.begin() + static_cast<std::ptrdiff_t>(block.begin >> chunk_bits);
    std::fill_n(first, ((block.memory.size() - 1) >> chunk_bits) + 1, nullptr);
  }
  auto const place = std::find_if(blocks_.begin(), blocks_.end(), [&](auto const& own) { return own.get() == &block; });
  std::unique_ptr<MemoryBlock> removed = std::move(*place);
  blocks_.erase(place);
  block_bytes_.store(block_bytes() - removed->memory.size(), std::memory_order_relaxed);
  return removed;
}

}  // namespace ashlar::detail
