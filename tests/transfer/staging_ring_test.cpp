#include "transfer/staging_ring.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "memory/memory_fixture.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"
#include "transfer/transfer_fixture.hpp"

namespace ashlar::test {
namespace {

using detail::StagingBlock;
using detail::StagingPiece;
using detail::StagingRing;

constexpr std::uint64_t unit = 64;

class StagingRingTest : protected TransferTest {
 protected:
  StagingRingTest() : TransferTest{test_gpu()} {}

  [[nodiscard]] StagingRing new_ring(std::uint64_t max_size) const {
    return StagingRing{allocator, {.max_size = max_size}};
  }

  /// Makes a block of the size that it should have.
  static void grow(StagingRing& ring, std::uint64_t size) {
    auto const unneeded = ring.use_block(ring.make_block(size));
    REQUIRE(ring.in_use_size() == size);
  }

  static void release(StagingRing& ring, StagingPiece const& piece) { CHECK(ring.release(piece).empty()); }
};

/// A block of the ring, by units: who has each one. A piece lies behind the last one, in one piece.
class CircleModel {
 public:
  explicit CircleModel(std::uint64_t units) : units_{units} {}

  /// Where a piece has to lie; nothing if there is no room for it.
  [[nodiscard]] std::optional<std::uint64_t> reserve(std::uint64_t count) {
    std::uint64_t const head = pieces_.empty() ? 0 : pieces_.back().begin + pieces_.back().count;
    for (std::uint64_t const begin : {head, std::uint64_t{0}}) {
      if (is_free(begin, count) && (begin == head || !pieces_.empty())) {
        pieces_.push_back({begin, count, false});
        return begin;
      }
    }
    return std::nullopt;
  }

  void release(std::uint64_t begin) {
    for (Piece& piece : pieces_) {
      piece.released = piece.released || piece.begin == begin;
    }
    while (!pieces_.empty() && pieces_.front().released) {
      pieces_.pop_front();
    }
  }

 private:
  struct Piece {
    std::uint64_t begin;
    std::uint64_t count;
    bool released;
  };

  /// Behind the last piece and before the oldest one, going round.
  [[nodiscard]] bool is_free(std::uint64_t begin, std::uint64_t count) const {
    bool const inside = begin + count <= units_;
    return inside && std::none_of(pieces_.begin(), pieces_.end(), [&](Piece const& piece) {
             return begin < piece.begin + piece.count && piece.begin < begin + count;
           });
  }

  std::uint64_t units_;
  std::deque<Piece> pieces_;
};

}  // namespace

TEST_CASE_METHOD(StagingRingTest, "a ring has nothing until it gets a block", "[transfer]") {
  StagingRing ring = new_ring(4096);
  CHECK_FALSE(ring.try_reserve(1));
  CHECK(ring.size() == 0);
  CHECK(ring.in_use_size() == 0);
  CHECK(ring.take_idle().empty());
  CHECK(ring.larger_size(1) == 4096);
}

TEST_CASE_METHOD(StagingRingTest, "pieces follow one another, in whole cache lines and atoms", "[transfer]") {
  StagingRing ring = new_ring(4096);
  grow(ring, 4096);
  auto const first = ring.try_reserve(1);
  auto const second = ring.try_reserve(65);
  auto const third = ring.try_reserve(64);
  CHECK(first.offset() == 0);
  CHECK(second.offset() == 64);
  CHECK(third.offset() == 192);
  CHECK(second.bytes() == first.bytes() + 64);
  for (auto const& piece : {first, second, third}) {
    release(ring, piece);
  }
}

TEST_CASE_METHOD(StagingRingTest, "a piece as large as the block fits once it is empty", "[transfer]") {
  StagingRing ring = new_ring(4096);
  grow(ring, 4096);
  auto const small = ring.try_reserve(64);
  CHECK_FALSE(ring.try_reserve(4096));
  release(ring, small);
  auto const all = ring.try_reserve(4096);
  REQUIRE(all);
  CHECK(all.offset() == 0);
  CHECK_FALSE(ring.try_reserve(1));
  release(ring, all);
  CHECK(ring.try_reserve(4096));
}

TEST_CASE_METHOD(StagingRingTest, "bytes are free again when all earlier pieces are released, too", "[transfer]") {
  StagingRing ring = new_ring(256);
  grow(ring, 256);
  auto const a = ring.try_reserve(128);
  auto const b = ring.try_reserve(64);
  auto const c = ring.try_reserve(64);
  CHECK_FALSE(ring.try_reserve(64));
  release(ring, b);
  release(ring, c);
  CHECK_FALSE(ring.try_reserve(64));
  release(ring, a);
  CHECK(ring.try_reserve(256));
}

TEST_CASE_METHOD(StagingRingTest, "a piece goes round where it does not fit behind the last", "[transfer]") {
  StagingRing ring = new_ring(256);
  grow(ring, 256);
  auto const a = ring.try_reserve(128);
  auto const b = ring.try_reserve(64);
  release(ring, a);
  auto const round = ring.try_reserve(128);  // The 64 bytes at the end are skipped.
  REQUIRE(round);
  CHECK(round.offset() == 0);
  CHECK_FALSE(ring.try_reserve(64));  // It is full: the last piece ends where the oldest begins.
  release(ring, b);
  auto const behind = ring.try_reserve(128);
  REQUIRE(behind);
  CHECK(behind.offset() == 128);
  CHECK_FALSE(ring.try_reserve(64));
  release(ring, round);
  CHECK(ring.try_reserve(128).offset() == 0);
}

TEST_CASE_METHOD(StagingRingTest, "a circle gives the pieces that its model has room for", "[transfer]") {
  std::mt19937_64 random{Catch::rngSeed()};  // NOLINT(cert-msc51-cpp): Catch2 tells the seed.
  auto const below = [&](std::uint64_t limit) { return random() % limit; };
  for (std::uint64_t const units : {1U, 2U, 3U, 7U, 16U, 64U}) {
    StagingRing ring = new_ring(units * unit);
    grow(ring, units * unit);
    CircleModel model{units};
    std::vector<StagingPiece> pieces;
    for (int step = 0; step < 3000; ++step) {
      if (below(2) == 0) {
        std::uint64_t const count = 1 + below(below(8) == 0 ? units : std::min<std::uint64_t>(units, 4));
        auto const expected = model.reserve(count);
        auto const piece = ring.try_reserve(count * unit - below(unit));
        REQUIRE(static_cast<bool>(piece) == expected.has_value());
        if (piece) {
          REQUIRE(piece.offset() == *expected * unit);
          pieces.push_back(piece);
        }
      } else if (!pieces.empty()) {
        std::swap(pieces[below(pieces.size())], pieces.back());
        model.release(pieces.back().offset() / unit);
        release(ring, pieces.back());
        pieces.pop_back();
      }
    }
  }
}

TEST_CASE_METHOD(StagingRingTest, "a ring doubles, and more where more is asked for, up to its limit", "[transfer]") {
  StagingRing ring = new_ring(12 * mib);
  CHECK(ring.max_size() == 12 * mib);
  CHECK(ring.larger_size(1) == 1 * mib);
  CHECK(ring.larger_size(3 * mib) == 4 * mib);
  CHECK(ring.larger_size(9 * mib) == 12 * mib);
  CHECK(ring.larger_size(12 * mib) == 12 * mib);
  CHECK(ring.larger_size(12 * mib + 1) == 0);
  grow(ring, 4 * mib);
  CHECK(ring.larger_size(1) == 8 * mib);
  grow(ring, 8 * mib);
  CHECK(ring.larger_size(1) == 12 * mib);
  grow(ring, 12 * mib);
  CHECK(ring.larger_size(1) == 0);
}

TEST_CASE_METHOD(StagingRingTest, "a limit is rounded to whole pieces, and at least one", "[transfer]") {
  CHECK(new_ring(0).max_size() == unit);
  CHECK(new_ring(65).max_size() == 2 * unit);
  CHECK(new_ring(100 * gib).max_size() == driver.gpu().max_buffer_size());
}

TEST_CASE_METHOD(StagingRingTest, "a larger block takes over, and the old one goes with its last piece", "[transfer]") {
  StagingRing ring = new_ring(4096);
  grow(ring, 1024);
  auto const old = ring.try_reserve(64);
  auto const older = ring.try_reserve(64);
  grow(ring, 2048);
  CHECK(ring.size() == 3072);
  auto const fresh_piece = ring.try_reserve(2048);
  REQUIRE(fresh_piece);
  CHECK(fresh_piece.buffer() != old.buffer());
  release(ring, older);
  auto const unneeded = ring.release(old);
  CHECK(unneeded.size() == 1);
  CHECK(ring.size() == 2048);
  release(ring, fresh_piece);
  CHECK(ring.size() == 2048);
}

TEST_CASE_METHOD(StagingRingTest, "an idle block is replaced, and one that is no larger not used", "[transfer]") {
  StagingRing ring = new_ring(4096);
  grow(ring, 1024);
  auto const replaced = ring.use_block(ring.make_block(2048));
  REQUIRE(replaced.size() == 1);
  CHECK(replaced.front().buffer.size() == 1024);
  auto const unused = ring.use_block(ring.make_block(2048));
  CHECK(unused.size() == 1);
  CHECK(ring.size() == 2048);
}

TEST_CASE_METHOD(StagingRingTest, "idle blocks can be taken, others not", "[transfer]") {
  StagingRing ring = new_ring(4096);
  grow(ring, 1024);
  auto const piece = ring.try_reserve(64);
  grow(ring, 2048);
  CHECK(ring.take_idle().size() == 1);
  CHECK(ring.size() == 1024);
  CHECK(ring.take_idle().empty());
  release(ring, piece);
  CHECK(ring.take_idle().size() == 1);
  CHECK(ring.size() == 0);
}

TEST_CASE_METHOD(StagingRingTest, "a ring that was long much larger than needed gives its block back", "[transfer]") {
  StagingRing ring = new_ring(8 * mib);
  grow(ring, 8 * mib);
  auto const turns_until_given_back = [&](std::uint64_t size) {
    for (int turn = 1; turn <= 1000; ++turn) {
      auto const piece = ring.try_reserve(size);
      if (!ring.release(piece).empty()) {
        return turn;
      }
    }
    return 0;
  };
  CHECK(turns_until_given_back(3 * mib) == 0);
  int const turns = turns_until_given_back(1 * mib);
  CHECK(turns > 1);
  CHECK(turns <= 128);
  CHECK(ring.size() == 0);
  grow(ring, 1 * mib);
  CHECK(turns_until_given_back(64) == 0);  // The smallest is kept.
}

}  // namespace ashlar::test
