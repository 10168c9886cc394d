#include "free_list.hpp"

#include <algorithm>
#include <cassert>
#include <new>

namespace ashlar::detail {

FreeList::Handle FreeList::add_region(std::uint32_t offset, std::uint32_t size) {
  if (spare_nodes_ == sentinel) {
    reserve_nodes();
  }
  Handle const node = spare_nodes_;
  spare_nodes_ = at(node).next;
  at(node) = {.offset = offset, .size = size};
  link(node, floor_bin(size));
  free_ += size;
  set_total(total_ + size);
  return node;
}

void FreeList::remove_region(Handle free_node) noexcept {
  assert(at(free_node).is_free() && at(free_node).previous == sentinel && at(free_node).next == sentinel);
  std::uint32_t const size = at(free_node).size;
  unlink(free_node, floor_bin(size));
  make_spare(free_node);
  free_ -= size;
  set_total(total_ - size);
}

/// More bins are looked at while more than a few percent are free, for pieces of less than 1/512 of all.
void FreeList::set_total(std::uint64_t total) noexcept {
  bool const many = search_ == Search::LowestOfMany;
  total_ = total;
  if (free_ == total_) {
    forget_tilings();
  }
  wide_search_bins_ = (std::uint64_t{1} << (many ? 12 : 3)) - 1;
  wide_search_free_ = total * (many ? 9 : 4) / 100;
  wide_search_size_ = static_cast<std::uint32_t>(total / 512);
}

/// \pre There is no piece.
void FreeList::forget_tilings() noexcept {
  set_apart(ResourceTiling::Linear, granularity_mask_ == 0 ? 0 : tiling_is_new);
  set_apart(ResourceTiling::Optimal, granularity_mask_ == 0 ? 0 : tiling_is_new);
}

void FreeList::set_apart(ResourceTiling tiling, std::uint64_t apart) noexcept {
  apart_[static_cast<std::size_t>(tiling)] = apart;
  searches_[static_cast<std::size_t>(tiling)] = apart | static_cast<std::uint64_t>(search_);
}

/// A piece of that tiling comes: while there are none of the other, none need be kept apart.
void FreeList::note_tiling(ResourceTiling tiling) noexcept {
  if (free_ == total_) {
    forget_tilings();
  }
  if (apart_[0] == tiling_is_new && apart_[1] == tiling_is_new) {
    set_apart(tiling, 0);
  } else if (apart_[static_cast<std::size_t>(tiling)] == tiling_is_new) {
    set_apart(ResourceTiling::Linear, granularity_mask_);
    set_apart(ResourceTiling::Optimal, granularity_mask_);
  }
}

/// What fits among the first ranges of a bin.
FreeList::Found FreeList::find_in_bin(std::uint32_t size, Bin bin) const noexcept {
  Handle node = heads_[bin];
  for (unsigned count = 0; node != sentinel && count != search_limit; ++count) {
    if (at(node).size >= size) {
      return {node, bin};
    }
    node = at(node).next_free;
  }
  return {};
}

/// A place in the first range of the bin where any has one; else in one of the first ranges that might.
FreeList::Place FreeList::find_further(Request const& request) const noexcept {
  // What alignment and neighbours of the other tiling can cost at most.
  std::uint64_t const apart = apart_[static_cast<std::size_t>(request.tiling)];
  std::uint64_t const slack = (request.alignment_mask | apart) + apart;
  Bin const above = bin_above(request.size + std::min(slack, std::uint64_t{1} << 32));
  if (Bin const bin = used_bins_.first_from(above); bin != bin_count) {
    return {{heads_[bin], bin}, lead_in(heads_[bin], request)};
  }
  unsigned count = search_limit;
  for (Bin bin = used_bins_.first_from(floor_bin(request.size)); bin < above; bin = used_bins_.first_from(bin + 1)) {
    for (Handle node = heads_[bin]; node != sentinel; node = at(node).next_free) {
      if (std::uint32_t const lead = lead_in(node, request); lead != no_room) {
        return {{node, bin}, lead};
      }
      if (--count == 0) {
        return {};
      }
    }
  }
  return {};
}

/// Makes what lies before the place a free range of its own, and answers for the rest.
FreeList::Found FreeList::split(Place place) {
  if (at(spare_nodes_).next == sentinel) {
    reserve_nodes();
  }
  Handle const handle = place.found.node;
  Node& range = at(handle);
  Handle const lead = insert_before(handle, range.offset, place.lead);
  range.offset += place.lead;
  Bin const bin = floor_bin(range.size - place.lead);
  resize(handle, place.found.bin, range.size - place.lead);
  link(lead, floor_bin(place.lead));
  return {handle, bin};
}

/// Adds a node to the ring of addresses.
/// \pre A spare node is there.
FreeList::Handle FreeList::insert_before(Handle next, std::uint32_t offset, std::uint32_t size) noexcept {
  Handle const handle = spare_nodes_;
  spare_nodes_ = at(handle).next;
  Handle const previous = at(next).previous;
  at(handle) = {.offset = offset, .size = size, .previous = previous, .next = next};
  at(previous).next = handle;
  at(next).previous = handle;
  return handle;
}

void FreeList::reserve_nodes() {
  std::size_t const old_size = nodes_.size();
  std::size_t const new_size = old_size + std::max<std::size_t>(old_size / 8, 16);
  if (new_size > mark_sentinel / words_per_node) {
    throw std::bad_alloc{};
  }
  nodes_.reserve(new_size);
  nodes_.resize(new_size);
  for (std::size_t index = new_size; index != old_size;) {
    --index;
    make_spare(static_cast<Handle>(index * words_per_node));
  }
}

}  // namespace ashlar::detail
