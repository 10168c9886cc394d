#include <ashlar/suballocator/buddy_allocator.hpp>

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <new>
#include <utility>
#include <vector>

namespace ashlar {
namespace {

using Index = std::uint32_t;

// Node 0 ends every list and is the parent of the roots. It takes the writes of list code that would otherwise test.
constexpr Index nil = 0;

constexpr unsigned order_count = 64;

struct Node {
  std::uint64_t offset = 0;
  Index previous = nil;  // In the list of free blocks.
  Index next = nil;      // In that list, or in the list of spare pairs.
  Index parent = nil;
  std::uint8_t order = 0;  // The block's size is 2^order.
  bool is_free = false;
  ResourceTiling list = ResourceTiling::Linear;
};
static_assert(sizeof(Node) == 24);

constexpr std::uint64_t size_of(unsigned order) noexcept { return std::uint64_t{1} << order; }

/// The order of the largest block that begins at `offset`, a multiple of its size, and is not larger than `size`.
unsigned largest_order(std::uint64_t offset, std::uint64_t size) noexcept {
  auto const by_size = static_cast<unsigned>(std::bit_width(size) - 1);
  return std::min(by_size, static_cast<unsigned>(std::countr_zero(offset)));
}

/// The order of the smallest block that holds a request; order_count or more if there is none.
unsigned order_of(std::uint64_t size, std::uint64_t alignment) noexcept {
  auto const by_size = static_cast<unsigned>(std::bit_width(size - 1));
  return std::max(by_size, static_cast<unsigned>(std::countr_zero(alignment)));
}

}  // namespace

// The blocks form trees. The halves of a block are a pair of nodes, an even index and the odd one behind it, so that
// each finds the other without a search.
class detail::BuddyForest {
 public:
  explicit BuddyForest(SuballocatorCreateInfo const& info);

  Suballocation allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling);
  void deallocate(Index node) noexcept;
  std::uint64_t free_size() const noexcept { return free_size_; }
  bool empty() const noexcept { return free_size_ == region_size_; }

 private:
  ResourceTiling list_of(unsigned order, ResourceTiling tiling) const noexcept;
  Index find(unsigned order, ResourceTiling tiling) const noexcept;
  Index halve(Index node, ResourceTiling tiling) noexcept;
  Index merge(Index node) noexcept;
  void link(Index index) noexcept;
  void unlink(Index index) noexcept;
  void reserve_pairs(unsigned count);

  std::vector<Node> nodes_;
  Index spare_pairs_ = nil;
  std::size_t spare_pair_count_ = 0;

  // The lists of free blocks, by tiling and order, and as bits the orders whose list is not empty. Blocks of
  // shared_order_ and up serve either tiling: they are all in the lists of linear.
  Index heads_[2][order_count] = {};
  std::uint64_t orders_[2] = {};
  unsigned shared_order_;

  std::uint64_t region_size_;
  std::uint64_t free_size_;
};

detail::BuddyForest::BuddyForest(SuballocatorCreateInfo const& info)
    : nodes_(1),
      shared_order_{static_cast<unsigned>(std::countr_zero(info.granularity))},
      region_size_{info.region.size},
      free_size_{info.region.size} {
  std::uint64_t offset = info.region.offset;
  for (std::uint64_t left = info.region.size; left != 0;) {
    unsigned const order = largest_order(offset, left);
    nodes_.push_back({.offset = offset, .order = static_cast<std::uint8_t>(order)});
    link(static_cast<Index>(nodes_.size() - 1));
    offset += size_of(order);
    left -= size_of(order);
  }
  nodes_.resize(nodes_.size() + nodes_.size() % 2);
}

ResourceTiling detail::BuddyForest::list_of(unsigned order, ResourceTiling tiling) const noexcept {
  return order < shared_order_ ? tiling : ResourceTiling::Linear;
}

/// The smallest free block of at least that order, or nil.
Index detail::BuddyForest::find(unsigned order, ResourceTiling tiling) const noexcept {
  std::uint64_t const shared = ~std::uint64_t{0} << shared_order_;
  std::uint64_t const own_orders = orders_[static_cast<std::uint8_t>(tiling)] & ~shared;
  std::uint64_t const shared_orders = orders_[static_cast<std::uint8_t>(ResourceTiling::Linear)] & shared;
  std::uint64_t const orders = (own_orders | shared_orders) & (~std::uint64_t{0} << order);
  if (orders == 0) {
    return nil;
  }
  auto const found = static_cast<unsigned>(std::countr_zero(orders));
  return heads_[static_cast<std::uint8_t>(list_of(found, tiling))][found];
}

Suballocation detail::BuddyForest::allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling) {
  assert(size != 0 && is_power_of_two(alignment));
  unsigned const order = order_of(size, alignment);
  if (order >= order_count) {
    return {};
  }
  Index node = find(order, tiling);
  if (node == nil) {
    return {};
  }
  reserve_pairs(nodes_[node].order - order);

  unlink(node);
  while (nodes_[node].order != order) {
    node = halve(node, tiling);
  }
  free_size_ -= size_of(order);
  return {.offset = nodes_[node].offset, .size = size_of(order), .handle = node};
}

void detail::BuddyForest::deallocate(Index node) noexcept {
  assert(node < nodes_.size() && !nodes_[node].is_free);
  free_size_ += size_of(nodes_[node].order);
  while (nodes_[node].parent != nil && nodes_[node ^ 1].is_free) {
    node = merge(node);
  }
  link(node);
}

/// The lower half of a block that is in no list; the upper half is free.
/// \pre A spare pair is there.
Index detail::BuddyForest::halve(Index node, ResourceTiling tiling) noexcept {
  Index const lower = spare_pairs_;
  Index const upper = lower ^ 1;
  spare_pairs_ = nodes_[lower].next;
  --spare_pair_count_;

  Node const& parent = nodes_[node];
  unsigned const order = parent.order - 1u;
  Node const half{.offset = parent.offset,
                  .parent = node,
                  .order = static_cast<std::uint8_t>(order),
                  .list = list_of(order, tiling)};
  nodes_[lower] = half;
  nodes_[upper] = half;
  nodes_[upper].offset += size_of(order);
  link(upper);
  return lower;
}

/// The whole of a half that is in no list and whose other half is free; the whole is in no list either.
Index detail::BuddyForest::merge(Index node) noexcept {
  unlink(node ^ 1);
  Index const lower = node & ~Index{1};
  nodes_[lower].next = spare_pairs_;
  spare_pairs_ = lower;
  ++spare_pair_count_;
  return nodes_[node].parent;
}

void detail::BuddyForest::link(Index index) noexcept {
  Node& node = nodes_[index];
  Index& head = heads_[static_cast<std::uint8_t>(node.list)][node.order];
  node.is_free = true;
  node.previous = nil;
  node.next = head;
  nodes_[head].previous = index;
  head = index;
  orders_[static_cast<std::uint8_t>(node.list)] |= size_of(node.order);
}

void detail::BuddyForest::unlink(Index index) noexcept {
  Node& node = nodes_[index];
  Index& head = heads_[static_cast<std::uint8_t>(node.list)][node.order];
  node.is_free = false;
  nodes_[node.next].previous = node.previous;
  if (node.previous != nil) {
    nodes_[node.previous].next = node.next;
  } else {
    head = node.next;
  }
  if (head == nil) {
    orders_[static_cast<std::uint8_t>(node.list)] &= ~size_of(node.order);
  }
}

void detail::BuddyForest::reserve_pairs(unsigned count) {
  if (count <= spare_pair_count_) {
    return;
  }
  std::size_t const old_size = nodes_.size();
  std::size_t const new_size = old_size + 2 * std::max<std::size_t>(old_size / 16, count);
  if (new_size > std::numeric_limits<Index>::max()) {
    throw std::bad_alloc{};
  }
  nodes_.reserve(new_size);
  nodes_.resize(new_size);
  for (std::size_t lower = new_size; lower != old_size;) {
    lower -= 2;
    nodes_[lower].next = std::exchange(spare_pairs_, static_cast<Index>(lower));
    ++spare_pair_count_;
  }
}

BuddyAllocator::BuddyAllocator(SuballocatorCreateInfo const& info) : forest_{new detail::BuddyForest{info}} {}

BuddyAllocator::BuddyAllocator(BuddyAllocator&& other) noexcept : forest_{std::exchange(other.forest_, nullptr)} {}

BuddyAllocator& BuddyAllocator::operator=(BuddyAllocator&& other) noexcept {
  std::swap(forest_, other.forest_);
  return *this;
}

BuddyAllocator::~BuddyAllocator() { delete forest_; }

Suballocation BuddyAllocator::allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling) {
  return forest_->allocate(size, alignment, tiling);
}

void BuddyAllocator::deallocate(Suballocation const& piece) noexcept {
  forest_->deallocate(static_cast<Index>(piece.handle));
}

std::uint64_t BuddyAllocator::free_size() const noexcept { return forest_->free_size(); }

bool BuddyAllocator::empty() const noexcept { return forest_->empty(); }

}  // namespace ashlar
