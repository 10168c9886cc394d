#pragma once

#include <ashlar/suballocator/suballocator.hpp>

#include "size_bins.hpp"

#include <cstddef>
#include <cstdint>
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
  std::uint64_t apart_[2] = {};
  std::uint64_t searches_[2] = {};  // The same, and not 0 either where the search is another than for the first.
};

}  // namespace ashlar::detail

#include "free_list_inline.hpp"
