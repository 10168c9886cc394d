#pragma once

#include <ashlar/export.hpp>
#include <ashlar/suballocator/suballocator.hpp>

#include <cstdint>

namespace ashlar {

/// Gives out pieces one behind the other, and starts over when the last of them has been given back: for what is
/// allocated together and dies together, such as the temporaries of one frame.
///
/// Algorithm: an offset that moves up. Giving back the piece that lies highest moves it down again, so that a stack
/// of pieces works too; any other piece only counts as gone, and its bytes come back with the start over.
///
/// Cost: a few additions for either call, no bookkeeping memory. Worst case: one long-lived piece keeps everything
/// below it from being used again.
///
/// One thread at a time. A moved-from object may only be destroyed or assigned to.
class ASHLAR_API BumpAllocator {
 public:
  explicit BumpAllocator(SuballocatorCreateInfo const& info) noexcept;
  BumpAllocator(BumpAllocator const&) = delete;
  BumpAllocator& operator=(BumpAllocator const&) = delete;
  BumpAllocator(BumpAllocator&& other) noexcept = default;
  BumpAllocator& operator=(BumpAllocator&& other) noexcept = default;
  ~BumpAllocator() = default;

  /// A piece of `size` bytes at a multiple of `alignment`, or one that tests false when there is no room.
  /// \pre `size` is at least 1, `alignment` a power of two.
  [[nodiscard]] Suballocation allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling) noexcept;

  /// Takes back a piece.
  /// \pre `piece` came from this object and was not given back before.
  void deallocate(Suballocation const& piece) noexcept;

  /// Bytes that no piece covers; those below the highest piece cannot be had before the start over.
  [[nodiscard]] std::uint64_t free_size() const noexcept { return region_.size - used_; }

  /// Whether there is no piece.
  [[nodiscard]] bool empty() const noexcept { return used_ == 0; }

 private:
  ByteRange region_;
  std::uint64_t granularity_;
  std::uint64_t used_ = 0;

  // Where the highest piece of each tiling ends, counted from the region's begin. The greater is where the next begins.
  std::uint64_t ends_[2] = {0, 0};
};

}  // namespace ashlar
