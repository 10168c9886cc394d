#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/bump_allocator.hpp>
#include <ashlar/suballocator/free_list_allocator.hpp>

#include <algorithm>
#include <vector>

#include "benchmarks/cases.hpp"
#include "benchmarks/steady_state.hpp"
#include "benchmarks/suballocator_pieces.hpp"

namespace ashlar::bench {

namespace {

/// Does nothing, but what a caller has to do for a piece is done: it comes in memory, is kept, and is read.
class NullSuballocator {
 public:
  Suballocation allocate(std::uint64_t size, std::uint64_t /*alignment*/, ResourceTiling tiling) {
    Suballocation piece{.offset = size, .size = size, .handle = static_cast<std::uint64_t>(tiling)};
    asm volatile("" : "+m"(piece));
    return piece;
  }
  void deallocate(Suballocation const& piece) noexcept { asm volatile("" : : "r"(&piece) : "memory"); }
};

template <Suballocator S>
Figures run_steady(Options const& options, SlotOrder order) {
  std::uint64_t const range = steady_range(options.live);
  S suballocator{suballocator_info(options, range)};
  std::uint64_t failed = 0;
  Figures figures;
  run_steady_state<SuballocatorPieces<S>>(options, {{suballocator, failed}}, order, figures);
  require_whole(suballocator, range);
  figures["failed"] = failed;
  return figures;
}

/// The order in which a round of pieces is freed.
enum class FreeOrder : std::uint8_t { OldestFirst, NewestFirst };

/// One pass in rounds: allocates as many pieces as live at the same time, then frees them all.
template <Suballocator S>
void run_rounds(S& suballocator, std::vector<Suballocation>& slots, std::vector<Operation> const& operations,
                FreeOrder order) {
  for (std::size_t begin = 0; begin < operations.size(); begin += slots.size()) {
    std::size_t const count = std::min(slots.size(), operations.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      slots[i] = suballocator.allocate(operations[begin + i].size, alignment, operations[begin + i].tiling);
      if (!slots[i]) {
        throw WrongResult{"no room in a range that has room for all"};
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      suballocator.deallocate(slots[order == FreeOrder::OldestFirst ? i : count - 1 - i]);
    }
  }
}

template <Suballocator S>
Figures run_in_rounds(Options const& options, FreeOrder order) {
  std::uint64_t const range = std::uint64_t{options.live} << options.sizes.hi;
  S suballocator{suballocator_info(options, range)};
  SteadyState const state = draw_steady_state(options.seed.value_or(0x5EED), options.live, options.ops, options.sizes,
                                              options.mixes_tilings(), SlotOrder::OldestFirst);
  std::vector<Suballocation> slots(options.live);
  PassTimes times{options.passes};
  times.mark();
  for (std::uint32_t pass = 0; pass < options.passes; ++pass) {
    run_rounds(suballocator, slots, state.operations, order);
    times.mark();
  }
  require_whole(suballocator, range);
  Figures figures;
  add_nanoseconds(figures, "ns_per_pair", times.nanoseconds_each(static_cast<double>(options.ops)));
  return figures;
}

}  // namespace

Figures run_null(Options const& options) {
  NullSuballocator suballocator;
  std::uint64_t failed = 0;
  SuballocatorPieces<NullSuballocator> const pieces{suballocator, failed};
  Figures figures;
  run_steady_state(options, std::vector(options.threads, pieces), SlotOrder::Random, figures);
  return figures;
}

Figures run_suballocate(Options const& options) { return run_steady<FreeListAllocator>(options, SlotOrder::Random); }
Figures run_suballocate_buddy(Options const& options) { return run_steady<BuddyAllocator>(options, SlotOrder::Random); }
Figures run_fifo(Options const& options) { return run_steady<FreeListAllocator>(options, SlotOrder::OldestFirst); }

Figures run_lifo(Options const& options) { return run_in_rounds<FreeListAllocator>(options, FreeOrder::NewestFirst); }
Figures run_suballocate_bump(Options const& options) {
  return run_in_rounds<BumpAllocator>(options, FreeOrder::OldestFirst);
}

}  // namespace ashlar::bench
