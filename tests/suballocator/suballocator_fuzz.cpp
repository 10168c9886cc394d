#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/bump_allocator.hpp>
#include <ashlar/suballocator/free_list_allocator.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "fuzzing/input.hpp"
#include "fuzzing/require.hpp"
#include "suballocator/min_memory_free_list.hpp"
#include "suballocator/modelled_regions.hpp"
#include "suballocator/naive_model.hpp"
#include "suballocator/suballocator_promises.hpp"

// Any requests to any suballocator of any region, each answer held against the naive model; and to a free list of
// regions that come and go.

namespace ashlar::test {
namespace {

using fuzzing::Input;
using fuzzing::require;

/// A region anywhere below 2^64, that may end there.
ByteRange any_region(Input& input) {
  std::uint64_t const size = input.number();
  if (input.one_in(3)) {
    return {0 - size, size};  // The region of size 0 begins at 0.
  }
  std::uint64_t const offset = input.number();
  return {offset, std::min(size, 0 - std::max<std::uint64_t>(offset, 1))};
}

SuballocatorCreateInfo any_info(Input& input) {
  return {.region = any_region(input),
          .granularity = std::uint64_t{1} << input.below(64),
          .granule = input.one_in(2) ? std::uint64_t{1} << input.below(64) : 0};
}

template <class S>
class Run {
 public:
  explicit Run(Input& input) : input_{input}, info_{any_info(input)}, suballocator_{info_}, model_{info_} {}

  void run() {
    check_sizes();
    while (!input_.empty()) {
      step();
      check_sizes();
    }
    while (!model_.pieces().empty()) {
      suballocator_.deallocate(model_.remove(any_piece()));
      check_sizes();
    }
    check_whole_again();
  }

 private:
  void step() {
    switch (input_.below(4)) {
      case 0:
        if (!model_.pieces().empty()) {
          suballocator_.deallocate(model_.remove(any_piece()));
        }
        break;
      case 1:
        give_back_the_last_and_ask_again();
        break;
      default:
        allocate(any_request());
    }
  }

  std::size_t any_piece() { return input_.byte() % model_.pieces().size(); }

  Request any_request() {
    auto const bits = std::min(static_cast<unsigned>(std::bit_width(info_.region.size)) + 1, 64U);
    auto const size = std::max<std::uint64_t>(input_.number(bits), 1);
    auto const alignment = std::uint64_t{1} << input_.below(bits);
    return {size, alignment, input_.one_in(2) ? ResourceTiling::Optimal : ResourceTiling::Linear};
  }

  Suballocation allocate(Request const& request) {
    Suballocation const piece = suballocator_.allocate(request.size, request.alignment, request.tiling);
    if (piece) {
      require(model_.accepts(piece, request.size, request.alignment, request.tiling), "the piece is a right answer");
      model_.add(piece, request.tiling);
    } else {
      require(!Promise<S>::must_find(info_, model_, request), "there is no room");
    }
    return piece;
  }

  /// What has just been given back can be had again, and at the same place by who keeps a stack.
  void give_back_the_last_and_ask_again() {
    if (model_.pieces().empty() || model_.pieces().size() > 64) {
      return;
    }
    Request const request = any_request();
    Suballocation const first = allocate(request);
    if (first) {
      suballocator_.deallocate(model_.remove(model_.pieces().size() - 1));
      check_sizes();
      Suballocation const second = allocate(request);
      require(static_cast<bool>(second), "the piece can be had again");
      require(!std::is_same_v<S, BumpAllocator> || second.offset == first.offset, "it is at the same place");
    }
  }

  void check_sizes() const {
    require(suballocator_.free_size() == model_.free_size(), "free_size() is what no piece covers");
    require(suballocator_.empty() == model_.pieces().empty(), "empty() says whether there is no piece");
  }

  void check_whole_again() {
    require(suballocator_.free_size() == info_.region.size, "all is free again");
    if (std::uint64_t const largest = Promise<S>::largest(info_); largest != 0) {
      require(suballocator_.allocate(largest, 1, ResourceTiling::Linear).size >= largest, "the region is whole again");
    }
  }

  Input& input_;
  SuballocatorCreateInfo const info_;
  S suballocator_;
  NaiveModel model_;
};

/// A free list of regions, in granules.
class RegionsRun {
 public:
  explicit RegionsRun(Input& input)
      : input_{input},
        granularity_{std::uint64_t{1} << input.below(20)},
        regions_{granularity_, input.number(60),
                 input.pick({FreeList::Search::First, FreeList::Search::Lowest, FreeList::Search::LowestOfMany})} {}

  void run() {
    while (!input_.empty()) {
      step();
    }
    while (regions_.piece_count() != 0) {
      require_right(regions_.deallocate(input_.byte() % regions_.piece_count()));
    }
    while (regions_.region_count() != 0) {
      require_right(regions_.remove(input_.byte() % regions_.region_count()));
    }
  }

 private:
  using FreeList = detail::FreeList;

  static void require_right(char const* wrong) { require(wrong == nullptr, wrong == nullptr ? "" : wrong); }

  void step() {
    switch (input_.below(8)) {
      case 0:
        add_region();
        break;
      case 1:
        remove_region();
        break;
      case 2:
      case 3:
        if (regions_.piece_count() != 0) {
          require_right(regions_.deallocate(input_.byte() % regions_.piece_count()));
        }
        break;
      default:
        allocate();
    }
  }

  void add_region() {
    std::uint64_t const offset = input_.one_in(2) ? align_up(end_, granularity_) : input_.number(32);
    std::uint64_t const size = input_.number(input_.one_in(4) ? 32 : 12);
    if (regions_.may_add(offset, size)) {
      end_ = std::max(end_, offset + size);
      require_right(regions_.add(offset, size));
    }
  }

  void remove_region() {
    if (regions_.region_count() != 0) {
      std::size_t const region = input_.byte() % regions_.region_count();
      if (regions_.is_empty(region)) {
        require_right(regions_.remove(region));
      }
    }
  }

  void allocate() {
    auto const size = std::max<std::uint64_t>(input_.number(input_.one_in(4) ? 32 : 10), 1);
    std::uint64_t const alignment = std::uint64_t{1} << (input_.one_in(2) ? input_.below(64) : 0);
    bool served = false;
    require_right(regions_.allocate(
        {size, alignment, input_.one_in(2) ? ResourceTiling::Optimal : ResourceTiling::Linear}, served));
  }

  Input& input_;
  std::uint64_t const granularity_;
  ModelledRegions regions_;
  std::uint64_t end_ = 0;  // Of the highest region so far.
};

}  // namespace
}  // namespace ashlar::test

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace ashlar;
  fuzzing::Input input{data, size};
  switch (input.below(5)) {
    case 0:
      test::Run<FreeListAllocator>{input}.run();
      break;
    case 1:
      test::Run<BuddyAllocator>{input}.run();
      break;
    case 2:
      test::Run<BumpAllocator>{input}.run();
      break;
    case 3:
      test::Run<test::MinMemoryFreeList>{input}.run();
      break;
    default:
      test::RegionsRun{input}.run();
  }
  return 0;
}
