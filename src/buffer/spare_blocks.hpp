#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

namespace ashlar::detail {

/// Host memory for the buffer states that a thread makes: of those that it destroyed it keeps a few blocks, all of one
/// size, for its next ones. A stack, without a lock or an atomic operation: `operator new` and `operator delete` cost a
/// buffer as much as its suballocation does.
///
/// What a thread keeps it gives back when it ends. Handles that live longer, in static variables, find nothing kept and
/// nothing is kept of them. Under AddressSanitizer nothing ever is, so that it sees every use of what is destroyed.
///
/// Threads: each has its own; a block may be given to another than it was taken from.
class SpareBlocks {
 public:
  /// So many are kept, for who replaces buffers, a few at a time.
  static constexpr std::uint32_t most = 32;

  /// \throws std::bad_alloc
  [[nodiscard]] void* take(std::size_t size) {
    if (first_ == nullptr) {
      return ::operator new(size);
    }
    Block* const block = first_;
    first_ = block->next;
    ++room_;
    return block;
  }

  void give(void* block) noexcept {
    if (room_ != 0 || make_room()) {
      --room_;
      first_ = new (block) Block{first_};
    } else {
      ::operator delete(block);
    }
  }

  /// How many more would be kept: none before the first is given.
  [[nodiscard]] std::uint32_t room() const noexcept { return room_; }

 private:
  struct Block {
    Block* next;
  };

  class Keeper;

  /// Begins to keep blocks, unless the thread has begun already: whether there is room.
  [[nodiscard]] bool make_room() noexcept;

  Block* first_ = nullptr;
  std::uint32_t room_ = 0;
  bool begun_ = false;
};

/// The calling thread's. Usable until its very end, since nothing destroys it.
extern constinit thread_local SpareBlocks spare_blocks;
static_assert(std::is_trivially_destructible_v<SpareBlocks>);

}  // namespace ashlar::detail
