#include <ashlar/suballocator/free_list_allocator.hpp>

#include "padding.hpp"
#include "size_bins.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <new>
#include <utility>
#include <vector>

namespace ashlar {
namespace {

using Index = std::uint32_t;

// Node 0 is never free. It lies before the first and behind the last node of the region, so that these have neighbours
// too; it ends every list, and takes the writes of list code that would otherwise test.
constexpr Index sentinel = 0;

// What `next_free` holds in a node that is not free. The two tilings differ in the lowest bit.
constexpr Index mark_sentinel = 0xFFFF'FFFD;
constexpr Index mark_linear = 0xFFFF'FFFE;

constexpr Index mark_of(ResourceTiling tiling) noexcept { return mark_linear + static_cast<Index>(tiling); }

// A stretch of the region, free or a piece. Offset and size count granules from the first granule of the region.
struct Node {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
  Index previous = sentinel;  // By address.
  Index next = sentinel;      // By address, or in the list of spare nodes.
  Index previous_free = sentinel;
  Index next_free = sentinel;  // In the list of the bin, or a mark.

  bool is_free() const noexcept { return next_free < mark_sentinel; }
};
static_assert(sizeof(Node) == 24);

struct Request {
  std::uint32_t size;       // In granules.
  std::uint64_t alignment;  // In bytes; at least a granule.
  Index mark;
};

/// Where a request goes: `lead` granules behind the begin of a free node. Node `sentinel` means nowhere.
struct Place {
  Index node = sentinel;
  std::uint32_t lead = 0;

  explicit operator bool() const noexcept { return node != sentinel; }
};

// How many bins are tried by their first range alone before a larger bin is taken where any range fits, and how many
// ranges are looked at when that bin is empty.
constexpr unsigned quick_search_limit = 8;
constexpr unsigned full_search_limit = 64;

constexpr unsigned granule_shift(SuballocatorCreateInfo const& info) noexcept {
  auto const smallest = static_cast<unsigned>(std::bit_width(info.region.size >> 32));
  auto const wanted = static_cast<unsigned>(info.granule == 0 ? 0 : std::countr_zero(info.granule));
  return std::max(smallest, wanted);
}

}  // namespace

class detail::FreeList {
 public:
  explicit FreeList(SuballocatorCreateInfo const& info);

  Suballocation allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling);
  void deallocate(Index piece) noexcept;
  std::uint64_t free_size() const noexcept { return free_size_; }
  bool empty() const noexcept { return free_size_ == region_size_; }

 private:
  Place find(Request const& request) const noexcept;
  Place find_between(Request const& request, unsigned first_bin, unsigned last_bin, unsigned limit_per_bin,
                     unsigned limit) const noexcept;
  Place fit(Index node, Request const& request) const noexcept;
  Index cut(Place place, Request const& request) noexcept;
  void resize(Index index, std::uint32_t offset, std::uint32_t size) noexcept;

  void link(Index index) noexcept;
  void unlink(Index index) noexcept;
  Index insert_before(Index next, std::uint32_t offset, std::uint32_t size) noexcept;
  void erase(Index index) noexcept;
  void reserve_two_nodes();

  std::vector<Node> nodes_;
  Index spare_nodes_ = sentinel;
  Index heads_[bin_count] = {};
  BinSet used_bins_;

  unsigned shift_;             // The granule is 2^shift_.
  std::uint64_t granularity_;  // At least a granule.
  std::uint64_t begin_;        // The first granule's offset.
  std::uint32_t granules_ = 0;
  std::uint64_t region_size_;
  std::uint64_t free_size_;
};

detail::FreeList::FreeList(SuballocatorCreateInfo const& info)
    : shift_{granule_shift(info)},
      granularity_{std::max(info.granularity, std::uint64_t{1} << shift_)},
      begin_{info.region.offset + padding(info.region.offset, std::uint64_t{1} << shift_)},
      region_size_{info.region.size},
      free_size_{info.region.size} {
  nodes_.push_back({.next_free = mark_sentinel});
  reserve_two_nodes();
  std::uint64_t const lost = begin_ - info.region.offset;
  if (region_size_ <= lost) {
    return;
  }
  granules_ = static_cast<std::uint32_t>((region_size_ - lost) >> shift_);
  if (granules_ != 0) {
    link(insert_before(sentinel, 0, granules_));
  }
}

Suballocation detail::FreeList::allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling) {
  assert(size != 0 && is_power_of_two(alignment));
  std::uint64_t const granules = ((size - 1) >> shift_) + 1;
  if (granules > granules_) {
    return {};
  }
  Request const request{.size = static_cast<std::uint32_t>(granules),
                        .alignment = std::max(alignment, std::uint64_t{1} << shift_),
                        .mark = mark_of(tiling)};
  Place const place = find(request);
  if (!place) {
    return {};
  }
  reserve_two_nodes();

  Index const piece = cut(place, request);
  free_size_ -= granules << shift_;
  return {
      .offset = begin_ + (std::uint64_t{nodes_[piece].offset} << shift_), .size = granules << shift_, .handle = piece};
}

void detail::FreeList::deallocate(Index piece) noexcept {
  assert(piece != sentinel && piece < nodes_.size() && !nodes_[piece].is_free());
  Node const freed = nodes_[piece];
  free_size_ += std::uint64_t{freed.size} << shift_;

  Node const& previous = nodes_[freed.previous];
  Node const& next = nodes_[freed.next];
  if (previous.is_free()) {
    std::uint32_t merged_size = previous.size + freed.size;
    if (next.is_free()) {
      merged_size += next.size;
      unlink(freed.next);
      erase(freed.next);
    }
    erase(piece);
    resize(freed.previous, previous.offset, merged_size);
  } else if (next.is_free()) {
    erase(piece);
    resize(freed.next, freed.offset, freed.size + next.size);
  } else {
    link(piece);
  }
}

Place detail::FreeList::find(Request const& request) const noexcept {
  // What alignment and neighbours of the other tiling can cost at most, in bytes.
  std::uint64_t const granule = std::uint64_t{1} << shift_;
  std::uint64_t const slack = (std::max(request.alignment, granularity_) - granule) + (granularity_ - granule);

  unsigned const floor = floor_bin(request.size);
  unsigned const above = bin_above(request.size + std::min(slack >> shift_, std::uint64_t{1} << 32));
  if (Place const place = find_between(request, floor, above, 1, quick_search_limit)) {
    return place;
  }
  unsigned const bin = used_bins_.first_from(above);
  if (bin != bin_count) {
    return fit(heads_[bin], request);
  }
  return find_between(request, floor, above, full_search_limit, full_search_limit);
}

Place detail::FreeList::find_between(Request const& request, unsigned first_bin, unsigned last_bin,
                                     unsigned limit_per_bin, unsigned limit) const noexcept {
  for (unsigned bin = used_bins_.first_from(first_bin); bin < last_bin; bin = used_bins_.first_from(bin + 1)) {
    Index node = heads_[bin];
    for (unsigned count = 0; node != sentinel && count != limit_per_bin; ++count) {
      if (limit-- == 0) {
        return {};
      }
      if (Place const place = fit(node, request)) {
        return place;
      }
      node = nodes_[node].next_free;
    }
  }
  return {};
}

/// The lowest place in a free node, if there is one. To look at the two neighbours is enough: what lies beyond one
/// of them in the same granularity unit has its tiling.
Place detail::FreeList::fit(Index node, Request const& request) const noexcept {
  Node const& range = nodes_[node];
  std::uint64_t const begin = begin_ + (std::uint64_t{range.offset} << shift_);
  std::uint64_t const end = begin + (std::uint64_t{range.size} << shift_);
  Index const other_mark = request.mark ^ 1;

  bool const apart_from_previous = nodes_[range.previous].next_free == other_mark;
  std::uint64_t const alignment = apart_from_previous ? std::max(request.alignment, granularity_) : request.alignment;
  std::uint64_t const lead = padding(begin, alignment) >> shift_;

  bool const apart_from_next = nodes_[range.next].next_free == other_mark;
  std::uint64_t const tail = apart_from_next ? (end & (granularity_ - 1)) >> shift_ : 0;

  if (lead + tail > range.size || request.size > range.size - (lead + tail)) {
    return {};
  }
  return {.node = node, .lead = static_cast<std::uint32_t>(lead)};
}

/// Makes the piece; what remains of the free node keeps its tail.
/// \pre Two spare nodes are there.
Index detail::FreeList::cut(Place place, Request const& request) noexcept {
  Node& range = nodes_[place.node];
  if (place.lead != 0) {
    link(insert_before(place.node, range.offset, place.lead));
  }
  std::uint32_t const offset = range.offset + place.lead;
  std::uint32_t const rest = range.size - place.lead - request.size;

  Index piece = place.node;
  if (rest == 0) {
    unlink(piece);
    range.offset = offset;
    range.size = request.size;
  } else {
    piece = insert_before(place.node, offset, request.size);
    resize(place.node, offset + request.size, rest);
  }
  nodes_[piece].next_free = request.mark;
  return piece;
}

/// Changes the bounds of a free node.
void detail::FreeList::resize(Index index, std::uint32_t offset, std::uint32_t size) noexcept {
  Node& node = nodes_[index];
  bool const moves = floor_bin(size) != floor_bin(node.size);
  if (moves) {
    unlink(index);
  }
  node.offset = offset;
  node.size = size;
  if (moves) {
    link(index);
  }
}

/// Puts a free node into its bin: first, or second behind a head of a lower address. That bias keeps pieces low and
/// the region's upper end whole.
void detail::FreeList::link(Index index) noexcept {
  Node& node = nodes_[index];
  unsigned const bin = floor_bin(node.size);
  Index& head = heads_[bin];
  if (head != sentinel && nodes_[head].offset < node.offset) {
    node.previous_free = head;
    node.next_free = std::exchange(nodes_[head].next_free, index);
  } else {
    node.previous_free = sentinel;
    node.next_free = std::exchange(head, index);
  }
  nodes_[node.next_free].previous_free = index;
  used_bins_.insert(bin);
}

void detail::FreeList::unlink(Index index) noexcept {
  Node const& node = nodes_[index];
  nodes_[node.next_free].previous_free = node.previous_free;
  if (node.previous_free != sentinel) {
    nodes_[node.previous_free].next_free = node.next_free;
    return;
  }
  unsigned const bin = floor_bin(node.size);
  heads_[bin] = node.next_free;
  if (node.next_free == sentinel) {
    used_bins_.erase(bin);
  }
}

/// Adds a node to the ring of addresses.
/// \pre A spare node is there.
Index detail::FreeList::insert_before(Index next, std::uint32_t offset, std::uint32_t size) noexcept {
  Index const index = spare_nodes_;
  spare_nodes_ = nodes_[index].next;
  Index const previous = nodes_[next].previous;
  nodes_[index] = {.offset = offset, .size = size, .previous = previous, .next = next};
  nodes_[previous].next = index;
  nodes_[next].previous = index;
  return index;
}

/// Takes a node that is in no bin out of the ring of addresses.
void detail::FreeList::erase(Index index) noexcept {
  Node& node = nodes_[index];
  nodes_[node.previous].next = node.next;
  nodes_[node.next].previous = node.previous;
  node.next = std::exchange(spare_nodes_, index);
}

/// The most that one allocation adds: the piece, and the free range before it.
void detail::FreeList::reserve_two_nodes() {
  if (spare_nodes_ != sentinel && nodes_[spare_nodes_].next != sentinel) {
    return;
  }
  std::size_t const old_size = nodes_.size();
  std::size_t const new_size = old_size + std::max<std::size_t>(old_size / 8, 16);
  if (new_size > mark_sentinel) {
    throw std::bad_alloc{};
  }
  nodes_.reserve(new_size);
  nodes_.resize(new_size);
  for (std::size_t index = new_size; index != old_size;) {
    --index;
    nodes_[index].next = std::exchange(spare_nodes_, static_cast<Index>(index));
  }
}

FreeListAllocator::FreeListAllocator(SuballocatorCreateInfo const& info) : list_{new detail::FreeList{info}} {}

FreeListAllocator::FreeListAllocator(FreeListAllocator&& other) noexcept : list_{std::exchange(other.list_, nullptr)} {}

FreeListAllocator& FreeListAllocator::operator=(FreeListAllocator&& other) noexcept {
  std::swap(list_, other.list_);
  return *this;
}

FreeListAllocator::~FreeListAllocator() { delete list_; }

Suballocation FreeListAllocator::allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling) {
  return list_->allocate(size, alignment, tiling);
}

void FreeListAllocator::deallocate(Suballocation const& piece) noexcept {
  list_->deallocate(static_cast<Index>(piece.handle));
}

std::uint64_t FreeListAllocator::free_size() const noexcept { return list_->free_size(); }

bool FreeListAllocator::empty() const noexcept { return list_->empty(); }

}  // namespace ashlar
