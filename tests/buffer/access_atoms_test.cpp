#include <ashlar/buffer/access.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "buffer/access_threads.hpp"
#include "buffer/access_tracker.hpp"
#include "buffer/host_access.hpp"
#include "support/catch.hpp"

namespace ashlar::detail {
namespace {

using enum AccessKind;
using Ranges = std::vector<ByteRange>;

constexpr std::uint64_t atom = 64;
constexpr std::uint64_t size = 8 * atom;

/// Memory that is not coherent: the host and the device see different copies, and whole atoms go to and fro.
class Memory {
 public:
  void flush(ByteRange range) {
    flushed.push_back(range);
    if (on_flush) {
      on_flush(range);
    }
    copy(range, host_, device_);
    if (after_flush) {
      after_flush(range);
    }
  }

  void invalidate(ByteRange range) {
    invalidated.push_back(range);
    if (on_invalidate) {
      on_invalidate(range);
    }
    copy(range, device_, host_);
  }

  void host_write(ByteRange range, int value) { write(range, value, host_); }
  void device_write(ByteRange range, int value) { write(range, value, device_); }

  /// The value of all bytes in the range, or -1 where they differ.
  int host(ByteRange range) const { return read(range, host_); }
  int device(ByteRange range) const { return read(range, device_); }

  Ranges flushed;
  Ranges invalidated;
  std::function<void(ByteRange)> on_flush;
  std::function<void(ByteRange)> after_flush;
  std::function<void(ByteRange)> on_invalidate;

 private:
  /// Atomic, as hardware is: threads write neighbouring bytes while their atom is flushed.
  using Bytes = std::vector<std::atomic<int>>;

  static void copy(ByteRange range, Bytes const& from, Bytes& to) {
    if (range.size == 0 || range.offset % atom != 0 || range.size % atom != 0 || range.end() > size) {
      throw std::logic_error{"not whole atoms"};
    }
    for (std::uint64_t i = range.offset; i < range.end(); ++i) {
      to[i] = from[i].load();
    }
  }

  static void write(ByteRange range, int value, Bytes& bytes) {
    for (std::uint64_t i = range.offset; i < range.end(); ++i) {
      bytes[i] = value;
    }
  }

  static int read(ByteRange range, Bytes const& bytes) {
    int const value = bytes[range.offset];
    for (std::uint64_t i = range.offset; i < range.end(); ++i) {
      if (bytes[i] != value) {
        return -1;
      }
    }
    return value;
  }

  Bytes host_ = Bytes(size);
  Bytes device_ = Bytes(size);
};

/// What a driver says when it can no longer.
struct Lost : std::runtime_error {
  Lost() : std::runtime_error{"lost"} {}
};

void fail(ByteRange) { throw Lost{}; }

struct Buffer {
  AccessTracker tracker{atom};
  Memory memory;
};

/// A guard of such memory.
class Guard {
 public:
  Guard(Buffer& buffer, AccessKind kind, ByteRange range, Wait wait = Wait::not_at_all())
      : buffer_{buffer}, entry_{entry_of(kind, range)} {
    held_ = acquire_for_host(buffer.tracker, buffer.memory, entry_, wait);
  }
  Guard(Guard const&) = delete;
  Guard& operator=(Guard const&) = delete;
  ~Guard() { release(); }

  explicit operator bool() const { return held_; }

  void release() {
    if (std::exchange(held_, false)) {
      static_cast<void>(release_for_host(buffer_.tracker, buffer_.memory, entry_));
    }
  }

  void write(int value) { buffer_.memory.host_write(entry_.range, value); }
  int read() const { return buffer_.memory.host(entry_.range); }

 private:
  Buffer& buffer_;
  AccessEntry entry_;
  bool held_ = false;
};

}  // namespace

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

TEST_CASE("what failed to be flushed is flushed by the next guard that touches its atoms", "[access_atoms]") {
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

TEST_CASE("a guard whose retry fails is not had, and nothing is lost", "[access_atoms]") {
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

TEST_CASE("of a dirty range, what is touched is flushed", "[access_atoms]") {
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

TEST_CASE("an atom that became dirty under another guard is kept", "[access_atoms]") {
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

TEST_CASE("a flush that fails while another guard retries the same atom is not forgotten", "[access_atoms]") {
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

TEST_CASE("a guard whose invalidation fails is not had", "[access_atoms]") {
  Buffer buffer;
  AccessKind const kind = GENERATE(Read, Write, Overwrite);
  buffer.memory.on_invalidate = fail;
  CHECK_THROWS_AS((Guard{buffer, kind, {8, 8}}), Lost);
  CHECK(buffer.tracker.idle());
  buffer.memory.on_invalidate = nullptr;
  CHECK(Guard{buffer, Write, {0, size}});
}

TEST_CASE("who waits for an arriving guard that fails gets its turn", "[access_atoms]") {
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

TEST_CASE("an arriving guard has its atoms for itself", "[access_atoms]") {
  Buffer buffer;
  buffer.memory.device_write({0, size}, 7);
  Gate gate;
  buffer.memory.on_invalidate = [&](ByteRange range) {
    if (range.offset == 0) {
      gate.pass();
    }
  };
  Gate end;
  auto arriving = in_thread([&] {
    Guard const guard{buffer, Read, {0, 8}, a_minute};
    end.pass();
    return guard.read();
  });
  gate.wait_for_arrivals(1);

  CHECK_FALSE(Guard{buffer, Write, {8, 8}});
  CHECK_FALSE(Guard{buffer, Read, {0, 8}});
  CHECK_FALSE(Guard{buffer, Read, {63, 2}});
  CHECK(Guard{buffer, Write, {64, 8}});
  auto neighbour = in_thread([&] {
    Guard guard{buffer, Write, {8, 8}, a_minute};
    guard.write(9);
    return static_cast<bool>(guard);
  });
  wait_for_waiters(buffer.tracker, 1);
  gate.open();
  CHECK(neighbour.get());  // As soon as the other has arrived, not only when it has gone.
  end.open();
  CHECK(arriving.get() == 7);
  CHECK(buffer.memory.device({8, 8}) == 9);
  CHECK(buffer.memory.device({0, 8}) == 7);
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
  CHECK(acquire_for_host(tracker, memory, entry, Wait::not_at_all()));
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
  REQUIRE(acquire_for_host(tracker, memory, entry, Wait::not_at_all()));
  CHECK_FALSE(release_for_host(tracker, memory, entry));
  CHECK(memory.invalidated == Ranges{{3, 5}});
  CHECK(memory.flushed == Ranges{{3, 5}});
  AccessEntry other = entry_of(Overwrite, {3, 5});
  REQUIRE(acquire_for_host(tracker, memory, other, Wait::not_at_all()));
  CHECK_FALSE(release_for_host(tracker, memory, other));
  CHECK(memory.invalidated.size() == 1);
  CHECK(memory.flushed.size() == 2);
}

TEST_CASE("a flush on demand covers whole atoms, reports its failure, and is repeated at the end", "[access_atoms]") {
  AccessTracker tracker{atom};
  Memory memory;
  AccessEntry entry = entry_of(Write, {60, 8});
  REQUIRE(acquire_for_host(tracker, memory, entry, Wait::not_at_all()));
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
