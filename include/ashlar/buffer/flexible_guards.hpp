#pragma once

#include <ashlar/array_view.hpp>
#include <ashlar/buffer/access.hpp>
#include <ashlar/buffer/element_reference.hpp>
#include <ashlar/buffer/flexible.hpp>
#include <ashlar/buffer/overwrite_guard.hpp>
#include <ashlar/buffer/read_guard.hpp>
#include <ashlar/buffer/write_guard.hpp>

#include <cstddef>
#include <source_location>
#include <type_traits>

namespace ashlar {

namespace detail {

/// What the guards of a `Flexible` share.
template <class Head, class Element, ShaderLayout layout>
class FlexibleGuard : protected AccessGuard {
 public:
  FlexibleGuard() noexcept = default;
  FlexibleGuard(BufferRange const& bytes, AccessKind kind, Wait wait, std::source_location where)
      : AccessGuard{bytes, Contents::alignment, kind, wait, where} {}

  using AccessGuard::operator bool;

  /// Lets go before the guard's end. Nothing if it holds nothing.
  using AccessGuard::release;

  /// Elements of the tail.
  [[nodiscard]] std::size_t size() const noexcept {
    return size_bytes() == 0 ? 0 : static_cast<std::size_t>((size_bytes() - Contents::tail_offset) / sizeof(Element));
  }

 protected:
  using Contents = Flexible<Head, Element, layout>;
  friend struct GuardAccess;

  [[nodiscard]] Head* head_data() const noexcept { return reinterpret_cast<Head*>(data()); }
  [[nodiscard]] Element* tail_data() const noexcept {
    return data() == nullptr ? nullptr : reinterpret_cast<Element*>(data() + Contents::tail_offset);
  }
};

}  // namespace detail

/// Read access to a `Flexible`. Otherwise as `ReadGuard<T>`.
template <class Head, class Element, ShaderLayout layout>
class [[nodiscard]] ReadGuard<Flexible<Head, Element, layout>> : public detail::FlexibleGuard<Head, Element, layout> {
 public:
  /// Holds nothing.
  ReadGuard() noexcept = default;

  /// What `Subbuffer::read` calls.
  ReadGuard(detail::BufferRange const& bytes, detail::Wait wait, std::source_location where)
      : detail::FlexibleGuard<Head, Element, layout>{bytes, detail::AccessKind::Read, wait, where} {}

  /// \pre The guard is not empty, here and below.
  [[nodiscard]] Head const& head() const& noexcept ASHLAR_LIFETIMEBOUND { return *this->head_data(); }
  void head() const&& = delete;

  /// A copy.
  [[nodiscard]] auto head() const&& noexcept
    requires(!std::is_array_v<Head>)
  {
    return *this->head_data();
  }

  [[nodiscard]] ArrayView<Element> tail() const& noexcept ASHLAR_LIFETIMEBOUND {
    return {this->tail_data(), this->size()};
  }
  void tail() const&& = delete;
};

/// Exclusive access to a `Flexible`, to read and to write. Otherwise as `WriteGuard<T>`.
template <class Head, class Element, ShaderLayout layout>
class [[nodiscard]] WriteGuard<Flexible<Head, Element, layout>> : public detail::FlexibleGuard<Head, Element, layout> {
 public:
  /// Holds nothing.
  WriteGuard() noexcept = default;

  /// What `Subbuffer::write` calls.
  WriteGuard(detail::BufferRange const& bytes, detail::Wait wait, std::source_location where)
      : detail::FlexibleGuard<Head, Element, layout>{bytes, detail::AccessKind::Write, wait, where} {}

  using detail::AccessGuard::flush;

  /// \pre The guard is not empty, here and below.
  [[nodiscard]] Head& head() const& noexcept ASHLAR_LIFETIMEBOUND { return *this->head_data(); }

  /// To be assigned to, changed, or copied from, at once.
  [[nodiscard]] detail::TemporaryWriteReference<Head> head() const&& noexcept {
    return detail::TemporaryWriteReference<Head>{this->head_data()};
  }

  [[nodiscard]] detail::Elements<Element> tail() const& noexcept ASHLAR_LIFETIMEBOUND {
    return {this->tail_data(), this->size()};
  }
  void tail() const&& = delete;
};

/// Exclusive access to a `Flexible`, to write only. Otherwise as `OverwriteGuard<T>`.
template <class Head, class Element, ShaderLayout layout>
class [[nodiscard]] OverwriteGuard<Flexible<Head, Element, layout>>
    : public detail::FlexibleGuard<Head, Element, layout> {
 public:
  /// Holds nothing.
  OverwriteGuard() noexcept = default;

  /// What `Subbuffer::overwrite` calls.
  OverwriteGuard(detail::BufferRange const& bytes, detail::Wait wait, std::source_location where)
      : detail::FlexibleGuard<Head, Element, layout>{bytes, detail::AccessKind::Overwrite, wait, where} {}

  using detail::AccessGuard::flush;

  /// To be assigned to. \pre The guard is not empty, here and below.
  [[nodiscard]] detail::OverwriteReference<Head> head() const& noexcept {
    return detail::OverwriteReference<Head>{this->head_data()};
  }
  [[nodiscard]] detail::TemporaryOverwriteReference<Head> head() const&& noexcept {
    return detail::TemporaryOverwriteReference<Head>{this->head_data()};
  }

  [[nodiscard]] detail::OverwriteElements<Element> tail() const& noexcept { return {this->tail_data(), this->size()}; }
  void tail() const&& = delete;
};

}  // namespace ashlar
