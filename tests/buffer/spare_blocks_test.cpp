// What a thread keeps of the memory of its buffer states, and for how long.

#include "buffer/spare_blocks.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "support/catch.hpp"

namespace ashlar::test {

namespace {

using detail::spare_blocks;
using detail::SpareBlocks;

constexpr std::size_t size = 64;

/// Runs on a thread that has kept nothing yet.
template <class F>
void on_fresh_thread(F const& f) {
  std::thread{f}.join();
}

std::vector<void*> take(std::size_t count) {
  std::vector<void*> blocks(count);
  std::ranges::generate(blocks, [] { return spare_blocks.take(size); });
  return blocks;
}

void give(std::vector<void*> const& blocks) {
  std::ranges::for_each(blocks, [](void* block) { spare_blocks.give(block); });
}

/// Whether this thread keeps anything: not under AddressSanitizer.
bool keeps_blocks() {
  spare_blocks.give(spare_blocks.take(size));
  return spare_blocks.room() != 0;
}

}  // namespace

TEST_CASE("the blocks given last are taken first", "[spare_blocks]") {
  std::vector<void*> given;
  std::vector<void*> taken;
  bool kept = false;
  on_fresh_thread([&] {
    kept = keeps_blocks();
    given = take(3);
    give(given);
    taken = take(3);
    give(taken);
  });
  if (kept) {
    std::ranges::reverse(taken);
    CHECK(taken == given);
  }
}

TEST_CASE("a thread keeps so many blocks and no more", "[spare_blocks]") {
  std::vector<std::uint32_t> rooms;
  bool kept = false;
  on_fresh_thread([&] {
    rooms.push_back(spare_blocks.room());
    kept = keeps_blocks();
    std::vector<void*> const blocks = take(SpareBlocks::most + 8);
    rooms.push_back(spare_blocks.room());
    give(blocks);
    rooms.push_back(spare_blocks.room());
    give(take(2));
    rooms.push_back(spare_blocks.room());
  });
  CHECK(rooms == std::vector<std::uint32_t>{0, kept ? SpareBlocks::most : 0, 0, 0});
}

TEST_CASE("a block may be given to another thread than it was taken from", "[spare_blocks]") {
  std::vector<void*> blocks;
  on_fresh_thread([&] { blocks = take(SpareBlocks::most + 8); });
  on_fresh_thread([&] { give(blocks); });
}

namespace {

/// As a handle in a thread's variable that is destroyed after what the thread keeps.
struct LateUser {
  std::vector<void*> blocks;
  std::uint32_t* room_left = nullptr;

  ~LateUser() {
    give(blocks);
    give(take(1));
    *room_left = spare_blocks.room();
  }
};

}  // namespace

TEST_CASE("when a thread has given its blocks back it keeps no more", "[spare_blocks]") {
  std::uint32_t room_left = 1;
  on_fresh_thread([&] {
    thread_local LateUser user;  // Constructed first, so destroyed last.
    user.room_left = &room_left;
    user.blocks = take(3);
    give(take(5));
  });
  CHECK(room_left == 0);
}

}  // namespace ashlar::test
