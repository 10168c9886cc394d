#pragma once

#include <ashlar/buffer/buffer_contents.hpp>
#include <ashlar/buffer/shader_layout.hpp>

#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace ashlar {

namespace detail {

/// Where the array of a shader's `struct { Head head; Element tail[]; }` begins.
template <class Head, class Element, ShaderLayout layout>
consteval std::uint64_t find_tail_offset() {
  Extent const fields[] = {extent_of<Head, layout>(), array_extent(extent_of<Element, layout>(), 1, layout)};
  return place(fields, layout).offsets[1];
}

}  // namespace detail

/// What a shader declares as `struct { Head head; Element tail[]; }`, with a tail whose length is known at run time:
/// the `T` of a `Subbuffer<T>`, made by `Buffer::new_flexible` and `Buffer::from_parts`.
///
/// The tail begins where the layout says; both parts have to match it by themselves, or the layout is
/// ShaderLayout::Cpp. Subbuffers have `head()` and `tail()`, subbuffers too, and guards the values.
template <BufferContents Head, BufferContents Element, ShaderLayout layout = ShaderLayout::Std430>
struct Flexible {
  static_assert(detail::NothingDiffers<decltype(detail::layout_difference<Head, layout>)>,
                "the head is not laid out as this layout asks; name another one, or mend the struct");
  static_assert(detail::NothingDiffers<decltype(detail::layout_difference<Element[], layout>)>,
                "the elements are not laid out as this layout asks; name another one, or mend the struct");

  /// Bytes from the head on.
  static constexpr std::uint64_t tail_offset = detail::find_tail_offset<Head, Element, layout>();

  static_assert(tail_offset >= sizeof(Head),
                "in this layout the tail begins inside the head's padding: fill that with fields");
  static_assert(tail_offset % alignof(Element) == 0, "C++ aligns the elements to more than this layout does");

  /// Bytes; of both.
  static constexpr std::size_t alignment = alignof(Head) > alignof(Element) ? alignof(Head) : alignof(Element);

  Flexible() = delete;
};

namespace detail {

template <class T>
inline constexpr bool is_flexible = false;
template <class Head, class Element, ShaderLayout layout>
inline constexpr bool is_flexible<Flexible<Head, Element, layout>> = true;

template <class T>
concept FlexibleContents = is_flexible<T>;

template <class T>
struct FlexibleParts {};
template <class HeadType, class ElementType, ShaderLayout layout>
struct FlexibleParts<Flexible<HeadType, ElementType, layout>> {
  using Head = HeadType;
  using Element = ElementType;
};

template <class T>
using HeadOf = typename FlexibleParts<T>::Head;
template <class T>
using TailElementOf = typename FlexibleParts<T>::Element;

template <class T>
inline constexpr std::size_t host_alignment = alignof(T);
template <FlexibleContents T>
inline constexpr std::size_t host_alignment<T> = T::alignment;

template <class T>
struct SubbufferProblem : ContentsProblem<Element<T>> {};
template <FlexibleContents T>
struct SubbufferProblem<T> {
  using Type = Nothing;
};

/// The T of a `Subbuffer<T>`: contents, an array of contents whose length is known at run time, or one behind a head.
template <class T>
concept SubbufferContents = NoProblem<typename SubbufferProblem<T>::Type>;

/// Elements that somebody else keeps, to be changed.
template <class T>
class Elements {
 public:
  Elements(T* data, std::size_t size) noexcept : data_{data}, size_{size} {}

  [[nodiscard]] T* begin() const noexcept { return data_; }
  [[nodiscard]] T* end() const noexcept { return data_ + size_; }
  [[nodiscard]] T* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  /// \pre `index < size()`.
  [[nodiscard]] T& operator[](std::size_t index) const noexcept {
    assert(index < size_);
    return data_[index];
  }

  /// A std::span of any length, which takes no temporary range that it does not know.
  template <class Span>
    requires std::same_as<typename Span::element_type, T> && (Span::extent == static_cast<std::size_t>(-1))
  [[nodiscard]] operator Span() && noexcept {  // NOLINT(google-explicit-constructor)
    return Span{data_, size_};
  }

 private:
  T* data_;
  std::size_t size_;
};

}  // namespace detail
}  // namespace ashlar
