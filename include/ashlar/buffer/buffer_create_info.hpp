#pragma once

#include <ashlar/buffer/buffer_usage.hpp>
#include <ashlar/buffer/shader_layout.hpp>
#include <ashlar/device/external_memory.hpp>
#include <ashlar/export.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace ashlar {

namespace detail {

template <class T>
struct CheckedBufferCreateInfo;

/// \throws ValidationError always.
[[noreturn]] ASHLAR_API void refuse_uniform_buffer(DifferenceReport const& difference, ShaderLayout layout);

}  // namespace detail

/// What a buffer is to be.
///
/// A UniformBuffer of structs that ASHLAR_BUFFER_CONTENTS lists has to lie as shaders expect it (`uniform_layout`). If
/// it does not, it does not compile where the usage is written in braces (`{.usage = BufferUsage::UniformBuffer}`: then
/// it has to be constant), and throws ValidationError where a BufferCreateInfo is named.
struct BufferCreateInfo {
  BufferUsages usage{};  ///< At least one.
  Flags<BufferCreateFlag> flags{};
  Sharing sharing = Sharing::Concurrent;

  /// Ways to export the buffer's memory, which is then dedicated to it: take it from `Buffer::allocation`.
  ExternalMemoryHandleTypes external_memory_handle_types{};

  /// For a buffer of `T`.
  template <class T>
  operator detail::CheckedBufferCreateInfo<T>() const;  // NOLINT(google-explicit-constructor)
};

namespace detail {

template <class T>
struct RootOf;
template <class T, class Kind>
struct RootOfKind {
  using Type = T;
  static constexpr bool names_layout = false;
};
template <class T, class Element, std::size_t N>
struct RootOfKind<T, ArrayKind<Element, N>> : RootOf<Element> {};
template <class T, class Seen>
struct RootOfKind<T, SeenAs<Seen>> : RootOf<Seen> {};
template <class T, class Seen, ShaderLayout layout>
struct RootOfKind<T, LaidOutAs<Seen, layout>> : RootOf<Seen> {
  static constexpr bool names_layout = true;
};

/// The struct or other type that `T`, an array of it perhaps, consists of, as a shader sees it; and whether a LaidOut
/// says for which layout.
template <class T>
struct RootOf : RootOfKind<T, decltype(kind_of<T>())> {};
template <class T>
struct RootOf<T[]> : RootOf<T> {};

template <class T>
consteval auto find_uniform_difference() {
  using Root = typename RootOf<T>::Type;
  if constexpr (ListedContents<Root> || RootOf<T>::names_layout) {
    return layout_difference<T, uniform_layout<Root>>;
  } else {
    return Nothing{};
  }
}

/// In what a `T` is not what shaders expect in a uniform buffer; Nothing if it is, or if nobody can tell.
template <class T>
struct UniformDifference {
  using Type = decltype(find_uniform_difference<T>()) const;  // GCC 12 fails to deduce a variable's, now and then.
};

/// No constant expression calls this: compilers show the name, and what differs.
template <class Difference>
void shaders_expect_another_layout_of_this_uniform_buffer() {}

/// The usage of a buffer of `T`, which is no UniformBuffer.
template <class T>
class CheckedUsages {
 public:
  consteval CheckedUsages() noexcept = default;

  template <std::convertible_to<BufferUsages> Usages>
  consteval CheckedUsages(Usages usages) : usages_{usages} {  // NOLINT(google-explicit-constructor)
    if (usages_.contains(BufferUsage::UniformBuffer)) {
      shaders_expect_another_layout_of_this_uniform_buffer<std::remove_const_t<typename UniformDifference<T>::Type>>();
    }
  }

  [[nodiscard]] constexpr BufferUsages get() const noexcept { return usages_; }

 private:
  friend struct ashlar::BufferCreateInfo;
  struct Unchecked {};
  constexpr CheckedUsages(Unchecked, BufferUsages usages) noexcept : usages_{usages} {}

  BufferUsages usages_;
};

/// BufferCreateInfo of a `T` that does not lie in memory as shaders expect it in a uniform buffer.
template <class T>
struct CheckedBufferCreateInfo {
  CheckedUsages<T> usage{};
  Flags<BufferCreateFlag> flags{};
  Sharing sharing = Sharing::Concurrent;
  ExternalMemoryHandleTypes external_memory_handle_types{};

  operator BufferCreateInfo() const noexcept {  // NOLINT(google-explicit-constructor)
    return {usage.get(), flags, sharing, external_memory_handle_types};
  }
};

/// What the functions that create a buffer of `T` take.
template <class T>
using BufferCreateInfoFor = std::conditional_t<NothingDiffers<typename UniformDifference<T>::Type>, BufferCreateInfo,
                                               CheckedBufferCreateInfo<T>>;

}  // namespace detail

template <class T>
BufferCreateInfo::operator detail::CheckedBufferCreateInfo<T>() const {
  if (usage.contains(BufferUsage::UniformBuffer)) {
    detail::refuse_uniform_buffer(detail::find_uniform_difference<T>(),
                                  uniform_layout<typename detail::RootOf<T>::Type>);
  }
  using Usages = detail::CheckedUsages<T>;
  return {Usages{typename Usages::Unchecked{}, usage}, flags, sharing, external_memory_handle_types};
}

}  // namespace ashlar
