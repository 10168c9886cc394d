#pragma once

#include "memory/short_lock.hpp"
#include "suballocator/free_list.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace ashlar::detail {

struct MemoryBlock;

/// A few pieces that threads at home elsewhere gave back, until the shard's next turn: to put one here costs them less
/// than to wait for the shard and to fetch its bookkeeping.
///
/// Threads: any number.
class alignas(128) ReturnedPieces {
 public:
  struct Piece {
    MemoryBlock* block = nullptr;
    FreeList::Handle handle = 0;
  };

  static constexpr std::size_t capacity = 7;

  /// Whether there is none; may be of a moment ago.
  [[nodiscard]] bool empty() const noexcept { return count_.load(std::memory_order_relaxed) == 0; }

  /// Whether the piece was taken: not if this is full, or closed.
  [[nodiscard]] bool try_put(Piece const& piece) noexcept {
    std::lock_guard const lock{lock_};
    std::uint32_t const count = count_.load(std::memory_order_relaxed);
    if (!open_ || count == capacity) {
      return false;
    }
    pieces_[count] = piece;
    count_.store(count + 1, std::memory_order_relaxed);
    return true;
  }

  /// Takes all out, into room for `capacity`, and answers how many there were.
  std::size_t take_all(Piece* pieces) noexcept {
    std::lock_guard const lock{lock_};
    std::uint32_t const count = count_.exchange(0, std::memory_order_relaxed);
    std::copy_n(pieces_, count, pieces);
    return count;
  }

  void set_open(bool open) noexcept {
    std::lock_guard const lock{lock_};
    open_ = open;
  }

 private:
  ShortLock lock_;
  bool open_ = false;
  std::atomic<std::uint32_t> count_{0};
  Piece pieces_[capacity] = {};
};

}  // namespace ashlar::detail
