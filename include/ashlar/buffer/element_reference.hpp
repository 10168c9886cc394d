#pragma once

#include <cstring>
#include <type_traits>

namespace ashlar::detail {

/// An element that can be written and not read: what an overwrite guard gives instead of a reference.
template <class T>
class OverwriteReference {
 public:
  explicit OverwriteReference(T* element) noexcept : element_{element} {}
  OverwriteReference(OverwriteReference const&) = default;
  OverwriteReference& operator=(OverwriteReference const&) = delete;
  ~OverwriteReference() = default;

  // NOLINTNEXTLINE(misc-unconventional-assign-operator): nothing can be done with what is returned.
  void operator=(T const& value) const noexcept { std::memcpy(static_cast<void*>(element_), &value, sizeof(T)); }

 private:
  T* element_;
};

/// An element of a guard that dies with the expression: it can be written there and nowhere else, so that a kept
/// one does not compile when it is used.
template <class T>
class TemporaryOverwriteReference {
 public:
  explicit TemporaryOverwriteReference(T* element) noexcept : element_{element} {}
  TemporaryOverwriteReference(TemporaryOverwriteReference const&) = delete;
  TemporaryOverwriteReference& operator=(TemporaryOverwriteReference const&) = delete;
  ~TemporaryOverwriteReference() = default;

  // NOLINTNEXTLINE(misc-unconventional-assign-operator): as above.
  void operator=(T const& value) const&& noexcept { std::memcpy(static_cast<void*>(element_), &value, sizeof(T)); }

 protected:
  T* element_;
};

/// The same, and it can be copied from and changed.
template <class T>
class TemporaryWriteReference : public TemporaryOverwriteReference<T> {
 public:
  using TemporaryOverwriteReference<T>::TemporaryOverwriteReference;
  using TemporaryOverwriteReference<T>::operator=;

  operator T() const&& noexcept { return element(); }  // NOLINT(google-explicit-constructor)

  /// Element to element: `a.write()[0] = b.write()[0]`.
  // NOLINTNEXTLINE(misc-unconventional-assign-operator): as above.
  void operator=(TemporaryWriteReference&& other) && noexcept { set(other.element()); }

  void operator+=(T const& value) && noexcept { set(static_cast<T>(element() + value)); }
  void operator-=(T const& value) && noexcept { set(static_cast<T>(element() - value)); }
  void operator*=(T const& value) && noexcept { set(static_cast<T>(element() * value)); }
  void operator/=(T const& value) && noexcept { set(static_cast<T>(element() / value)); }
  void operator%=(T const& value) && noexcept { set(static_cast<T>(element() % value)); }
  void operator&=(T const& value) && noexcept { set(static_cast<T>(element() & value)); }
  void operator|=(T const& value) && noexcept { set(static_cast<T>(element() | value)); }
  void operator^=(T const& value) && noexcept { set(static_cast<T>(element() ^ value)); }
  void operator<<=(T const& value) && noexcept { set(static_cast<T>(element() << value)); }
  void operator>>=(T const& value) && noexcept { set(static_cast<T>(element() >> value)); }

 private:
  [[nodiscard]] T const& element() const noexcept { return *this->element_; }
  void set(T const& value) const noexcept { std::memcpy(static_cast<void*>(this->element_), &value, sizeof(T)); }
};

/// An array cannot be copied out by value.
template <class T>
  requires std::is_array_v<T>
class TemporaryWriteReference<T> : public TemporaryOverwriteReference<T> {
 public:
  using TemporaryOverwriteReference<T>::TemporaryOverwriteReference;
  using TemporaryOverwriteReference<T>::operator=;
};

}  // namespace ashlar::detail
