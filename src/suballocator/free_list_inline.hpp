#pragma once

#include "free_list.hpp"

#include <bit>
#include <cassert>
#include <utility>

// What runs for every piece: the inline members of FreeList.

namespace ashlar::detail {

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
  if (found.node == sentinel && alignment_mask == 0) [[unlikely]] {
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
