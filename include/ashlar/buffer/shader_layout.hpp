#pragma once

#include <ashlar/buffer/buffer_contents.hpp>
#include <ashlar/layout.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace ashlar {

/// How a shader lays out the fields of a block (GLSL 4.60, 7.6.2.2; GL_EXT_scalar_block_layout; Vulkan, "Offset and
/// Stride Assignment").
enum class ShaderLayout : std::uint8_t {
  Std140,  ///< Of uniform buffers: arrays, and structs in structs, are aligned to 16 bytes.
  Std430,  ///< Of storage buffers, push constants; of uniform buffers with uniformBufferStandardLayout.
  Scalar,  ///< With scalarBlockLayout: everything is aligned as its components.
  Cpp,     ///< As C++ lays it out. Nothing is compared.
};

/// The layout that shaders use of a uniform buffer of such structs. Specialise it where that is another one, or where
/// it should not be checked (ShaderLayout::Cpp).
template <class T>
inline constexpr ShaderLayout uniform_layout = ShaderLayout::Std140;

namespace detail {

/// What a shader sees as a `T`, wherever the bytes are.
template <class T>
struct SeenAs {};

/// `T` in a given layout, whose bytes lie as the shader wants them.
template <class T, ShaderLayout layout>
struct LaidOutAs {};

struct PaddingKind {};
struct StructKind {};
struct UnknownKind {};
template <class Element, std::size_t N>
struct ArrayKind {};

/// What a type is in a shader.
template <class T>
consteval auto kind_of() {
  if constexpr (!std::is_same_v<decltype(enable_buffer_contents<T>), bool const>) {
    return enable_buffer_contents<T>;
  } else if constexpr (enable_buffer_contents<T>) {
    return UnknownKind{};
  } else if constexpr (std::is_array_v<T>) {
    return ArrayKind<std::remove_extent_t<T>, std::extent_v<T>>{};
  } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return ShaderScalar{};
  } else if constexpr (ListedContents<T>) {
    return StructKind{};
  } else if constexpr (ArrayClass<T>) {
    return ArrayKind<typename T::value_type, std::tuple_size<T>::value>{};
  } else if constexpr (ComplexClass<T>) {
    return ShaderVector<typename T::value_type, 2>{};
  } else {
    return UnknownKind{};
  }
}

/// What a shader needs for a type, in bytes. In the scalar layout that is without what is behind the last byte that it
/// uses, of a struct and of an array's last element: there the next field may begin.
struct Extent {
  std::uint64_t alignment;
  std::uint64_t size;

  [[nodiscard]] constexpr std::uint64_t stride() const noexcept { return align_up(size, alignment); }
};

constexpr Extent vector_extent(std::uint64_t component, std::uint64_t count, ShaderLayout layout) noexcept {
  std::uint64_t const aligned_components = layout == ShaderLayout::Scalar ? 1 : count == 3 ? 4 : count;
  return {component * aligned_components, component * count};
}

constexpr std::uint64_t array_alignment(Extent element, ShaderLayout layout) noexcept {
  return layout == ShaderLayout::Std140 ? align_up(element.alignment, 16) : element.alignment;
}

/// The distance of an array's elements.
constexpr std::uint64_t element_stride(Extent element, ShaderLayout layout) noexcept {
  return align_up(element.size, array_alignment(element, layout));
}

constexpr Extent array_extent(Extent element, std::uint64_t count, ShaderLayout layout) noexcept {
  if (element.size == 0) {
    return element;  // Padding.
  }
  std::uint64_t const stride = element_stride(element, layout);
  std::uint64_t const last = layout == ShaderLayout::Scalar ? element.size : stride;
  return {array_alignment(element, layout), stride * (count - 1) + last};
}

template <class T, ShaderLayout layout>
consteval Extent extent_of();

/// Where a shader expects the fields of a struct, and the struct's end.
template <std::size_t count>
struct Placement {
  std::uint64_t offsets[count];
  Extent extent;
};

template <std::size_t count>
constexpr Placement<count> place(Extent const (&fields)[count], ShaderLayout layout) noexcept {
  Placement<count> placement{{}, {1, 0}};
  for (std::size_t i = 0; i < count; ++i) {
    placement.offsets[i] = align_up(placement.extent.size, fields[i].alignment);
    placement.extent.size = placement.offsets[i] + fields[i].size;
    if (placement.extent.alignment < fields[i].alignment) {
      placement.extent.alignment = fields[i].alignment;
    }
  }
  if (layout == ShaderLayout::Std140 && placement.extent.size != 0) {
    placement.extent.alignment = align_up(placement.extent.alignment, 16);
  }
  if (layout != ShaderLayout::Scalar) {
    placement.extent.size = placement.extent.stride();
  }
  return placement;
}

template <ShaderLayout layout, class... Fields>
consteval auto place_fields(FieldList<Fields...> const&) {
  Extent const extents[] = {extent_of<typename Fields::Type, layout>()...};
  return place(extents, layout);
}

/// Of a struct that ASHLAR_BUFFER_CONTENTS lists.
template <class T, ShaderLayout layout>
inline constexpr auto placement_of = place_fields<layout>(fields_of<T>);

template <class T, ShaderLayout layout>
consteval Extent extent_of_kind(ShaderScalar) {
  return {sizeof(T), sizeof(T)};
}
template <class T, ShaderLayout layout>
consteval Extent extent_of_kind(PaddingKind) {
  return {1, 0};
}
template <class T, ShaderLayout layout>
consteval Extent extent_of_kind(UnknownKind) {
  return {alignof(T), sizeof(T)};
}
template <class T, ShaderLayout layout>
consteval Extent extent_of_kind(StructKind) {
  return placement_of<T, layout>.extent;
}
template <class T, ShaderLayout layout, class Seen>
consteval Extent extent_of_kind(SeenAs<Seen>) {
  return extent_of<Seen, layout>();
}
template <class T, ShaderLayout layout, class Seen, ShaderLayout its>
consteval Extent extent_of_kind(LaidOutAs<Seen, its>) {
  return extent_of<Seen, layout>();
}
template <class T, ShaderLayout layout, class Component, std::size_t N>
consteval Extent extent_of_kind(ShaderVector<Component, N>) {
  return vector_extent(sizeof(Component), N, layout);
}
template <class T, ShaderLayout layout, class Component, std::size_t Columns, std::size_t Rows, MatrixOrder order>
consteval Extent extent_of_kind(ShaderMatrix<Component, Columns, Rows, order>) {
  constexpr bool by_columns = order == MatrixOrder::ColumnMajor;
  return array_extent(vector_extent(sizeof(Component), by_columns ? Rows : Columns, layout),
                      by_columns ? Columns : Rows, layout);
}
template <class T, ShaderLayout layout, class Element, std::size_t N>
consteval Extent extent_of_kind(ArrayKind<Element, N>) {
  return array_extent(extent_of<Element, layout>(), N, layout);
}

template <class T, ShaderLayout layout>
consteval Extent extent_of() {
  return layout == ShaderLayout::Cpp ? Extent{alignof(T), sizeof(T)} : extent_of_kind<T, layout>(kind_of<T>());
}

// Bytes in compilers' messages.
template <std::uint64_t bytes>
struct InCpp {};
template <std::uint64_t bytes>
struct InShader {};

enum class DifferenceKind : std::uint8_t { Offset, ArrayStride, MatrixStride, UnknownType, AnotherLayout };

/// The types below, for messages at run time.
struct DifferenceReport {
  char const* struct_name = "";
  char const* field_name = "";
  DifferenceKind kind = DifferenceKind::Offset;
  std::uint64_t in_cpp = 0;
  std::uint64_t in_shader = 0;
};

// The first difference between C++'s and a shader's layout of a struct: compilers show these names.
template <auto field, class Cpp, class Shader>
struct OffsetOfFieldDiffers : DifferenceReport {};
template <auto field, class Cpp, class Shader>
struct ArrayStrideOfFieldDiffers : DifferenceReport {};
template <auto field, class Cpp, class Shader>
struct MatrixStrideOfFieldDiffers : DifferenceReport {};
template <auto field>
struct ShaderTypeOfFieldIsUnknown : DifferenceReport {};
template <auto field>
struct FieldIsLaidOutForAnotherLayout : DifferenceReport {};

/// With which layout C++'s is compared; whether by bytes, or only as to what is known.
struct Comparison {
  ShaderLayout layout;
  bool bytes;
};

/// The field that is looked at, to name it.
template <auto member>
struct NamedField {
  static constexpr auto pointer = member;
  char const* struct_name;
  char const* field_name;
};

/// No field, but a type by itself.
constexpr NamedField<nullptr> no_field{"", ""};

template <class T, Comparison how, auto member>
consteval auto find_difference(NamedField<member> field);

template <class T, Comparison how, class Named>
consteval auto find_difference_of_kind(ShaderScalar, Named) {
  return Nothing{};
}
template <class T, Comparison how, class Named>
consteval auto find_difference_of_kind(PaddingKind, Named) {
  return Nothing{};
}
template <class T, Comparison how, auto member>
consteval auto find_difference_of_kind(UnknownKind, NamedField<member> field) {
  return ShaderTypeOfFieldIsUnknown<member>{{field.struct_name, field.field_name, DifferenceKind::UnknownType}};
}
template <class T, Comparison how, class Seen, class Named>
consteval auto find_difference_of_kind(SeenAs<Seen>, Named field) {
  return find_difference<Seen, how>(field);
}
template <class T, Comparison how, class Seen, ShaderLayout its, auto member>
consteval auto find_difference_of_kind(LaidOutAs<Seen, its>, NamedField<member> field) {
  if constexpr (its == how.layout) {
    return Nothing{};
  } else {
    return FieldIsLaidOutForAnotherLayout<member>{{field.struct_name, field.field_name, DifferenceKind::AnotherLayout}};
  }
}
template <class T, Comparison how, class Component, std::size_t N, class Named>
consteval auto find_difference_of_kind(ShaderVector<Component, N>, Named) {
  return Nothing{};
}
template <class T, Comparison how, class Component, std::size_t Columns, std::size_t Rows, MatrixOrder order,
          auto member>
consteval auto find_difference_of_kind(ShaderMatrix<Component, Columns, Rows, order>, NamedField<member> field) {
  constexpr std::uint64_t vectors = order == MatrixOrder::ColumnMajor ? Columns : Rows;
  constexpr std::uint64_t in_cpp = sizeof(T) / vectors;
  constexpr std::uint64_t in_shader = extent_of<T, how.layout>().size / vectors;
  if constexpr (!how.bytes || in_cpp == in_shader) {
    return Nothing{};
  } else {
    return MatrixStrideOfFieldDiffers<member, InCpp<in_cpp>, InShader<in_shader>>{
        {field.struct_name, field.field_name, DifferenceKind::MatrixStride, in_cpp, in_shader}};
  }
}

template <class Element, Comparison how, auto member>
consteval auto find_difference_of_elements(NamedField<member> field) {
  constexpr std::uint64_t in_shader = element_stride(extent_of<Element, how.layout>(), how.layout);
  if constexpr (how.bytes && in_shader != 0 && sizeof(Element) != in_shader) {
    return ArrayStrideOfFieldDiffers<member, InCpp<sizeof(Element)>, InShader<in_shader>>{
        {field.struct_name, field.field_name, DifferenceKind::ArrayStride, sizeof(Element), in_shader}};
  } else {
    return find_difference<Element, how>(field);
  }
}
template <class T, Comparison how, class Element, std::size_t N, class Named>
consteval auto find_difference_of_kind(ArrayKind<Element, N>, Named field) {
  return find_difference_of_elements<Element, how>(field);
}

template <class T, Comparison how, std::size_t index, class First, class... Others>
consteval auto find_difference_from() {
  constexpr NamedField<First::pointer> field{fields_of<T>.struct_name, fields_of<T>.names[index]};
  constexpr std::uint64_t in_shader = placement_of<T, how.layout>.offsets[index];
  constexpr bool is_padding = extent_of<typename First::Type, how.layout>().size == 0;
  if constexpr (how.bytes && !is_padding && First::offset != in_shader) {
    return OffsetOfFieldDiffers<First::pointer, InCpp<First::offset>, InShader<in_shader>>{
        {field.struct_name, field.field_name, DifferenceKind::Offset, First::offset, in_shader}};
  } else if constexpr (constexpr auto inside = find_difference<typename First::Type, how>(field);
                       !std::is_same_v<decltype(inside), Nothing const>) {
    return inside;
  } else if constexpr (sizeof...(Others) == 0) {
    return Nothing{};
  } else {
    return find_difference_from<T, how, index + 1, Others...>();
  }
}
template <class T, Comparison how, class... Fields>
consteval auto find_difference_in(FieldList<Fields...> const&) {
  return find_difference_from<T, how, 0, Fields...>();
}
template <class T, Comparison how, class Named>
consteval auto find_difference_of_kind(StructKind, Named) {
  return find_difference_in<T, how>(fields_of<T>);
}

template <class T, Comparison how, auto member>
consteval auto find_difference(NamedField<member> field) {
  if constexpr (how.layout == ShaderLayout::Cpp) {
    return Nothing{};
  } else if constexpr (std::is_unbounded_array_v<T>) {
    return find_difference_of_elements<std::remove_extent_t<T>, how>(field);
  } else {
    return find_difference_of_kind<T, how>(kind_of<T>(), field);
  }
}

/// The first difference, as one of the types above; Nothing if there is none.
template <class T, ShaderLayout layout>
inline constexpr auto layout_difference = find_difference<T, Comparison{layout, true}>(no_field);

/// The first part of which it is not known how that layout has it, as one of the types above; Nothing if there is none.
template <class T, ShaderLayout layout>
inline constexpr auto layout_obstacle = find_difference<T, Comparison{layout, false}>(no_field);

template <class Difference>
concept NothingDiffers = std::is_same_v<Difference, Nothing const>;

}  // namespace detail

/// Whether C++ lays a type out as a shader does with `layout(std140)`: each field of a struct at the same offset,
/// arrays and matrices with the same strides, structs in structs too. Of `T[]` the distance of elements counts as well.
/// Where a `static_assert` of it fails the compiler names the field, and what C++ and the shader say.
template <class T>
concept matches_std140 = BufferContents<detail::Element<T>> &&
                         detail::NothingDiffers<decltype(detail::layout_difference<T, ShaderLayout::Std140>)>;

/// The same of `layout(std430)`.
template <class T>
concept matches_std430 = BufferContents<detail::Element<T>> &&
                         detail::NothingDiffers<decltype(detail::layout_difference<T, ShaderLayout::Std430>)>;

/// The same of `layout(scalar)`.
template <class T>
concept matches_scalar = BufferContents<detail::Element<T>> &&
                         detail::NothingDiffers<decltype(detail::layout_difference<T, ShaderLayout::Scalar>)>;

}  // namespace ashlar
