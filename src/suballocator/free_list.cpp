#include "free_list.hpp"

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
  wide_search_bins_ = (std::uint64_t{1} << (many ? 10 : 2)) - 1;
  wide_search_free_ = total * (many ? 9 : 4) / 100;
  wide_search_size_ = static_cast<std::uint32_t>(total / 512);
}

/// \pre There is no piece.
void FreeList::forget_tilings() noexcept { std::fill_n(apart_, 2, granularity_mask_ == 0 ? 0 : tiling_is_new); }

/// A piece of that tiling comes: while there are none of the other, none need be kept apart.
void FreeList::note_tiling(ResourceTiling tiling) noexcept {
  if (free_ == total_) {
    forget_tilings();
  }
  std::uint64_t& own = apart_[static_cast<std::size_t>(tiling)];
  std::uint64_t& other = apart_[static_cast<std::size_t>(tiling) ^ 1U];
  if (own == tiling_is_new && other == tiling_is_new) {
    own = 0;
  } else if (own == tiling_is_new) {
    own = other = granularity_mask_;
  }
}

/// The head of the floor bin if it fits, else that of the next bin in use, where any does; else what fits among the
/// first of the floor bin.
FreeList::Found FreeList::find_first(std::uint32_t size) const noexcept {
  unsigned const floor = floor_bin(size);
  if (at(heads_[floor]).size >= size) {
    return {heads_[floor], floor};
  }
  unsigned const bin = used_bins_.first_from(floor + 1);
  return bin != bin_count ? Found{heads_[bin], bin} : find_in_bin(size, floor);
}

/// What fits among the first ranges of a bin.
FreeList::Found FreeList::find_in_bin(std::uint32_t size, unsigned bin) const noexcept {
  Handle node = heads_[bin];
  for (unsigned count = 0; node != sentinel && count != search_limit; ++count) {
    if (at(node).size >= size) {
      return {node, bin};
    }
    node = at(node).next_free;
  }
  return {};
}

/// The lowest place in a free node, if there is one. To look at the two neighbours is enough: what lies beyond one
/// of them in the same granularity unit has its tiling.
inline FreeList::Place FreeList::fit(Found found, Request const& request) const noexcept {
  Node const& range = at(found.node);
  if (range.size < request.size) {
    return {};
  }
  std::uint32_t const other_mark = mark_of(request.tiling) ^ 1;
  std::uint64_t const begin = origin_ + range.offset;
  std::uint64_t lead_mask = request.alignment_mask;
  if (at(range.previous).next_free == other_mark) {
    lead_mask |= granularity_mask_;
  }
  std::uint64_t room_lost = (0 - begin) & lead_mask;
  auto const lead = static_cast<std::uint32_t>(std::min<std::uint64_t>(room_lost, range.size));
  if (at(range.next).next_free == other_mark) {
    room_lost += (begin + range.size) & granularity_mask_;
  }
  return room_lost <= range.size - request.size ? Place{found, lead} : Place{};
}

/// A place in the floor bin's head or in the first range of one of the next bins; else in the first of the bin where
/// any range has one; else among the first few of all that might.
inline FreeList::Place FreeList::find_apart(Request const& request) const noexcept {
  unsigned const floor = floor_bin(request.size);
  if (Place const place = fit({heads_[floor], floor}, request)) {
    return place;
  }
  std::uint64_t const apart = apart_[static_cast<std::size_t>(request.tiling)];
  // What alignment and neighbours of the other tiling can cost at most.
  std::uint64_t const slack = (request.alignment_mask | apart) + apart;
  unsigned const above = bin_above(request.size + std::min(slack, std::uint64_t{1} << 32));
  unsigned bin = used_bins_.first_from(floor + 1);
  for (unsigned count = quick_search_limit; bin < above && count != 0; --count) {
    if (Place const place = fit({heads_[bin], bin}, request)) {
      return place;
    }
    bin = used_bins_.first_from(bin + 1);
  }
  if (bin < above) {
    bin = used_bins_.first_from(above);
  }
  return bin != bin_count ? fit({heads_[bin], bin}, request) : find_between(request, floor, above);
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

/// `allocate` where something is to be aligned or kept apart, a tiling comes first, nodes are short, or the usual
/// search found nothing.
FreeList::Handle FreeList::allocate_specially(Request const& request) {
  if (spare_nodes_ == sentinel) {
    reserve_nodes();
  }
  auto const tiling = static_cast<std::size_t>(request.tiling);
  if (apart_[tiling] != 0 && (free_ == total_ || apart_[tiling] == tiling_is_new)) {
    note_tiling(request.tiling);
  }
  if (apart_[tiling] != 0 || request.alignment_mask >= rounded_alignment) {
    return allocate_apart(request);
  }
  auto const mask = static_cast<std::uint32_t>(request.alignment_mask);
  std::uint32_t const size = (request.size + mask) & ~mask;
  if (size >= request.size) {
    Found const lowest = search_ == Search::First ? Found{} : find_lowest(size);
    Found const found = lowest.node != sentinel ? lowest : find_first(size);
    if (found.node != sentinel && ((origin_ + at(found.node).offset) & mask) == 0) {
      return cut(found, size, request.tiling);
    }
  }
  return mask == 0 ? sentinel : allocate_apart(request);
}

FreeList::Place FreeList::find_between(Request const& request, unsigned first_bin, unsigned last_bin) const noexcept {
  unsigned count = search_limit;
  for (unsigned bin = used_bins_.first_from(first_bin); bin < last_bin; bin = used_bins_.first_from(bin + 1)) {
    for (Handle node = heads_[bin]; node != sentinel; node = at(node).next_free) {
      if (Place const place = fit({node, bin}, request)) {
        return place;
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
  unsigned const bin = floor_bin(range.size - place.lead);
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
