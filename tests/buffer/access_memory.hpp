#pragma once

#include <ashlar/buffer/access.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "buffer/access_threads.hpp"
#include "buffer/access_tracker.hpp"
#include "buffer/host_access.hpp"

/// \file
/// Memory that is not coherent, in tests of the tracker: no Vulkan.

namespace ashlar::detail::not_coherent {

using Ranges = std::vector<ByteRange>;

inline constexpr std::uint64_t atom = 64;
inline constexpr std::uint64_t size = 8 * atom;

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

inline void fail(ByteRange) { throw Lost{}; }

struct Buffer {
  AccessTracker tracker{atom};
  Memory memory;
};

/// A guard of such memory.
class Guard {
 public:
  Guard(Buffer& buffer, AccessKind kind, ByteRange range, Wait wait = Wait::not_at_all())
      : buffer_{buffer}, entry_{entry_of(kind, range)} {
    held_ = acquire_bytes(buffer.tracker, buffer.memory, entry_, wait);
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

}  // namespace ashlar::detail::not_coherent
