#pragma once

#include <ashlar/suballocator/suballocator.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ashlar::test {

/// What a suballocator must keep to, without any cleverness: every question looks at every piece.
///
/// Positions are counted from the region's begin, so that a region which ends at 2^64 is no special case.
class NaiveModel {
 public:
  struct Piece {
    Suballocation suballocation;
    ResourceTiling tiling;
  };

  explicit NaiveModel(SuballocatorCreateInfo const& info) : info_{info} {}

  std::vector<Piece> const& pieces() const { return pieces_; }

  /// Whether the piece is a right answer to that request.
  bool accepts(Suballocation const& piece, std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling) const {
    return piece.size >= size && piece.offset % alignment == 0 &&
           can_hold(piece.offset - info_.region.offset, piece.size, tiling);
  }

  void add(Suballocation const& piece, ResourceTiling tiling) { pieces_.push_back({piece, tiling}); }

  Suballocation remove(std::size_t index) {
    Suballocation const piece = pieces_[index].suballocation;
    pieces_[index] = pieces_.back();
    pieces_.pop_back();
    return piece;
  }

  std::uint64_t free_size() const {
    std::uint64_t size = info_.region.size;
    for (Piece const& piece : pieces_) {
      size -= piece.suballocation.size;
    }
    return size;
  }

  /// Whether there is a place for exactly that size. The lowest place in a gap is at its begin, or behind the
  /// granularity unit that the piece before it reaches into.
  bool has_room(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling) const {
    auto const fits_behind = [&](std::uint64_t begin) {
      return can_hold(aligned(begin, alignment), size, tiling) ||
             can_hold(aligned(begin, std::max(alignment, info_.granularity)), size, tiling);
    };
    return fits_behind(0) || std::any_of(pieces_.begin(), pieces_.end(),
                                         [&](Piece const& piece) { return fits_behind(last(piece) + 1); });
  }

 private:
  std::uint64_t first(Piece const& piece) const { return piece.suballocation.offset - info_.region.offset; }
  std::uint64_t last(Piece const& piece) const { return first(piece) + (piece.suballocation.size - 1); }

  /// The granularity unit of a position.
  std::uint64_t unit(std::uint64_t position) const { return (info_.region.offset + position) / info_.granularity; }

  /// The first position from there on that is aligned, or one outside the region.
  std::uint64_t aligned(std::uint64_t position, std::uint64_t alignment) const {
    std::uint64_t const remainder = (info_.region.offset + position) % alignment;
    std::uint64_t const step = remainder == 0 ? 0 : alignment - remainder;
    return position > info_.region.size || step > info_.region.size - position ? info_.region.size : position + step;
  }

  bool can_hold(std::uint64_t position, std::uint64_t size, ResourceTiling tiling) const {
    if (position >= info_.region.size || size > info_.region.size - position) {
      return false;
    }
    std::uint64_t const end = position + (size - 1);
    return std::none_of(pieces_.begin(), pieces_.end(), [&](Piece const& piece) {
      bool const overlaps = position <= last(piece) && first(piece) <= end;
      bool const shares_unit = unit(position) <= unit(last(piece)) && unit(first(piece)) <= unit(end);
      return overlaps || (shares_unit && piece.tiling != tiling);
    });
  }

  SuballocatorCreateInfo info_;
  std::vector<Piece> pieces_;
};

}  // namespace ashlar::test
