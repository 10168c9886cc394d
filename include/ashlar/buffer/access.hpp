#pragma once

#include <ashlar/duration.hpp>
#include <ashlar/export.hpp>
#include <ashlar/layout.hpp>

#include <cstddef>
#include <cstdint>
#include <source_location>

namespace ashlar::detail {

class BufferRange;
struct BufferState;

enum class AccessKind : std::uint8_t {
  Read,
  Write,      ///< Reads and writes.
  Overwrite,  ///< Writes only.
};

/// Bytes of a buffer that somebody holds; a node of the tracker's list that lies inside the guard.
///
/// Only the tracker touches it while it is active.
struct AccessEntry {
  ByteRange range;             ///< In the buffer.
  std::source_location where;  ///< Where it was asked for.
  std::uint64_t owner = 0;     ///< The thread that holds it.
  AccessEntry* previous = nullptr;
  AccessEntry* next = nullptr;
  AccessKind kind = AccessKind::Read;
  bool arriving = false;  ///< Admitted, but its memory is still being flushed or invalidated.
  bool device = false;    ///< Of a submission.
};

/// A guard that is asked for.
struct AccessRequest {
  BufferState* buffer = nullptr;  ///< Never null where a guard is made from it.
  ByteRange range;                ///< In the buffer.
  AccessKind kind = AccessKind::Read;
  std::source_location where;
};

/// What the guards share: holds bytes of a buffer for the host, and the buffer alive, until it is destroyed.
///
/// It belongs to the thread that made it, or that last moved it.
class ASHLAR_API AccessGuard {
 public:
  /// Holds nothing.
  AccessGuard() noexcept = default;

  /// Waits for the bytes, elements of this alignment; holds nothing if `wait` has passed. One atomic operation on an
  /// idle, coherent buffer.
  /// \throws ValidationError if there is no buffer, or mapped memory has no such alignment.
  /// \throws AccessConflictError if the wait would close a cycle, unless it is not to wait at all.
  /// \throws NotHostVisibleError, VulkanError
  AccessGuard(BufferRange const& bytes, std::uint64_t alignment, AccessKind kind, Wait wait,
              std::source_location where);

  AccessGuard(AccessGuard&& other) noexcept;

  /// Releases what it holds before it takes over.
  AccessGuard& operator=(AccessGuard&& other) noexcept;

  ~AccessGuard() {
    if (buffer_ != nullptr) {
      let_go();
    }
  }

  /// As the constructor does, where the alignment was looked at; whether it now holds the bytes. \pre It holds nothing.
  bool acquire(AccessRequest const& request, Wait wait);

  /// Flushes what was written if the memory is not coherent, and lets go; nothing if it holds nothing.
  ///
  /// Where that flush fails the bytes are kept as dirty, and whoever next touches them flushes them first.
  void release() noexcept {
    if (buffer_ != nullptr) {
      let_go();
      forget();
    }
  }

  /// Lets go of bytes that were not written to: nothing is flushed.
  void cancel() noexcept;

  /// Makes what was written so far available to the device; nothing on coherent memory.
  /// \throws VulkanError
  void flush() const;

  [[nodiscard]] explicit operator bool() const noexcept { return buffer_ != nullptr; }

  /// The first byte that it holds, mapped.
  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return entry_.range.size; }

 private:
  void acquire_slowly(BufferRange const& bytes, std::uint64_t alignment, Wait wait);

  /// Releases the bytes. \pre It holds some. \post `forget` is called, or this destroyed.
  void let_go() noexcept;

  void forget() noexcept {
    buffer_ = nullptr;
    data_ = nullptr;
    entry_.range = {};
  }
  void take(AccessGuard& other) noexcept;

  AccessEntry entry_;
  BufferState* buffer_ = nullptr;
  std::byte* data_ = nullptr;
};

/// The friend of every guard: opens it for `lock`.
struct GuardAccess {
  template <class Guard>
  [[nodiscard]] static AccessGuard& base(Guard& guard) noexcept {
    return guard;
  }
};

}  // namespace ashlar::detail
