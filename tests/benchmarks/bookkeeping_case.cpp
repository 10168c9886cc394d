#include <ashlar/suballocator/free_list_allocator.hpp>

#include <malloc.h>

#include <vector>

#include "benchmarks/cases.hpp"
#include "benchmarks/suballocator_pieces.hpp"

namespace ashlar::bench {

namespace {

/// Bytes that the C library has given out.
std::size_t host_bytes() {
  struct mallinfo2 const info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace

Figures run_bookkeeping(Options const& options) {
  std::uint64_t const range = steady_range(options.live);
  SteadyState const state = draw_steady_state(options.seed.value_or(0x5EED), options.live, options.ops, options.sizes,
                                              options.mixes_tilings(), SlotOrder::Random);
  std::vector<Suballocation> slots(options.live);
  std::size_t const before = host_bytes();
  FreeListAllocator suballocator{suballocator_info(options, range)};
  std::uint64_t failed = 0;
  SuballocatorPieces<FreeListAllocator> pieces{suballocator, failed};
  for (Operation const& operation : state.fill) {
    pieces.renew(slots[operation.slot], operation);
  }
  std::size_t const filled = host_bytes();
  for (Operation const& operation : state.operations) {
    pieces.renew(slots[operation.slot], operation);
  }
  std::size_t const after = host_bytes();
  for (Suballocation& piece : slots) {
    pieces.release(piece);
  }
  require_whole(suballocator, range);
  Figures figures;
  figures["bytes_per_live_filled"] = rounded(static_cast<double>(filled - before) / options.live);
  figures["bytes_per_live"] = rounded(static_cast<double>(after - before) / options.live);
  return figures;
}

}  // namespace ashlar::bench
