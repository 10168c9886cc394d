#include <ashlar/buffer/access.hpp>
#include <ashlar/buffer/overwrite_guard.hpp>
#include <ashlar/error.hpp>

#include "buffer/buffer_state.hpp"
#include "buffer/host_access.hpp"
#include "text.hpp"

#include <cstring>

namespace ashlar::detail {
namespace {

/// The buffer of `bytes`, if it is coherent, mapped and idle, so that all there was to do for `entry` is done.
BufferState* hold_idle(BufferRange const& bytes, std::uint64_t alignment, AccessEntry& entry) noexcept {
  if (!bytes || alignment > always_given_host_alignment || entry.owner == 0) {
    return nullptr;
  }
  BufferState& buffer = Access::state(bytes.buffer());
  bool const mapped = buffer.mapped.load(std::memory_order_acquire) != nullptr;
  return mapped && buffer.tracker.acquire_idle(entry) ? &buffer : nullptr;
}

}  // namespace

/// The idle case calls nothing, so that no register is saved, and writes each member once.
AccessGuard::AccessGuard(BufferRange const& bytes, std::uint64_t alignment, AccessKind kind, Wait wait,
                         std::source_location where)
    : entry_{.range = bytes.byte_range(), .where = where, .owner = thread_number, .kind = kind},
      buffer_{hold_idle(bytes, alignment, entry_)},
      data_{buffer_ != nullptr ? buffer_->mapped.load(std::memory_order_relaxed) + entry_.range.offset : nullptr} {
  if (buffer_ == nullptr) {
    acquire_slowly(bytes, alignment, wait);
  }
}

AccessGuard::AccessGuard(AccessGuard&& other) noexcept { take(other); }

AccessGuard& AccessGuard::operator=(AccessGuard&& other) noexcept {
  if (this != &other) {
    release();
    take(other);
  }
  return *this;
}

bool AccessGuard::acquire(AccessRequest const& request, Wait wait) {
  BufferState& buffer = *request.buffer;
  std::byte* const mapped = buffer.host_pointer();  // Throws before anything is held.
  entry_.range = request.range;
  entry_.where = request.where;
  entry_.kind = request.kind;
  entry_.owner = this_thread();
  if (!acquire_bytes(buffer.tracker, buffer, entry_, wait)) {
    entry_.range = {};
    return false;
  }
  buffer_ = &buffer;
  data_ = mapped + request.range.offset;
  return true;
}

/// Never inlined: the idle case then needs no stack.
[[gnu::noinline]] void AccessGuard::acquire_slowly(BufferRange const& bytes, std::uint64_t alignment, Wait wait) {
  BufferState& buffer = state_for_host(bytes, alignment);
  static_cast<void>(acquire({&buffer, entry_.range, entry_.kind, entry_.where}, wait));
}

void AccessGuard::let_go() noexcept {
  if (!buffer_->tracker.release_alone(entry_) && release_for_host(buffer_->tracker, *buffer_, entry_)) {
    destroy(*buffer_);
  }
}

void AccessGuard::cancel() noexcept {
  if (buffer_ != nullptr) {
    if (buffer_->tracker.release(entry_)) {
      destroy(*buffer_);
    }
    forget();
  }
}

void AccessGuard::flush() const {
  if (buffer_ != nullptr) {
    flush_for_host(buffer_->tracker, *buffer_, entry_);
  }
}

void AccessGuard::take(AccessGuard& other) noexcept {
  if (other.buffer_ != nullptr) {
    buffer_ = other.buffer_;
    data_ = other.data_;
    entry_.owner = this_thread();
    buffer_->tracker.move(other.entry_, entry_);
    other.forget();
  }
}

void copy_all(std::byte* destination, std::uint64_t room, void const* source, std::uint64_t size) {
  if (size != room) {
    throw ValidationError{"OverwriteGuard::copy_from",
                          text("the source has ", size, " bytes, the guard ", room, "; slice the longer one").c_str()};
  }
  if (size != 0) {
    std::memcpy(destination, source, static_cast<std::size_t>(size));
  }
}

}  // namespace ashlar::detail
