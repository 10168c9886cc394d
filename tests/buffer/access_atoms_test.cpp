#include <ashlar/buffer/access.hpp>
#include <atomic>

#include <atomic>
#include <cstdint>

#include "buffer/access_memory.hpp"
#include "buffer/access_threads.hpp"
#include "buffer/access_tracker.hpp"
#include "buffer/host_access.hpp"
#include "support/catch.hpp"

namespace ashlar::detail {

using enum AccessKind;
using namespace not_coherent;

TEST_CASE("a read sees what the device wrote", "[access_atoms]") {
  Buffer buffer;
  buffer.memory.device_write({0, size}, 7);
  {
    Guard const guard{buffer, Read, {100, 8}};
    CHECK(guard.read() == 7);
  }
  buffer.memory.device_write({100, 8}, 8);
  Guard const guard{buffer, Read, {100, 8}};
  CHECK(guard.read() == 8);
  CHECK(buffer.memory.invalidated == Ranges{{64, 64}, {64, 64}});
  CHECK(buffer.memory.flushed.empty());
}

TEST_CASE("a write reaches the device and leaves its neighbours alone", "[access_atoms]") {
  Buffer buffer;
  buffer.memory.device_write({0, size}, 7);
  {
    Guard guard{buffer, Write, {60, 8}};
    CHECK(guard.read() == 7);
    guard.write(9);
  }
  CHECK(buffer.memory.device({0, 60}) == 7);
  CHECK(buffer.memory.device({60, 8}) == 9);
  CHECK(buffer.memory.device({68, size - 68}) == 7);
  CHECK(buffer.memory.flushed == Ranges{{0, 128}});
}

TEST_CASE("an overwrite invalidates only what it covers in part", "[access_atoms]") {
  struct Case {
    ByteRange range;
    Ranges invalidated;
  };
  auto const expected =
      GENERATE(Case{{0, 64}, {}}, Case{{64, 128}, {}}, Case{{0, 96}, {{64, 64}}}, Case{{32, 96}, {{0, 64}}},
               Case{{32, 128}, {{0, 64}, {128, 64}}}, Case{{32, 64}, {{0, 128}}}, Case{{8, 8}, {{0, 64}}},
               Case{{0, 32}, {{0, 64}}}, Case{{32, 32}, {{0, 64}}}, Case{{10, 0}, {}});
  Buffer buffer;
  buffer.memory.device_write({0, size}, 7);
  {
    Guard guard{buffer, Overwrite, expected.range};
    CHECK(buffer.memory.invalidated == expected.invalidated);
    guard.write(9);
  }
  for (std::uint64_t i = 0; i < size; ++i) {
    CHECK(buffer.memory.device({i, 1}) == (expected.range.overlaps({i, 1}) ? 9 : 7));
  }
}

TEST_CASE("an empty range touches no atom", "[access_atoms]") {
  Buffer buffer;
  for (AccessKind const kind : {Read, Write, Overwrite}) {
    Guard const guard{buffer, kind, {10, 0}};
    CHECK(guard);
  }
  CHECK(buffer.memory.invalidated.empty());
  CHECK(buffer.memory.flushed.empty());
}

TEST_CASE("what a guard has written is not invalidated by its neighbour", "[access_atoms]") {
  Buffer buffer;
  buffer.memory.device_write({0, size}, 7);
  AccessKind const kind = GENERATE(Read, Write, Overwrite);
  Guard first{buffer, Write, {0, 8}};
  first.write(1);
  {
    Guard second{buffer, kind, {8, 100}};
    CHECK(first.read() == 1);
    CHECK((kind == Overwrite || second.read() == 7));
    if (kind != Read) {
      second.write(2);
    }
  }
  CHECK(first.read() == 1);
  first.write(3);
  first.release();
  CHECK(buffer.memory.device({0, 8}) == 3);
  CHECK(buffer.memory.device({8, 100}) == (kind == Read ? 7 : 2));
  CHECK(buffer.memory.device({108, 20}) == 7);
}

TEST_CASE("an atom between two guards is invalidated but for theirs", "[access_atoms]") {
  Buffer buffer;
  Guard const low{buffer, Read, {60, 8}};
  Guard const high{buffer, Write, {250, 10}};
  buffer.memory.invalidated.clear();
  Guard const middle{buffer, Read, {68, 182}};
  CHECK(buffer.memory.invalidated == Ranges{{128, 64}});
}

TEST_CASE("an arriving guard has its atoms for itself", "[access_atoms]") {
  Buffer buffer;
  buffer.memory.device_write({0, size}, 7);
  Gate gate;
  buffer.memory.on_invalidate = [&](ByteRange) { gate.pass(); };
  Gate end;
  auto first = in_thread([&] {
    Guard const guard{buffer, Read, {0, 1}, a_minute};
    end.pass();
    return static_cast<bool>(guard);
  });
  gate.wait_for_arrivals(1);
  auto const neighbour = [&](std::uint64_t offset) {
    return in_thread([&buffer, offset] { return static_cast<bool>(Guard{buffer, Read, {offset, 1}}); });
  };
  auto one = neighbour(1);
  auto another = neighbour(2);
  auto third = neighbour(3);
  wait_until([&] { return buffer.tracker.arrival_waiter_count() == 3; });
  gate.open();
  CHECK(one.get());
  CHECK(another.get());
  CHECK(third.get());
  CHECK(buffer.tracker.arrival_waiter_count() == 0);
  end.open();
  CHECK(first.get());
}

TEST_CASE("who is not to wait for guards does not wait for an arrival of his own", "[access_atoms]") {
  Buffer buffer;
  int refused = 0;
  buffer.memory.on_invalidate = [&](ByteRange) { refused += Guard{buffer, Write, {8, 8}} ? 0 : 1; };
  Guard const arriving{buffer, Write, {0, 8}};
  CHECK(refused == 1);
  CHECK(Guard{buffer, Write, {8, 8}});
}

TEST_CASE("an arriving overwrite that needs nothing does not stay arriving", "[access_atoms]") {
  Buffer buffer;
  Guard const first{buffer, Overwrite, {64, 64}};
  Guard const second{buffer, Read, {0, 64}};
  CHECK(first);
  CHECK(second);
  Guard const partly{buffer, Write, {128, 8}};
  CHECK(Guard{buffer, Write, {136, 8}});
}

TEST_CASE("coherent memory is neither flushed nor invalidated", "[access_atoms]") {
  AccessTracker tracker{0};
  Memory memory;
  memory.on_flush = fail;
  memory.on_invalidate = fail;
  AccessEntry entry = entry_of(Write, {1, 3});
  CHECK(acquire_bytes(tracker, memory, entry, Wait::not_at_all()));
  flush_for_host(tracker, memory, entry);
  CHECK_FALSE(release_for_host(tracker, memory, entry));
  CHECK(memory.flushed.empty());
  CHECK(memory.invalidated.empty());
}

TEST_CASE("an atom may be one byte", "[access_atoms]") {
  struct Log {
    void flush(ByteRange range) { flushed.push_back(range); }
    void invalidate(ByteRange range) { invalidated.push_back(range); }
    Ranges flushed;
    Ranges invalidated;
  };
  AccessTracker tracker{1};
  Log memory;
  AccessEntry entry = entry_of(Write, {3, 5});
  REQUIRE(acquire_bytes(tracker, memory, entry, Wait::not_at_all()));
  CHECK_FALSE(release_for_host(tracker, memory, entry));
  CHECK(memory.invalidated == Ranges{{3, 5}});
  CHECK(memory.flushed == Ranges{{3, 5}});
  AccessEntry other = entry_of(Overwrite, {3, 5});
  REQUIRE(acquire_bytes(tracker, memory, other, Wait::not_at_all()));
  CHECK_FALSE(release_for_host(tracker, memory, other));
  CHECK(memory.invalidated.size() == 1);
  CHECK(memory.flushed.size() == 2);
}

TEST_CASE("a flush on demand covers whole atoms, reports its failure, and is repeated at the end", "[access_atoms]") {
  AccessTracker tracker{atom};
  Memory memory;
  AccessEntry entry = entry_of(Write, {60, 8});
  REQUIRE(acquire_bytes(tracker, memory, entry, Wait::not_at_all()));
  memory.host_write({60, 8}, 1);
  flush_for_host(tracker, memory, entry);
  CHECK(memory.flushed == Ranges{{0, 128}});
  CHECK(memory.device({60, 8}) == 1);
  memory.on_flush = fail;
  CHECK_THROWS_AS(flush_for_host(tracker, memory, entry), Lost);
  CHECK(tracker.dirty().empty());
  memory.on_flush = nullptr;
  memory.host_write({60, 8}, 2);
  CHECK_FALSE(release_for_host(tracker, memory, entry));
  CHECK(memory.device({60, 8}) == 2);
}

}  // namespace ashlar::detail
