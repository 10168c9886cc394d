#include <ashlar/buffer/access.hpp>
#include <ashlar/error.hpp>

#include "buffer/buffer_state.hpp"
#include "buffer/host_access.hpp"
#include "text.hpp"

#include <cstring>
#include <utility>

namespace ashlar::detail {

AccessGuard::AccessGuard(AccessRequest const& request, Wait wait) { static_cast<void>(acquire(request, wait)); }

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
  if (!acquire_for_host(buffer.tracker, buffer, entry_, wait)) {
    entry_.range = {};
    return false;
  }
  buffer_ = &buffer;
  data_ = mapped + request.range.offset;
  return true;
}

void AccessGuard::release() noexcept {
  if (BufferState* const buffer = forget()) {
    if (release_for_host(buffer->tracker, *buffer, entry_)) {
      destroy(*buffer);
    }
    entry_.range = {};
  }
}

void AccessGuard::cancel() noexcept {
  if (BufferState* const buffer = forget()) {
    if (buffer->tracker.release(entry_)) {
      destroy(*buffer);
    }
    entry_.range = {};
  }
}

void AccessGuard::flush() const {
  if (buffer_ != nullptr) {
    flush_for_host(buffer_->tracker, *buffer_, entry_);
  }
}

void AccessGuard::copy_bytes_from(void const* source, std::uint64_t size) const {
  if (size != size_bytes()) {
    throw ValidationError{
        "OverwriteGuard::copy_from",
        text("the source has ", size, " bytes, the guard ", size_bytes(), "; slice the longer one").c_str()};
  }
  if (size != 0) {
    std::memcpy(data_, source, static_cast<std::size_t>(size));
  }
}

BufferState* AccessGuard::forget() noexcept {
  data_ = nullptr;
  return std::exchange(buffer_, nullptr);
}

void AccessGuard::take(AccessGuard& other) noexcept {
  data_ = other.data_;
  buffer_ = other.forget();
  if (buffer_ != nullptr) {
    entry_.owner = this_thread();
    buffer_->tracker.move(other.entry_, entry_);
    other.entry_.range = {};
  }
}

}  // namespace ashlar::detail
