#pragma once

#include <ashlar/buffer/access.hpp>

#include <cassert>
#include <cstddef>
#include <source_location>
#include <type_traits>

namespace ashlar {

/// Read access to the `T` of a buffer, as if by a `T const*`, until it is destroyed.
///
/// Any number of guards may read the same bytes; while one does, nobody writes them. It keeps the buffer alive. A
/// default-constructed or moved-from guard, and one from a `try_` that failed, tests false and holds nothing.
///
/// A guard belongs to the thread that acquired it, or that last moved it: a wait of that thread for its own bytes
/// throws AccessConflictError. One guard is for one thread at a time; any thread may destroy it.
///
/// `*buffer.read()` copies. A reference into a guard that is itself a temporary does not outlive the expression:
/// keeping one from `->` or from a `std::span` made of the temporary compiles, with Clang's warning in the first
/// case and none in the second.
///
/// Where the memory is not coherent a read invalidates what it covers, and acquiring bytes waits, in a `try_` too,
/// while another thread does that nearby, in the same nonCoherentAtomSize.
template <class T>
class [[nodiscard]] ReadGuard : private detail::AccessGuard {
 public:
  /// Holds nothing.
  ReadGuard() noexcept = default;

  /// What `Subbuffer::read` calls.
  ReadGuard(detail::BufferRange const& bytes, detail::Wait wait, std::source_location where)
      : AccessGuard{bytes, alignof(T), detail::AccessKind::Read, wait, where} {}

  using AccessGuard::operator bool;

  /// Lets go before the guard's end. Nothing if it holds nothing.
  using AccessGuard::release;

  /// \pre The guard is not empty, here and below.
  [[nodiscard]] T const* get() const& noexcept ASHLAR_LIFETIMEBOUND { return element(); }
  T const* get() const&& = delete;

  [[nodiscard]] T const& operator*() const& noexcept ASHLAR_LIFETIMEBOUND { return *element(); }
  void operator*() const&& = delete;

  /// A copy.
  [[nodiscard]] auto operator*() const&& noexcept
    requires(!std::is_array_v<T>)
  {
    return *element();
  }

  [[nodiscard]] T const* operator->() const noexcept ASHLAR_LIFETIMEBOUND { return element(); }

 private:
  friend struct detail::GuardAccess;

  [[nodiscard]] T const* element() const noexcept { return reinterpret_cast<T const*>(data()); }
};

/// Read access to elements of a buffer: a contiguous, sized range of `T const`. Otherwise as `ReadGuard<T>`.
template <class T>
class [[nodiscard]] ReadGuard<T[]> : private detail::AccessGuard {
 public:
  /// Holds nothing: an empty range.
  ReadGuard() noexcept = default;

  /// What `Subbuffer::read` calls.
  ReadGuard(detail::BufferRange const& bytes, detail::Wait wait, std::source_location where)
      : AccessGuard{bytes, alignof(T), detail::AccessKind::Read, wait, where} {}

  using AccessGuard::operator bool;

  /// Lets go before the guard's end. Nothing if it holds nothing.
  using AccessGuard::release;

  [[nodiscard]] T const* data() const& noexcept ASHLAR_LIFETIMEBOUND { return elements(); }
  T const* data() const&& = delete;

  [[nodiscard]] T const* begin() const& noexcept ASHLAR_LIFETIMEBOUND { return elements(); }
  T const* begin() const&& = delete;

  [[nodiscard]] T const* end() const& noexcept ASHLAR_LIFETIMEBOUND { return elements() + size(); }
  T const* end() const&& = delete;

  /// Elements.
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(size_bytes() / sizeof(T)); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  using AccessGuard::size_bytes;

  /// \pre `index < size()`.
  [[nodiscard]] T const& operator[](std::size_t index) const& noexcept ASHLAR_LIFETIMEBOUND {
    assert(index < size());
    return elements()[index];
  }
  void operator[](std::size_t index) const&& = delete;

  /// A copy. \pre `index < size()`.
  [[nodiscard]] auto operator[](std::size_t index) const&& noexcept
    requires(!std::is_array_v<T>)
  {
    assert(index < size());
    return elements()[index];
  }

 private:
  friend struct detail::GuardAccess;

  [[nodiscard]] T const* elements() const noexcept { return reinterpret_cast<T const*>(AccessGuard::data()); }
};

}  // namespace ashlar
