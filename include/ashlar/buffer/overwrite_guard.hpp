#pragma once

#include <ashlar/array_view.hpp>
#include <ashlar/buffer/access.hpp>
#include <ashlar/buffer/element_reference.hpp>
#include <ashlar/export.hpp>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <source_location>

namespace ashlar {

/// Exclusive access to the `T` of a buffer, to write only, until it is destroyed: `*guard = value`.
///
/// It gives no way to read: memory that is device-local and not host-cached is fast to write and a hundred times
/// slower to read. Where the memory is not coherent it invalidates at most the first and the last atom of
/// what it covers, and flushes all of it at its end: bytes that it did not write have then no particular value.
///
/// Otherwise as `WriteGuard`.
template <class T>
class [[nodiscard]] OverwriteGuard : private detail::AccessGuard {
 public:
  /// Holds nothing.
  OverwriteGuard() noexcept = default;

  /// What `Subbuffer::overwrite` calls.
  OverwriteGuard(detail::BufferRange const& bytes, detail::Wait wait, std::source_location where)
      : AccessGuard{bytes, alignof(T), detail::AccessKind::Overwrite, wait, where} {}

  using AccessGuard::operator bool;

  /// Flushes and lets go before the guard's end, and like that does not throw. Nothing if it holds nothing.
  using AccessGuard::release;

  /// Makes what was written so far available to the device; nothing on coherent memory. \throws VulkanError
  using AccessGuard::flush;

  /// To be assigned to. \pre The guard is not empty.
  [[nodiscard]] detail::OverwriteReference<T> operator*() const& noexcept {
    return detail::OverwriteReference<T>{element()};
  }
  [[nodiscard]] detail::TemporaryOverwriteReference<T> operator*() const&& noexcept {
    return detail::TemporaryOverwriteReference<T>{element()};
  }

 private:
  friend struct detail::GuardAccess;

  [[nodiscard]] T* element() const noexcept { return reinterpret_cast<T*>(data()); }
};

namespace detail {

/// Walks elements to write them, as std::output_iterator asks.
template <class T>
class OverwriteIterator {
 public:
  using difference_type = std::ptrdiff_t;

  OverwriteIterator() noexcept = default;
  explicit OverwriteIterator(T* element) noexcept : element_{element} {}

  [[nodiscard]] OverwriteReference<T> operator*() const noexcept { return OverwriteReference<T>{element_}; }

  OverwriteIterator& operator++() noexcept {
    ++element_;
    return *this;
  }
  OverwriteIterator operator++(int) noexcept { return OverwriteIterator{element_++}; }

  [[nodiscard]] friend bool operator==(OverwriteIterator a, OverwriteIterator b) noexcept = default;
  [[nodiscard]] friend difference_type operator-(OverwriteIterator a, OverwriteIterator b) noexcept {
    return a.element_ - b.element_;
  }

 private:
  T* element_ = nullptr;
};

/// Copies `size` bytes to where `room` are.
/// \throws ValidationError if that is not the same.
ASHLAR_API void copy_all(std::byte* destination, std::uint64_t room, void const* source, std::uint64_t size);

/// Elements that can be written and not read: a sized output range.
template <class T>
class OverwriteElements {
 public:
  OverwriteElements(T* elements, std::size_t size) noexcept : elements_{elements}, size_{size} {}

  [[nodiscard]] OverwriteIterator<T> begin() const noexcept { return OverwriteIterator<T>{elements_}; }
  [[nodiscard]] OverwriteIterator<T> end() const noexcept { return OverwriteIterator<T>{elements_ + size_}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  /// \pre `index < size()`.
  [[nodiscard]] OverwriteReference<T> operator[](std::size_t index) const noexcept {
    assert(index < size_);
    return OverwriteReference<T>{elements_ + index};
  }

  /// Writes all elements from as many others, as one memcpy.
  /// \throws ValidationError if `source` has not `size()` elements.
  void copy_from(ArrayView<T> source) const {
    copy_all(reinterpret_cast<std::byte*>(elements_), size_ * sizeof(T), source.data(), source.size() * sizeof(T));
  }

  /// Writes `value` to all elements.
  void fill(T const& value) const noexcept {
    for (std::size_t i = 0; i < size_; ++i) {
      OverwriteReference<T>{elements_ + i} = value;
    }
  }

 private:
  T* elements_;
  std::size_t size_;
};

}  // namespace detail

/// Exclusive access to elements of a buffer, to write only: a sized output range, for `guard[i] = value`,
/// `std::ranges::copy(source, guard.begin())` and the like. Otherwise as `OverwriteGuard<T>`.
template <class T>
class [[nodiscard]] OverwriteGuard<T[]> : private detail::AccessGuard {
 public:
  /// Holds nothing: an empty range.
  OverwriteGuard() noexcept = default;

  /// What `Subbuffer::overwrite` calls.
  OverwriteGuard(detail::BufferRange const& bytes, detail::Wait wait, std::source_location where)
      : AccessGuard{bytes, alignof(T), detail::AccessKind::Overwrite, wait, where} {}

  using AccessGuard::operator bool;

  /// Flushes and lets go before the guard's end, and like that does not throw. Nothing if it holds nothing.
  using AccessGuard::release;

  /// Makes what was written so far available to the device; nothing on coherent memory. \throws VulkanError
  using AccessGuard::flush;

  [[nodiscard]] detail::OverwriteIterator<T> begin() const& noexcept ASHLAR_LIFETIMEBOUND {
    return detail::OverwriteIterator<T>{elements()};
  }
  detail::OverwriteIterator<T> begin() const&& = delete;

  [[nodiscard]] detail::OverwriteIterator<T> end() const& noexcept ASHLAR_LIFETIMEBOUND {
    return detail::OverwriteIterator<T>{elements() + size()};
  }
  detail::OverwriteIterator<T> end() const&& = delete;

  /// Elements.
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(size_bytes() / sizeof(T)); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  using AccessGuard::size_bytes;

  /// To be assigned to. \pre `index < size()`.
  [[nodiscard]] detail::OverwriteReference<T> operator[](std::size_t index) const& noexcept {
    assert(index < size());
    return detail::OverwriteReference<T>{elements() + index};
  }
  [[nodiscard]] detail::TemporaryOverwriteReference<T> operator[](std::size_t index) const&& noexcept {
    assert(index < size());
    return detail::TemporaryOverwriteReference<T>{elements() + index};
  }

  /// Writes all elements from as many others, as one memcpy.
  /// \throws ValidationError if `source` has not `size()` elements.
  void copy_from(ArrayView<T> source) const { all().copy_from(source); }

  /// Writes `value` to all elements.
  void fill(T const& value) const noexcept { all().fill(value); }

 private:
  friend struct detail::GuardAccess;

  [[nodiscard]] T* elements() const noexcept { return reinterpret_cast<T*>(data()); }
  [[nodiscard]] detail::OverwriteElements<T> all() const noexcept { return {elements(), size()}; }
};

}  // namespace ashlar
