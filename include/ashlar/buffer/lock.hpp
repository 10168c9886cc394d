#pragma once

#include <ashlar/buffer/access.hpp>
#include <ashlar/buffer/flexible.hpp>
#include <ashlar/buffer/overwrite_guard.hpp>
#include <ashlar/buffer/read_guard.hpp>
#include <ashlar/buffer/write_guard.hpp>
#include <ashlar/export.hpp>

#include <concepts>
#include <cstddef>
#include <source_location>
#include <type_traits>
#include <utility>

namespace ashlar {

template <class T>
class Subbuffer;

namespace detail {

template <std::size_t index, class Guard>
struct GuardAt {
  Guard guard;
};

template <class Indices, class... Guard>
struct IndexedGuards;
template <std::size_t... index, class... Guard>
struct IndexedGuards<std::index_sequence<index...>, Guard...> : GuardAt<index, Guard>... {};

}  // namespace detail

/// Guards that were acquired together, for structured bindings; `get<0>()` is the first.
template <class... Guard>
class [[nodiscard]] Guards : private detail::IndexedGuards<std::index_sequence_for<Guard...>, Guard...> {
 public:
  template <std::size_t index>
  [[nodiscard]] auto& get() & noexcept ASHLAR_LIFETIMEBOUND {
    return at<index>(*this);
  }
  template <std::size_t index>
  [[nodiscard]] auto const& get() const& noexcept ASHLAR_LIFETIMEBOUND {
    return at<index>(*this);
  }
  template <std::size_t index>
  [[nodiscard]] auto&& get() && noexcept ASHLAR_LIFETIMEBOUND {
    return std::move(at<index>(*this));
  }

  /// Whether they hold anything: as long as none is released or moved from, all do or none.
  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(get<0>()); }

 private:
  template <std::size_t index, class GuardThere>
  static GuardThere& at(detail::GuardAt<index, GuardThere>& place) noexcept {
    return place.guard;
  }
  template <std::size_t index, class GuardThere>
  static GuardThere const& at(detail::GuardAt<index, GuardThere> const& place) noexcept {
    return place.guard;
  }
};

namespace detail {

/// What `lock` is to acquire: a Subbuffer, and how.
template <class T, class GuardType, AccessKind kind>
class LockRequest : private Subbuffer<T> {
 public:
  using Guard = GuardType;

  LockRequest(Subbuffer<T> const& subbuffer, std::source_location where) : Subbuffer<T>{subbuffer}, where_{where} {}

  [[nodiscard]] AccessRequest access() const {
    return {&this->state(host_alignment<typename Subbuffer<T>::Element>), this->byte_range(), kind, where_};
  }

 private:
  std::source_location where_;
};

template <class R>
concept IsLockRequest = requires(R const& request) {
  typename R::Guard;
  { request.access() } -> std::same_as<AccessRequest>;
};

/// Acquires `count` guards, all or none. \pre They hold nothing.
ASHLAR_API void lock_all(AccessGuard* const* guards, AccessRequest const* requests, std::size_t count);
[[nodiscard]] ASHLAR_API bool try_lock_all(AccessGuard* const* guards, AccessRequest const* requests,
                                           std::size_t count);

/// Guards that `acquire`, one of the two above, was called for.
template <class... Guard, class Acquire>
Guards<Guard...> acquire_guards(AccessRequest const (&requests)[sizeof...(Guard)], Acquire acquire) {
  Guards<Guard...> guards;
  [&]<std::size_t... index>(std::index_sequence<index...>) {
    AccessGuard* const bases[] = {&GuardAccess::base(guards.template get<index>())...};
    static_cast<void>(acquire(bases, requests, sizeof...(Guard)));
  }(std::index_sequence_for<Guard...>{});
  return guards;
}

}  // namespace detail

/// For `lock`: shared access to the contents of `subbuffer`.
template <class T>
[[nodiscard]] auto read(Subbuffer<T> const& subbuffer, std::source_location where = std::source_location::current()) {
  return detail::LockRequest<T, ReadGuard<T>, detail::AccessKind::Read>{subbuffer, where};
}

/// For `lock`: exclusive access to the contents of `subbuffer`, to read and to write.
template <class T>
[[nodiscard]] auto write(Subbuffer<T> const& subbuffer, std::source_location where = std::source_location::current()) {
  return detail::LockRequest<T, WriteGuard<T>, detail::AccessKind::Write>{subbuffer, where};
}

/// For `lock`: exclusive access to the contents of `subbuffer`, to write only.
template <class T>
[[nodiscard]] auto overwrite(Subbuffer<T> const& subbuffer,
                             std::source_location where = std::source_location::current()) {
  return detail::LockRequest<T, OverwriteGuard<T>, detail::AccessKind::Overwrite>{subbuffer, where};
}

/// Acquires several guards at once, in whatever order other threads acquire theirs, without a deadlock:
///
///     auto [source, target] = ashlar::lock(ashlar::read(a), ashlar::overwrite(b));
///
/// While it waits for one it holds none of the others.
/// \throws AccessConflictError if two of the requests conflict with each other, or one with a guard of this thread
/// \throws what `Subbuffer::read` throws; then nothing is held.
template <detail::IsLockRequest First, detail::IsLockRequest... Others>
[[nodiscard]] Guards<typename First::Guard, typename Others::Guard...> lock(First const& first,
                                                                            Others const&... others) {
  return detail::acquire_guards<typename First::Guard, typename Others::Guard...>({first.access(), others.access()...},
                                                                                  detail::lock_all);
}

/// The same without waiting: guards that all test false if one of them cannot be had now.
/// \throws what `Subbuffer::try_read` throws; then nothing is held.
template <detail::IsLockRequest First, detail::IsLockRequest... Others>
[[nodiscard]] Guards<typename First::Guard, typename Others::Guard...> try_lock(First const& first,
                                                                                Others const&... others) {
  return detail::acquire_guards<typename First::Guard, typename Others::Guard...>({first.access(), others.access()...},
                                                                                  detail::try_lock_all);
}

}  // namespace ashlar

template <class... Guard>
struct std::tuple_size<ashlar::Guards<Guard...>> : std::integral_constant<std::size_t, sizeof...(Guard)> {};

template <std::size_t index, class... Guard>
struct std::tuple_element<index, ashlar::Guards<Guard...>> {
  using type = std::remove_reference_t<decltype(std::declval<ashlar::Guards<Guard...>&>().template get<index>())>;
};
