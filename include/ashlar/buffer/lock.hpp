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
#include <tuple>

namespace ashlar {

template <class T>
  requires detail::SubbufferContents<T>
class Subbuffer;

/// Guards that were acquired together: a std::tuple of them, for structured bindings.
template <class... Guard>
class [[nodiscard]] Guards : public std::tuple<Guard...> {
 public:
  using std::tuple<Guard...>::tuple;

  /// Whether they hold anything: as long as none is released or moved from, all do or none.
  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(std::get<0>(*this)); }
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
  Guards<typename First::Guard, typename Others::Guard...> guards;
  detail::AccessRequest const requests[] = {first.access(), others.access()...};
  std::apply(
      [&](auto&... guard) {
        detail::AccessGuard* const bases[] = {&detail::GuardAccess::base(guard)...};
        detail::lock_all(bases, requests, sizeof...(guard));
      },
      guards);
  return guards;
}

/// The same without waiting: guards that all test false if one of them cannot be had now.
/// \throws what `Subbuffer::try_read` throws; then nothing is held.
template <detail::IsLockRequest First, detail::IsLockRequest... Others>
[[nodiscard]] Guards<typename First::Guard, typename Others::Guard...> try_lock(First const& first,
                                                                                Others const&... others) {
  Guards<typename First::Guard, typename Others::Guard...> guards;
  detail::AccessRequest const requests[] = {first.access(), others.access()...};
  std::apply(
      [&](auto&... guard) {
        detail::AccessGuard* const bases[] = {&detail::GuardAccess::base(guard)...};
        static_cast<void>(detail::try_lock_all(bases, requests, sizeof...(guard)));
      },
      guards);
  return guards;
}

}  // namespace ashlar

template <class... Guard>
struct std::tuple_size<ashlar::Guards<Guard...>> : std::tuple_size<std::tuple<Guard...>> {};

template <std::size_t index, class... Guard>
struct std::tuple_element<index, ashlar::Guards<Guard...>> : std::tuple_element<index, std::tuple<Guard...>> {};
