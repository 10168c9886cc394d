#include "transfer/staging_ring.hpp"

#include "buffer/buffer_state.hpp"
#include "device/device_state.hpp"

#include <algorithm>
#include <bit>

namespace ashlar::detail {
namespace {

constexpr std::uint64_t least_size = std::uint64_t{1} << 20U;
/// So often it was empty before it is looked at whether it is too large.
constexpr std::uint32_t period = 64;
constexpr std::uint64_t least_alignment = 64;  // A cache line.

/// Where a piece may begin; the block's size if nowhere.
std::uint64_t find_place(StagingBlock const& block, std::uint64_t size) noexcept {
  std::uint64_t const all = block.buffer.size();
  if (block.pieces.empty()) {
    return size <= all ? 0 : all;
  }
  std::uint64_t const head = block.pieces.back().end;
  std::uint64_t const tail = block.pieces.front().begin;
  bool const wrapped = block.pieces.back().begin < tail;
  if (wrapped) {
    return size <= tail - head ? head : all;
  }
  if (size <= all - head) {
    return head;
  }
  return size <= tail ? 0 : all;
}

std::uint64_t used_bytes(StagingBlock const& block) noexcept {
  if (block.pieces.empty()) {
    return 0;
  }
  std::uint64_t const head = block.pieces.back().end;
  std::uint64_t const tail = block.pieces.front().begin;
  return head > tail ? head - tail : block.buffer.size() - tail + head;
}

}  // namespace

void StagingPiece::flush() const {
  Access::state(block->buffer.buffer()).flush({.offset = piece->begin, .size = piece->end - piece->begin});
}

void StagingPiece::invalidate() const {
  Access::state(block->buffer.buffer()).invalidate({.offset = piece->begin, .size = piece->end - piece->begin});
}

StagingRing::StagingRing(MemoryAllocator allocator, CreateInfo const& info)
    : allocator_{std::move(allocator)},
      info_{info},
      alignment_{std::max(least_alignment, Access::state(allocator_.device()).limits().non_coherent_atom_size)} {
  std::uint64_t const most = align_down(Access::state(allocator_.device()).limits().max_buffer_size, alignment_);
  max_size_ = std::min(align_up(std::clamp(info.max_size, alignment_, most), alignment_), most);
}

StagingPiece StagingRing::try_reserve(std::uint64_t size) {
  if (blocks_.empty()) {
    return {};
  }
  StagingBlock& block = blocks_.back();
  std::uint64_t const whole = align_up(size, alignment_);
  std::uint64_t const begin = find_place(block, whole);
  if (begin == block.buffer.size()) {
    return {};
  }
  StagingBlock::Piece& piece = block.pieces.emplace_back(StagingBlock::Piece{.begin = begin, .end = begin + whole});
  peak_ = std::max(peak_, used_bytes(block));
  return {&block, &piece};
}

std::list<StagingBlock> StagingRing::release(StagingPiece const& piece) noexcept {
  StagingBlock& block = *piece.block;
  piece.piece->released = true;
  while (!block.pieces.empty() && block.pieces.front().released) {
    block.pieces.pop_front();
  }
  std::list<StagingBlock> unneeded;
  bool const in_use = &block == &blocks_.back();
  if (block.pieces.empty() && (!in_use || is_oversized())) {
    auto const place = std::find_if(blocks_.begin(), blocks_.end(), [&](auto const& own) { return &own == &block; });
    unneeded.splice(unneeded.end(), blocks_, place);
  }
  return unneeded;
}

/// Whether the block in use, which is empty now, was not filled to a quarter for a long time.
bool StagingRing::is_oversized() noexcept {
  if (++idle_turns_ < period) {
    return false;
  }
  std::uint64_t const size = blocks_.back().buffer.size();
  bool const oversized = size > least_size && peak_ <= size / 4;
  idle_turns_ = 0;
  peak_ = 0;
  return oversized;
}

std::uint64_t StagingRing::larger_size(std::uint64_t size) const noexcept {
  std::uint64_t const now = in_use_size();
  if (now >= max_size_ || size > max_size_) {
    return 0;
  }
  return std::min(std::max({now * 2, std::bit_ceil(size), least_size}), max_size_);
}

std::list<StagingBlock> StagingRing::make_block(std::uint64_t size) {
  std::list<StagingBlock> made(1);
  StagingBlock& block = made.back();
  block.buffer = Buffer::create(allocator_, {.usage = info_.buffer_usage, .sharing = Sharing::Exclusive},
                                {.usage = info_.usage}, size, least_alignment);  // In whole atoms by itself.
  block.ring = this;
  block.bytes = block.buffer.unguarded();
  block.buffer.buffer().set_name("ashlar staging");
  return made;
}

std::list<StagingBlock> StagingRing::use_block(std::list<StagingBlock>&& block) noexcept {
  if (!blocks_.empty() && block.back().buffer.size() <= blocks_.back().buffer.size()) {
    return std::move(block);
  }
  std::list<StagingBlock> unneeded;
  if (!blocks_.empty() && blocks_.back().pieces.empty()) {
    unneeded.splice(unneeded.end(), blocks_, std::prev(blocks_.end()));
  }
  blocks_.splice(blocks_.end(), block);
  return unneeded;
}

std::list<StagingBlock> StagingRing::take_idle() noexcept {
  std::list<StagingBlock> idle;
  for (auto block = blocks_.begin(); block != blocks_.end();) {
    auto const next = std::next(block);
    if (block->pieces.empty()) {
      idle.splice(idle.end(), blocks_, block);
    }
    block = next;
  }
  return idle;
}

std::uint64_t StagingRing::size() const noexcept {
  std::uint64_t bytes = 0;
  for (StagingBlock const& block : blocks_) {
    bytes += block.buffer.size();
  }
  return bytes;
}

}  // namespace ashlar::detail
