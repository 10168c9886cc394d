#pragma once

#include <ashlar/buffer/buffer_contents.hpp>
#include <ashlar/buffer/shader_layout.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace ashlar {

namespace detail {

/// Copies a `T` between C++'s layout and a shader's: `Copy` has `bytes(cpp, shader, size)`.
template <class T, ShaderLayout layout, class Copy>
void copy_laid_out(std::byte* cpp, std::byte* shader, Copy copy);

template <class T, ShaderLayout layout, class Copy, class Kind>
void copy_kind(Kind, std::byte* cpp, std::byte* shader, Copy copy) {
  copy(cpp, shader, sizeof(T));
}
template <class T, ShaderLayout layout, class Copy>
void copy_kind(PaddingKind, std::byte*, std::byte*, Copy) {}
template <class T, ShaderLayout layout, class Copy, class Seen>
void copy_kind(SeenAs<Seen>, std::byte* cpp, std::byte* shader, Copy copy) {
  copy_laid_out<Seen, layout>(cpp, shader, copy);
}
template <class T, ShaderLayout layout, class Copy, class Seen>
void copy_kind(LaidOutAs<Seen, layout>, std::byte* cpp, std::byte* shader, Copy copy) {
  copy(cpp, shader, static_cast<std::size_t>(extent_of<Seen, layout>().size));
}
template <class T, ShaderLayout layout, class Copy, class Component, std::size_t N>
void copy_kind(ShaderVector<Component, N>, std::byte* cpp, std::byte* shader, Copy copy) {
  copy(cpp, shader, N * sizeof(Component));
}
template <class T, ShaderLayout layout, class Copy, class Component, std::size_t Columns, std::size_t Rows,
          MatrixOrder order>
void copy_kind(ShaderMatrix<Component, Columns, Rows, order>, std::byte* cpp, std::byte* shader, Copy copy) {
  constexpr bool by_columns = order == MatrixOrder::ColumnMajor;
  constexpr std::size_t vectors = by_columns ? Columns : Rows;
  constexpr auto stride = static_cast<std::size_t>(extent_of<T, layout>().size / vectors);
  for (std::size_t i = 0; i != vectors; ++i) {
    copy(cpp + i * (sizeof(T) / vectors), shader + i * stride, (by_columns ? Rows : Columns) * sizeof(Component));
  }
}
template <class T, ShaderLayout layout, class Copy, class Element, std::size_t N>
void copy_kind(ArrayKind<Element, N>, std::byte* cpp, std::byte* shader, Copy copy) {
  constexpr auto stride = static_cast<std::size_t>(element_stride(extent_of<Element, layout>(), layout));
  for (std::size_t i = 0; i != N; ++i) {
    copy_laid_out<Element, layout>(cpp + i * sizeof(Element), shader + i * stride, copy);
  }
}
template <class T, ShaderLayout layout, class Copy, class... Fields>
void copy_fields(FieldList<Fields...> const&, std::byte* cpp, std::byte* shader, Copy copy) {
  std::uint64_t const* offset = placement_of<T, layout>.offsets;
  (copy_laid_out<typename Fields::Type, layout>(cpp + Fields::offset, shader + *offset++, copy), ...);
}
template <class T, ShaderLayout layout, class Copy>
void copy_kind(StructKind, std::byte* cpp, std::byte* shader, Copy copy) {
  copy_fields<T, layout>(fields_of<T>, cpp, shader, copy);
}

template <class T, ShaderLayout layout, class Copy>
void copy_laid_out(std::byte* cpp, std::byte* shader, Copy copy) {
  copy_kind<T, layout>(kind_of<T>(), cpp, shader, copy);
}

/// Which of the fields it is; their number if it is none.
template <auto member, class... Fields>
consteval std::size_t index_of_field(FieldList<Fields...> const&) {
  bool const is_it[] = {
      std::is_same_v<std::integral_constant<decltype(member), member>,
                     std::integral_constant<std::remove_const_t<decltype(Fields::pointer)>, Fields::pointer>>...};
  std::size_t index = 0;
  while (index != sizeof...(Fields) && !is_it[index]) {
    ++index;
  }
  return index;
}

/// A member that ASHLAR_BUFFER_CONTENTS lists of a struct.
template <auto member, class T>
concept FieldOf =
    ListedContents<T> && index_of_field<member>(fields_of<T>) < std::extent_v<decltype(fields_of<T>.names)>;

}  // namespace detail

/// A value whose bytes lie as a shader wants them, whatever C++ does: `Std140<Light>{light}` goes into a buffer as it
/// is.
///
/// It converts from a `T` and back, field by field; `load` and `store` touch one of a struct. What lies between the
/// fields is 0. Shaders see a `T`. It has the shader's size and alignment, so that several structs or matrices are the
/// shader's array; numbers and vectors may lie farther apart there: use Padded.
///
/// Cost: a copy of the fields; nothing beside the bytes is kept.
template <BufferContents T, ShaderLayout layout>
  requires(!std::is_array_v<T>)
class LaidOut {
  static_assert(layout != ShaderLayout::Cpp, "C++'s layout is that of the type itself");
  static_assert(detail::NothingDiffers<decltype(detail::layout_obstacle<T, layout>)>,
                "a part of it is of a type that is not known in a shader, or is laid out for another layout");

 public:
  /// All zero.
  constexpr LaidOut() noexcept = default;

  LaidOut(T const& value) noexcept { *this = value; }  // NOLINT(google-explicit-constructor)

  LaidOut& operator=(T const& value) noexcept {
    detail::copy_laid_out<T, layout>(bytes_of(value), bytes_, to_shader);
    return *this;
  }

  operator T() const noexcept  // NOLINT(google-explicit-constructor)
    requires std::is_default_constructible_v<T>
  {
    T value{};
    detail::copy_laid_out<T, layout>(bytes_of(value), const_cast<std::byte*>(bytes_), from_shader);
    return value;
  }

  /// A field that is no C array: `light.load<&Light::color>()`.
  template <auto member>
    requires detail::FieldOf<member, T> && (!std::is_array_v<detail::MemberType<member>>)
  [[nodiscard]] detail::MemberType<member> load() const noexcept {
    using Member = detail::MemberType<member>;
    Member value{};
    detail::copy_laid_out<Member, layout>(bytes_of(value), const_cast<std::byte*>(bytes_) + offset<member>,
                                          from_shader);
    return value;
  }

  template <auto member>
    requires detail::FieldOf<member, T>
  void store(detail::MemberType<member> const& value) noexcept {
    detail::copy_laid_out<detail::MemberType<member>, layout>(bytes_of(value), bytes_ + offset<member>, to_shader);
  }

 private:
  template <auto member>
  static constexpr auto offset = static_cast<std::size_t>(
      detail::placement_of<T, layout>.offsets[detail::index_of_field<member>(detail::fields_of<T>)]);

  template <class Value>
  static std::byte* bytes_of(Value& value) noexcept {
    return const_cast<std::byte*>(reinterpret_cast<std::byte const*>(&value));
  }

  static constexpr auto to_shader = [](std::byte* cpp, std::byte* shader, std::size_t size) noexcept {
    std::memcpy(shader, cpp, size);
  };
  static constexpr auto from_shader = [](std::byte* cpp, std::byte* shader, std::size_t size) noexcept {
    std::memcpy(cpp, shader, size);
  };

  static constexpr detail::Extent extent = detail::extent_of<T, layout>();
  alignas(static_cast<std::size_t>(extent.alignment)) std::byte bytes_[static_cast<std::size_t>(extent.stride())]{};
};

template <class T, ShaderLayout layout>
inline constexpr auto enable_buffer_contents<LaidOut<T, layout>> = detail::LaidOutAs<T, layout>{};

/// As `layout(std140)` says, in a uniform buffer.
template <class T>
using Std140 = LaidOut<T, ShaderLayout::Std140>;

/// As `layout(std430)` says, in a storage buffer.
template <class T>
using Std430 = LaidOut<T, ShaderLayout::Std430>;

/// The value as `layout(std140)` says: what `Buffer::from_data` takes, or a range adaptor.
template <class T>
[[nodiscard]] Std140<T> std140(T const& value) noexcept {
  return value;
}

/// The value as `layout(std430)` says.
template <class T>
[[nodiscard]] Std430<T> std430(T const& value) noexcept {
  return value;
}

}  // namespace ashlar
