#include <ashlar/buffer/access.hpp>

#include <atomic>

#include "buffer/access_memory.hpp"
#include "buffer/access_threads.hpp"
#include "buffer/access_tracker.hpp"
#include "buffer/host_access.hpp"
#include "support/catch.hpp"

namespace ashlar::detail {

using enum AccessKind;
using namespace not_coherent;

TEST_CASE("what failed to be flushed is flushed by the next guard that touches its atoms", "[access_dirty]") {
  Buffer buffer;
  buffer.memory.device_write({0, size}, 7);
  buffer.memory.on_flush = fail;
  {
    Guard guard{buffer, Write, {100, 8}};
    guard.write(9);
  }
  CHECK(buffer.tracker.idle());
  CHECK(buffer.tracker.dirty().ranges() == Ranges{{64, 64}});
  CHECK(buffer.memory.device({100, 8}) == 7);
  buffer.memory.on_flush = nullptr;
  buffer.memory.flushed.clear();

  {
    Guard const elsewhere{buffer, Read, {128, 64}};
  }
  CHECK(buffer.memory.flushed.empty());
  CHECK_FALSE(buffer.tracker.dirty().empty());

  // It need not touch the same bytes.
  AccessKind const kind = GENERATE(Read, Overwrite);
  {
    Guard const guard{buffer, kind, {64, 1}};
    CHECK(buffer.memory.flushed == Ranges{{64, 64}});
  }
  CHECK(buffer.tracker.dirty().empty());
  CHECK(buffer.memory.device({100, 8}) == 9);
  CHECK(buffer.memory.host({100, 8}) == 9);
  CHECK(buffer.memory.device({65, 35}) == 7);
}

TEST_CASE("a guard whose retry fails is not had, and nothing is lost", "[access_dirty]") {
  Buffer buffer;
  buffer.memory.on_flush = fail;
  {
    Guard guard{buffer, Write, {100, 8}};
    guard.write(9);
  }
  CHECK_THROWS_AS((Guard{buffer, Read, {100, 8}}), Lost);
  CHECK_THROWS_AS((Guard{buffer, Overwrite, {64, 64}}), Lost);
  CHECK(buffer.tracker.idle());
  CHECK(buffer.tracker.dirty().ranges() == Ranges{{64, 64}});
  buffer.memory.on_flush = nullptr;
  Guard const guard{buffer, Read, {100, 8}};
  CHECK(guard.read() == 9);
  CHECK(buffer.memory.device({100, 8}) == 9);
}

TEST_CASE("of a dirty range, what is touched is flushed", "[access_dirty]") {
  Buffer buffer;
  buffer.memory.on_flush = fail;
  {
    Guard guard{buffer, Overwrite, {0, size}};
    guard.write(9);
  }
  buffer.memory.on_flush = nullptr;
  {
    Guard const guard{buffer, Read, {130, 1}};
    CHECK(guard.read() == 9);
  }
  CHECK(buffer.tracker.dirty().ranges() == Ranges{{0, 128}, {192, size - 192}});
  {
    Guard const guard{buffer, Read, {0, size}};
    CHECK(guard.read() == 9);
  }
  CHECK(buffer.tracker.dirty().empty());
  CHECK(buffer.memory.device({0, size}) == 9);
}

TEST_CASE("an atom that became dirty under another guard is kept", "[access_dirty]") {
  Buffer buffer;
  buffer.memory.device_write({0, size}, 7);
  Guard second{buffer, Write, {8, 8}};
  second.write(2);
  buffer.memory.on_flush = fail;
  {
    Guard first{buffer, Write, {0, 8}};
    first.write(1);
  }
  buffer.memory.on_flush = nullptr;
  {
    Guard third{buffer, Read, {0, 8}};
    CHECK(third.read() == 1);
  }
  CHECK(second.read() == 2);
  second.release();
  CHECK(buffer.memory.device({0, 8}) == 1);
  CHECK(buffer.memory.device({8, 8}) == 2);
  CHECK(buffer.memory.device({16, 8}) == 7);
}

TEST_CASE("a flush that fails while another guard retries the same atom is not forgotten", "[access_dirty]") {
  Buffer buffer;
  Guard second{buffer, Write, {8, 8}};
  buffer.memory.on_flush = fail;
  {
    Guard first{buffer, Write, {0, 8}};
    first.write(1);
  }
  // Before the third guard hears that its flush is done, that of the second fails.
  buffer.memory.on_flush = nullptr;
  buffer.memory.after_flush = [&](ByteRange) {
    buffer.memory.on_flush = fail;
    second.write(2);
    second.release();
  };
  {
    Guard const third{buffer, Read, {0, 8}};
    CHECK(third.read() == 1);
  }
  CHECK(buffer.memory.device({8, 8}) == 0);
  CHECK(buffer.tracker.dirty().ranges() == Ranges{{0, 64}});
  buffer.memory.on_flush = nullptr;
  buffer.memory.after_flush = nullptr;
  Guard const fourth{buffer, Read, {8, 8}};
  CHECK(fourth.read() == 2);
  CHECK(buffer.memory.device({8, 8}) == 2);
  CHECK(buffer.tracker.dirty().empty());
}

TEST_CASE("a guard whose invalidation fails is not had", "[access_dirty]") {
  Buffer buffer;
  AccessKind const kind = GENERATE(Read, Write, Overwrite);
  buffer.memory.on_invalidate = fail;
  CHECK_THROWS_AS((Guard{buffer, kind, {8, 8}}), Lost);
  CHECK(buffer.tracker.idle());
  buffer.memory.on_invalidate = nullptr;
  CHECK(Guard{buffer, Write, {0, size}});
}

TEST_CASE("who waits for an arriving guard that fails gets its turn", "[access_dirty]") {
  Buffer buffer;
  Gate gate;
  std::atomic<bool> first{true};
  buffer.memory.on_invalidate = [&](ByteRange) {
    if (first.exchange(false)) {
      gate.pass();
      throw Lost{};
    }
  };
  auto arriving = in_thread([&] { return static_cast<bool>(Guard{buffer, Write, {0, 8}}); });
  gate.wait_for_arrivals(1);
  auto waiting = in_thread([&] { return static_cast<bool>(Guard{buffer, Write, {0, 16}, a_minute}); });
  wait_for_waiters(buffer.tracker, 1);
  gate.open();
  CHECK_THROWS_AS(arriving.get(), Lost);
  CHECK(waiting.get());
  CHECK(buffer.tracker.idle());
}

}  // namespace ashlar::detail
