#pragma once

#include <ashlar/buffer/access.hpp>
#include <ashlar/buffer/element_reference.hpp>

#include <cassert>
#include <cstddef>
#include <source_location>

namespace ashlar {

/// Exclusive access to the `T` of a buffer, to read and to write, as if by a `T*`, until it is destroyed.
///
/// While it lives nobody else holds any of its bytes. Emptiness, ownership and lifetime are as with `ReadGuard`.
///
/// It is read-modify-write: where the memory is not coherent it invalidates what it covers and flushes that at
/// its end. Reading memory that is device-local and not host-cached is a hundred times slower than writing it
/// (0.04 GB/s over PCIe): who only writes takes `OverwriteGuard`.
///
/// If the flush at its end fails the bytes stay marked, and the next guard that touches them tries
/// again; `flush` is there for who wants the exception.
///
/// `*buffer.write() = value` assigns, `T copy = *buffer.write()` copies, and a reference kept from such a
/// temporary does not compile. One kept from `->` does, with Clang's warning; a `std::span` of the temporary does not.
template <class T>
class [[nodiscard]] WriteGuard : private detail::AccessGuard {
 public:
  /// Holds nothing.
  WriteGuard() noexcept = default;

  /// What `Subbuffer::write` calls.
  WriteGuard(detail::BufferRange const& bytes, detail::Wait wait, std::source_location where)
      : AccessGuard{bytes, alignof(T), detail::AccessKind::Write, wait, where} {}

  using AccessGuard::operator bool;

  /// Flushes and lets go before the guard's end, and like that does not throw. Nothing if it holds nothing.
  using AccessGuard::release;

  /// Makes what was written so far available to the device; nothing on coherent memory. \throws VulkanError
  using AccessGuard::flush;

  /// \pre The guard is not empty, here and below.
  [[nodiscard]] T* get() const& noexcept ASHLAR_LIFETIMEBOUND { return element(); }
  T* get() const&& = delete;

  [[nodiscard]] T& operator*() const& noexcept ASHLAR_LIFETIMEBOUND { return *element(); }

  /// To be assigned to, changed (`*buffer.write() += 1`), or copied from, at once.
  [[nodiscard]] detail::TemporaryWriteReference<T> operator*() const&& noexcept {
    return detail::TemporaryWriteReference<T>{element()};
  }

  [[nodiscard]] T* operator->() const noexcept ASHLAR_LIFETIMEBOUND { return element(); }

 private:
  friend struct detail::GuardAccess;

  [[nodiscard]] T* element() const noexcept { return reinterpret_cast<T*>(data()); }
};

/// Exclusive access to elements of a buffer: a contiguous, sized range of `T`. Otherwise as `WriteGuard<T>`.
template <class T>
class [[nodiscard]] WriteGuard<T[]> : private detail::AccessGuard {
 public:
  /// Holds nothing: an empty range.
  WriteGuard() noexcept = default;

  /// What `Subbuffer::write` calls.
  WriteGuard(detail::BufferRange const& bytes, detail::Wait wait, std::source_location where)
      : AccessGuard{bytes, alignof(T), detail::AccessKind::Write, wait, where} {}

  using AccessGuard::operator bool;

  /// Flushes and lets go before the guard's end, and like that does not throw. Nothing if it holds nothing.
  using AccessGuard::release;

  /// Makes what was written so far available to the device; nothing on coherent memory. \throws VulkanError
  using AccessGuard::flush;

  [[nodiscard]] T* data() const& noexcept ASHLAR_LIFETIMEBOUND { return elements(); }
  T* data() const&& = delete;

  [[nodiscard]] T* begin() const& noexcept ASHLAR_LIFETIMEBOUND { return elements(); }
  T* begin() const&& = delete;

  [[nodiscard]] T* end() const& noexcept ASHLAR_LIFETIMEBOUND { return elements() + size(); }
  T* end() const&& = delete;

  /// Elements.
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(size_bytes() / sizeof(T)); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  using AccessGuard::size_bytes;

  /// \pre `index < size()`.
  [[nodiscard]] T& operator[](std::size_t index) const& noexcept ASHLAR_LIFETIMEBOUND {
    assert(index < size());
    return elements()[index];
  }

  /// To be assigned to, changed, or copied from, at once. \pre `index < size()`.
  [[nodiscard]] detail::TemporaryWriteReference<T> operator[](std::size_t index) const&& noexcept {
    assert(index < size());
    return detail::TemporaryWriteReference<T>{elements() + index};
  }

 private:
  friend struct detail::GuardAccess;

  [[nodiscard]] T* elements() const noexcept { return reinterpret_cast<T*>(AccessGuard::data()); }
};

}  // namespace ashlar
