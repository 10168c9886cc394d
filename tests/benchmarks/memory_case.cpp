#include <new>
#include <vector>

#include "benchmarks/bench_device.hpp"
#include "benchmarks/cases.hpp"
#include "benchmarks/steady_state.hpp"

namespace ashlar::bench {

namespace {

/// The pieces of a steady state in the whole allocator, of one memory type. An allocation that fails throws.
class MemoryPieces {
 public:
  using Piece = MemoryAllocation;

  MemoryPieces(MemoryAllocator const& allocator, std::uint32_t memory_type)
      : allocator_{&allocator}, type_bits_{std::uint32_t{1} << memory_type} {}

  void renew(Piece& piece, Operation const& operation) {
    piece.~Piece();
    new (&piece) Piece{allocator_->allocate(
        {.size = operation.size, .alignment = alignment, .memory_type_bits = type_bits_, .tiling = operation.tiling},
        {.usage = MemoryUsage::DeviceOnly})};
  }
  void release(Piece& piece) { piece = {}; }

 private:
  MemoryAllocator const* allocator_;
  std::uint32_t type_bits_;
};

}  // namespace

Figures run_memory(Options const& options) {
  BenchDevice bench{options};
  std::vector const pieces(options.threads, MemoryPieces{bench.allocator(), bench.device_local_type()});
  Figures figures;
  run_steady_state(options, pieces, SlotOrder::Random, figures);
  bench.finish(figures);
  return figures;
}

}  // namespace ashlar::bench
