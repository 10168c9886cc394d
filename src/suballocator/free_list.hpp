#pragma once

#include <ashlar/suballocator/suballocator.hpp>

#include "padding.hpp"
#include "size_bins.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ashlar::detail {

/// Divides regions of one range of numbers: the algorithm of FreeListAllocator, which has one region, and of a
/// memory type's blocks, each of which is one. Counts granules, whatever these are.
///
/// Everything that runs for every piece is inline, and compiled into the two of them.
class FreeList {
 public:
  /// Names a node.
  using Handle = std::uint32_t;

  /// What a request gets where nothing has to be kept apart.
  enum class Search : std::uint8_t {
    First,         ///< The first good fit.
    Lowest,        ///< The lowest of several good fits: more fits into the same regions.
    LowestOfMany,  ///< The lowest of more, that fit less well: regions of high offsets become empty.
  };

  /// A granularity of 1 keeps nothing apart. The origin is what the offset 0 is, for alignment and granularity.
  FreeList(std::uint64_t granularity, std::uint64_t origin, Search search)
      : search_{search}, granularity_mask_{granularity - 1}, origin_{origin} {
    forget_tilings();
    nodes_.push_back({.next_free = mark_sentinel});
    reserve_nodes();
  }

  /// \pre The region overlaps no other, and holds at least one granule; none of its granularity units is another's.
  /// Answers the region's free node.
  /// \throws std::bad_alloc
  Handle add_region(std::uint32_t offset, std::uint32_t size);

  /// \pre The region has no piece, and `free_node` is its only one: `add_region` or the last `deallocate` answered it.
  void remove_region(Handle free_node) noexcept;

  /// Whether the first good fit will do: it is what is searched for, and nothing has to be aligned or kept apart.
  [[nodiscard]] bool takes_first(ResourceTiling tiling) const noexcept {
    return searches_[static_cast<std::size_t>(tiling)] == 0;
  }

  /// The first good fit, if the first look finds it; else 0, and `allocate` is to be asked. Calls no function.
  /// \pre `takes_first`
  [[nodiscard]] Handle allocate_at_once(std::uint32_t size, ResourceTiling tiling) noexcept;

  /// The lowest of several good fits, likewise.
  [[nodiscard]] Handle allocate_lowest_at_once(std::uint32_t size, std::uint64_t alignment_mask,
                                               ResourceTiling tiling) noexcept;

  /// A piece, or 0 if there is no room. The offset is a multiple of `alignment_mask` + 1, a power of two.
  /// \throws std::bad_alloc when the bookkeeping cannot grow; nothing has changed then.
  [[nodiscard]] Handle allocate(std::uint32_t size, std::uint64_t alignment_mask, ResourceTiling tiling);

  /// Of a piece.
  [[nodiscard]] std::uint32_t offset(Handle piece) const noexcept { return at(piece).offset; }
  [[nodiscard]] std::uint32_t size(Handle piece) const noexcept { return at(piece).size; }

  /// The free node that now holds the piece's granules.
  Handle deallocate(Handle piece) noexcept;

  /// Granules that no piece has.
  [[nodiscard]] std::uint64_t free() const noexcept { return free_; }

 private:
  // Up to this alignment sizes are rounded up to it: no range ends up between two multiples of it then.
  static constexpr std::uint64_t rounded_alignment = 16;

  // How many ranges of the floor bin are compared for the lowest; how many bins are tried by their first range alone
  // before a larger bin is taken where any range fits; and how many ranges are looked at when that bin is empty.
  static constexpr unsigned compared_ranges = 3;
  static constexpr unsigned quick_search_limit = 8;
  static constexpr unsigned search_limit = 64;

  // Node 0 is never free. It lies before the first and behind the last node of every region, so that these have
  // neighbours too; it ends every list, and takes the writes of list code that would otherwise test.
  static constexpr Handle sentinel = 0;

  // What `next_free` holds in a node that is not free. The two tilings differ in the lowest bit.
  static constexpr std::uint32_t mark_sentinel = 0xFFFF'FFFD;
  static constexpr std::uint32_t mark_linear = 0xFFFF'FFFE;

  [[nodiscard]] static constexpr std::uint32_t mark_of(ResourceTiling tiling) noexcept {
    return mark_linear + static_cast<std::uint32_t>(tiling);
  }

  static constexpr std::uint64_t tiling_is_new = std::uint64_t{1} << 63;

  // A stretch of a region, free or a piece.
  struct Node {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    Handle previous = sentinel;  // By address.
    Handle next = sentinel;      // By address, or in the list of spare nodes.
    Handle previous_free = sentinel;
    std::uint32_t next_free = sentinel;  // In the list of the bin, or a mark.

    [[nodiscard]] bool is_free() const noexcept { return next_free < mark_sentinel; }
  };
  static_assert(sizeof(Node) == 24);

  // A handle counts words of 8 bytes: to reach a node then takes no multiplication.
  static constexpr Handle words_per_node = 3;

  struct Request {
    std::uint32_t size;
    std::uint64_t alignment_mask;
    ResourceTiling tiling;
  };

  // A free node, or the sentinel, and the bin that it is in.
  struct Found {
    Handle node = sentinel;
    Bin bin = 0;
  };

  static constexpr std::uint32_t no_room = 0xFFFF'FFFF;

  // Where a request goes: `lead` granules behind the begin of a free node.
  struct Place {
    Found found;
    std::uint32_t lead = 0;

    explicit operator bool() const noexcept { return found.node != sentinel; }
  };

  [[nodiscard]] Node& at(Handle handle) noexcept {
    return *reinterpret_cast<Node*>(reinterpret_cast<std::byte*>(nodes_.data()) + std::size_t{handle} * 8);
  }
  [[nodiscard]] Node const& at(Handle handle) const noexcept {
    return *reinterpret_cast<Node const*>(reinterpret_cast<std::byte const*>(nodes_.data()) + std::size_t{handle} * 8);
  }

  [[nodiscard]] Found find_first(std::uint32_t size) const noexcept;
  [[nodiscard]] Found find_rounded(std::uint32_t size, std::uint32_t alignment_mask) const noexcept;
  [[nodiscard]] Found find_in_bin(std::uint32_t size, Bin bin) const noexcept;
  [[nodiscard]] Found find_lowest(std::uint32_t size) const noexcept;
  [[nodiscard]] Handle allocate_apart(Request const& request);
  [[nodiscard]] Place find_apart(Request const& request) const noexcept;
  [[nodiscard]] Place find_further(Request const& request) const noexcept;
  [[nodiscard]] std::uint32_t lead_in(Handle node, Request const& request) const noexcept;

  [[nodiscard]] Found split(Place place);
  Handle cut(Found found, std::uint32_t size, ResourceTiling tiling) noexcept;
  void resize(Handle handle, Bin bin, std::uint32_t size) noexcept;
  void link(Handle handle, Bin bin) noexcept;
  void unlink(Handle handle, Bin bin) noexcept;
  Handle insert_before(Handle next, std::uint32_t offset, std::uint32_t size) noexcept;
  void make_spare(Handle handle) noexcept;
  void reserve_nodes();
  void set_total(std::uint64_t total) noexcept;
  void forget_tilings() noexcept;
  void set_apart(ResourceTiling tiling, std::uint64_t apart) noexcept;
  void note_tiling(ResourceTiling tiling) noexcept;

  std::vector<Node> nodes_;
  Handle spare_nodes_ = sentinel;
  BinSet used_bins_;
  Handle heads_[bin_count + 1] = {};  // The last stays empty.
  std::uint64_t free_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t wide_search_bins_ = 0;
  std::uint64_t wide_search_free_ = 0;
  std::uint32_t wide_search_size_ = 0;
  Search search_;
  std::uint64_t granularity_mask_;
  std::uint64_t origin_;

  // By tiling: from what such a piece has to be kept apart, the granularity less 1; 0 if there is nothing of the other
  // tiling; `tiling_is_new` if there is nothing of this.
  std::uint64_t apart_[2];
  std::uint64_t searches_[2];  // The same, and not 0 either where the search is another than for the first.
};

/// The head of the floor bin if it fits, else that of the next bin in use, where any does.
inline FreeList::Handle FreeList::allocate_at_once(std::uint32_t size, ResourceTiling tiling) noexcept {
  if (spare_nodes_ == sentinel) [[unlikely]] {
    return sentinel;
  }
  Bin bin = floor_bin(size);
  Handle node = heads_[bin];
  if (at(node).size < size) {
    bin = used_bins_.first_from(bin + 1);
    if (bin == bin_count) [[unlikely]] {
      return sentinel;
    }
    node = heads_[bin];
  }
  return cut({node, bin}, size, tiling);
}

inline FreeList::Handle FreeList::allocate_lowest_at_once(std::uint32_t size, std::uint64_t alignment_mask,
                                                          ResourceTiling tiling) noexcept {
  if ((alignment_mask | apart_[static_cast<std::size_t>(tiling)]) != 0 || spare_nodes_ == sentinel) [[unlikely]] {
    return sentinel;
  }
  Found const found = find_lowest(size);
  return found.node != sentinel ? cut(found, size, tiling) : sentinel;
}

inline FreeList::Handle FreeList::allocate(std::uint32_t size, std::uint64_t alignment_mask, ResourceTiling tiling) {
  if (search_ != Search::First) {
    if (Handle const piece = allocate_lowest_at_once(size, alignment_mask, tiling); piece != sentinel) [[likely]] {
      return piece;
    }
  }
  if (spare_nodes_ == sentinel) [[unlikely]] {
    reserve_nodes();
  }
  std::uint64_t const& apart = apart_[static_cast<std::size_t>(tiling)];
  if (apart == tiling_is_new) [[unlikely]] {
    note_tiling(tiling);
  }
  if (apart == 0 && alignment_mask < rounded_alignment) {
    auto const mask = static_cast<std::uint32_t>(alignment_mask);
    Found const found = find_rounded((size + mask) & ~mask, mask);
    if (found.node != sentinel) [[likely]] {
      return cut(found, (size + mask) & ~mask, tiling);
    }
    if (mask == 0) {
      return sentinel;
    }
  }
  return allocate_apart({size, alignment_mask, tiling});
}

/// A range that begins at a multiple of the alignment, as all do where sizes are rounded up to it; a size of 0 is one
/// that 32 bits did not hold.
inline FreeList::Found FreeList::find_rounded(std::uint32_t size, std::uint32_t alignment_mask) const noexcept {
  if (size == 0) [[unlikely]] {
    return {};
  }
  Found found = search_ == Search::First ? find_first(size) : find_lowest(size);
  if (found.node == sentinel) [[unlikely]] {
    found = find_in_bin(size, floor_bin(size));
  }
  bool const aligned = ((origin_ + at(found.node).offset) & alignment_mask) == 0;
  return aligned ? found : Found{};
}

/// The head of the floor bin if it fits, else that of the next bin in use, where any does.
inline FreeList::Found FreeList::find_first(std::uint32_t size) const noexcept {
  Bin bin = floor_bin(size);
  if (at(heads_[bin]).size < size) {
    bin = used_bins_.first_from(bin + 1);
  }
  return {heads_[bin], bin};
}

/// Where alignment or the neighbours' tiling may cost a part of the range: the first good fit.
inline FreeList::Handle FreeList::allocate_apart(Request const& request) {
  Place place = find_apart(request);
  if (!place) {
    return sentinel;
  }
  if (place.lead != 0) {
    place.found = split(place);
  }
  return cut(place.found, request.size, request.tiling);
}

/// A place in the floor bin's head or in the first range of one of the next bins; else as `find_further`.
inline FreeList::Place FreeList::find_apart(Request const& request) const noexcept {
  Bin bin = floor_bin(request.size);
  for (unsigned count = quick_search_limit; count != 0; --count) {
    std::uint32_t const lead = lead_in(heads_[bin], request);
    if (lead != no_room) {
      return {{heads_[bin], bin}, lead};
    }
    bin = used_bins_.first_from(bin + 1);
    if (bin == bin_count) [[unlikely]] {
      break;
    }
  }
  return find_further(request);
}

/// Granules between the begin of a free node and the lowest place in it, or `no_room`. To look at the two neighbours is
/// enough: what lies beyond one of them in the same granularity unit has its tiling.
inline std::uint32_t FreeList::lead_in(Handle node, Request const& request) const noexcept {
  Node const& range = at(node);
  if (range.size < request.size) {
    return no_room;
  }
  std::uint32_t const other_mark = mark_of(request.tiling) ^ 1;
  std::uint64_t const begin = origin_ + range.offset;
  std::uint64_t lead_mask = request.alignment_mask;
  if (at(range.previous).next_free == other_mark) {
    lead_mask |= granularity_mask_;
  }
  std::uint64_t const lead = (0 - begin) & lead_mask;
  std::uint64_t lost = lead;
  if (at(range.next).next_free == other_mark) {
    lost += (begin + range.size) & granularity_mask_;
  }
  return lost <= range.size - request.size ? static_cast<std::uint32_t>(lead) : no_room;
}

/// The lowest of the ranges that fit among the first of the floor bin and, unless it fits exactly or memory is short,
/// the first ranges of the next bins; else the next bin's first.
inline FreeList::Found FreeList::find_lowest(std::uint32_t size) const noexcept {
  Bin const floor = floor_bin(size);
  Found best;
  std::uint32_t lowest = 0xFFFF'FFFF;
  Handle node = heads_[floor];
  for (unsigned count = compared_ranges; node != sentinel && count != 0; --count) {
    Node const& range = at(node);
    if (range.size >= size && range.offset < lowest) {
      best = {node, floor};
      lowest = range.offset;
    }
    node = range.next_free;
  }
  bool const exact = at(best.node).size == size;
  if (!exact && free_ > wide_search_free_ && size <= wide_search_size_) {
    for (std::uint64_t bins = used_bins_.window(floor + 1) & wide_search_bins_; bins != 0; bins &= bins - 1) {
      Bin const bin = floor + 1 + static_cast<Bin>(std::countr_zero(bins));
      Handle const head = heads_[bin];
      if (at(head).offset < lowest) {
        best = {head, bin};
        lowest = at(head).offset;
      }
    }
  }
  if (best.node == sentinel) {
    Bin const bin = used_bins_.first_from(floor + 1);
    best = {heads_[bin], bin};
  }
  return best;
}

/// Makes the low end of a free range a piece.
/// \pre A spare node is there.
inline FreeList::Handle FreeList::cut(Found found, std::uint32_t size, ResourceTiling tiling) noexcept {
  auto const [handle, bin] = found;
  std::uint32_t const mark = mark_of(tiling);
  Node& range = at(handle);
  free_ -= size;
  std::uint32_t const rest = range.size - size;
  if (rest == 0) {
    unlink(handle, bin);
    range.next_free = mark;
    return handle;
  }
  Handle const piece = spare_nodes_;
  Node& node = at(piece);
  spare_nodes_ = node.next;
  std::uint32_t const offset = range.offset;
  Handle const previous = range.previous;
  at(previous).next = piece;
  node.offset = offset;
  node.size = size;
  range.previous = piece;
  node.previous = previous;
  node.next = handle;
  range.offset = offset + size;
  node.next_free = mark;
  resize(handle, bin, rest);
  return piece;
}

inline FreeList::Handle FreeList::deallocate(Handle piece) noexcept {
  Node& freed = at(piece);
  assert(!freed.is_free());
  std::uint32_t size = freed.size;
  free_ += size;
  Handle const previous = freed.previous;
  Handle const next = freed.next;
  Node& low = at(previous);
  Node& high = at(next);
  if (low.is_free()) {
    Bin const bin = floor_bin(low.size);
    size += low.size;
    Handle behind = next;
    make_spare(piece);
    if (high.is_free()) {
      size += high.size;
      behind = high.next;
      unlink(next, floor_bin(high.size));
      make_spare(next);
    }
    low.next = behind;
    at(behind).previous = previous;
    resize(previous, bin, size);
    return previous;
  }
  if (high.is_free()) {
    high.offset = freed.offset;
    high.previous = previous;
    low.next = next;
    make_spare(piece);
    resize(next, floor_bin(high.size), high.size + size);
    return next;
  }
  link(piece, floor_bin(size));
  return piece;
}

/// Changes the size of a free node that is in that bin.
inline void FreeList::resize(Handle handle, Bin bin, std::uint32_t size) noexcept {
  at(handle).size = size;
  Bin const new_bin = floor_bin(size);
  if (new_bin != bin) {
    unlink(handle, bin);
    link(handle, new_bin);
  }
}

/// Puts a free node into its bin: first, or second behind a head of a lower address. That bias keeps pieces low and
/// the region's upper end whole.
inline void FreeList::link(Handle handle, Bin bin) noexcept {
  Node& node = at(handle);
  Handle const head = heads_[bin];
  if (head == sentinel) {
    heads_[bin] = handle;
    node.previous_free = sentinel;
    node.next_free = sentinel;
    used_bins_.insert(bin);
    return;
  }
  // Without a branch, which nobody could predict.
  Node& first = at(head);
  bool const second = first.offset < node.offset;
  std::uint32_t& place = second ? first.next_free : heads_[bin];
  node.previous_free = second ? head : sentinel;
  Handle const next = place;
  node.next_free = next;
  at(next).previous_free = handle;
  place = handle;
}

inline void FreeList::unlink(Handle handle, Bin bin) noexcept {
  Node const& node = at(handle);
  Handle const next = node.next_free;
  Handle const previous = node.previous_free;
  at(next).previous_free = previous;
  if (previous != sentinel) {
    at(previous).next_free = next;
    return;
  }
  heads_[bin] = next;
  if (next == sentinel) {
    used_bins_.erase(bin);
  }
}

inline void FreeList::make_spare(Handle handle) noexcept { at(handle).next = std::exchange(spare_nodes_, handle); }

}  // namespace ashlar::detail
