#pragma once

#include <ashlar/layout.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "suballocator/free_list.hpp"
#include "suballocator/naive_model.hpp"
#include "suballocator/suballocator_promises.hpp"

namespace ashlar::test {

/// A free list of several regions, and a naive model of each: what is done is done to both. The members answer what
/// the free list did wrong, or null.
///
/// All is in granules; the model's offsets count from the origin's 0, as alignment and granularity do.
class ModelledRegions {
 public:
  ModelledRegions(std::uint64_t granularity, std::uint64_t origin, detail::FreeList::Search search)
      : granularity_{granularity}, origin_{origin}, list_{granularity, origin, search} {}

  [[nodiscard]] detail::FreeList& list() { return list_; }
  [[nodiscard]] std::size_t region_count() const { return regions_.size(); }
  [[nodiscard]] std::size_t piece_count() const { return pieces_.size(); }
  [[nodiscard]] bool is_empty(std::size_t region) const { return regions_[region].model.pieces().empty(); }

  /// Whether the list may have that region: none of its granularity units is another's.
  [[nodiscard]] bool may_add(std::uint64_t offset, std::uint64_t size) const {
    auto const unit = [this](std::uint64_t position) { return (origin_ + position) / granularity_; };
    return size != 0 && offset + size <= 0xFFFF'FFFF &&
           std::none_of(regions_.begin(), regions_.end(), [&](Region const& region) {
             return unit(offset) <= unit(region.offset + region.size - 1) &&
                    unit(region.offset) <= unit(offset + size - 1);
           });
  }

  [[nodiscard]] char const* add(std::uint64_t offset, std::uint64_t size) {
    detail::FreeList::Handle const node =
        list_.add_region(static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size));
    regions_.push_back(
        {offset, size, node, NaiveModel{{.region = {origin_ + offset, size}, .granularity = granularity_}}});
    return compare();
  }

  /// \pre The region is empty.
  [[nodiscard]] char const* remove(std::size_t index) {
    list_.remove_region(regions_[index].free_node);
    regions_.erase(regions_.begin() + static_cast<std::ptrdiff_t>(index));
    return compare();
  }

  /// Leaves in `served` whether there was room.
  [[nodiscard]] char const* allocate(Request const& request, bool& served) {
    detail::FreeList::Handle const piece =
        list_.allocate(static_cast<std::uint32_t>(request.size), request.alignment - 1, request.tiling);
    served = piece != 0;
    return served ? check_piece(piece, request) : check_refusal(request);
  }

  [[nodiscard]] char const* deallocate(std::size_t index) {
    detail::FreeList::Handle const piece = pieces_[index];
    Region& region = *region_of(list_.offset(piece));
    auto const& its_pieces = region.model.pieces();
    auto const found = std::find_if(its_pieces.begin(), its_pieces.end(),
                                    [&](auto const& own) { return own.suballocation.handle == piece; });
    static_cast<void>(region.model.remove(static_cast<std::size_t>(found - its_pieces.begin())));
    pieces_[index] = pieces_.back();
    pieces_.pop_back();
    region.free_node = list_.deallocate(piece);
    return compare();
  }

 private:
  struct Region {
    std::uint64_t offset;
    std::uint64_t size;
    detail::FreeList::Handle free_node;
    NaiveModel model;
  };

  [[nodiscard]] std::vector<Region>::iterator region_of(std::uint64_t offset) {
    return std::find_if(regions_.begin(), regions_.end(), [&](Region const& region) {
      return region.offset <= offset && offset - region.offset < region.size;
    });
  }

  /// The piece lies in one region, where the model accepts it; nothing is given away that alignment does not ask for.
  [[nodiscard]] char const* check_piece(detail::FreeList::Handle piece, Request const& request) {
    auto const region = region_of(list_.offset(piece));
    if (region == regions_.end()) {
      return "a piece is in no region";
    }
    Suballocation const given{origin_ + list_.offset(piece), list_.size(piece), piece};
    if (!region->model.accepts(given, request.size, request.alignment, request.tiling)) {
      return "a piece overlaps another, leaves its region, or is not aligned or kept apart";
    }
    if (given.size > align_up(request.size, std::min<std::uint64_t>(request.alignment, 16))) {
      return "a piece is larger than its alignment asks for";
    }
    region->model.add(given, request.tiling);
    pieces_.push_back(piece);
    return compare();
  }

  /// Where no more free ranges can be than a search looks at, it finds any place there is.
  [[nodiscard]] char const* check_refusal(Request const& request) const {
    bool const looks_at_all = pieces_.size() + regions_.size() <= 64;
    bool const has_room = looks_at_all && std::any_of(regions_.begin(), regions_.end(), [&](Region const& region) {
                            return region.model.has_room(request.size, request.alignment, request.tiling);
                          });
    return has_room ? "there is room, but no piece" : compare();
  }

  [[nodiscard]] char const* compare() const {
    std::uint64_t free = 0;
    for (Region const& region : regions_) {
      free += region.model.free_size();
    }
    return free == list_.free() ? nullptr : "free() is not what no piece covers";
  }

  std::uint64_t granularity_;
  std::uint64_t origin_;
  detail::FreeList list_;
  std::vector<Region> regions_;
  std::vector<detail::FreeList::Handle> pieces_;
};

}  // namespace ashlar::test
