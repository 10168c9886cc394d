#pragma once

#include <ashlar/buffer/field_list.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace ashlar {

/// For types of other libraries, of which every bit pattern is a value: specialise it, in one line, with `true`, or
/// with what the type is in a shader, so that layouts with it can be checked.
///
///     // namespace scope: template <class T, int N> inline constexpr auto ashlar::enable_buffer_contents<vec<T, N>> =
///     //     ashlar::shader_vector<T, N>;
template <class T>
inline constexpr auto enable_buffer_contents = false;

/// A number of a shader, aligned to its size: a 16-bit float, for example.
struct ShaderScalar {};
inline constexpr ShaderScalar shader_scalar{};

namespace detail {
template <class T>
concept ScalarContents =
    std::is_arithmetic_v<T> || std::is_same_v<decltype(enable_buffer_contents<T>), ShaderScalar const>;
}  // namespace detail

/// A vector of a shader, of `N` components one behind the other; of one it is that number.
template <class Component, std::size_t N>
struct ShaderVector {
  static_assert(detail::ScalarContents<Component> && N >= 1 && N <= 4, "a shader's vectors have up to 4 numbers");
};
template <class Component, std::size_t N>
inline constexpr ShaderVector<Component, N> shader_vector{};

/// Which vectors a matrix is stored as.
enum class MatrixOrder : std::uint8_t { ColumnMajor, RowMajor };

/// A matrix of a shader, whose columns, or rows, lie at equal distances one behind the other: at the type's size,
/// divided by their number.
template <class Component, std::size_t Columns, std::size_t Rows, MatrixOrder Order = MatrixOrder::ColumnMajor>
struct ShaderMatrix {
  static_assert(detail::ScalarContents<Component> && !std::is_integral_v<Component> && Columns >= 2 && Columns <= 4 &&
                    Rows >= 2 && Rows <= 4,
                "a shader's matrices have 2 to 4 columns and rows of floating-point numbers");
};
template <class Component, std::size_t Columns, std::size_t Rows, MatrixOrder Order = MatrixOrder::ColumnMajor>
inline constexpr ShaderMatrix<Component, Columns, Rows, Order> shader_matrix{};

namespace detail {

// Why a type cannot lie in a buffer: compilers show these names.
struct Nothing {};
struct ItIsAnAddress {};
struct ItIsABool {};
struct ItIsALongDouble {};
struct ItIsAnEnumWithoutFixedType {};
struct ItIsConstOrVolatile {};
struct ItHasVirtualFunctions {};
struct ItIsNotCopiedByItsBytes {};
struct ItIsNotOfStandardLayout {};
struct ItHoldsNothing {};
struct ItIsNotListedWithAshlarBufferContents {};

template <class T>
inline constexpr bool has_shape_of_array = false;
template <template <class, std::size_t> class Class, class Element, std::size_t N>
  requires std::is_object_v<Element>
inline constexpr bool has_shape_of_array<Class<Element, N>> =
    std::is_aggregate_v<Class<Element, N>> && (N == 0 || sizeof(Class<Element, N>) == N * sizeof(Element));

/// std::array, by its shape, for <array> is heavy: vectors of numbers have not all of it.
template <class T>
concept ArrayClass = has_shape_of_array<T> && requires(T& array, typename T::value_type const& value) {
  array.fill(value);
  array.swap(array);
  array.max_size();
  array.crbegin();
  requires std::tuple_size<T>::value == sizeof(T) / sizeof(value) || std::tuple_size<T>::value == 0;
};

template <class T>
inline constexpr bool has_shape_of_complex = false;
template <template <class> class Class, class Number>
  requires std::is_floating_point_v<Number>
inline constexpr bool has_shape_of_complex<Class<Number>> =
    std::is_trivially_copyable_v<Class<Number>> && sizeof(Class<Number>) == 2 * sizeof(Number);

/// std::complex, by its shape, for <complex> is heavy.
template <class T>
concept ComplexClass = has_shape_of_complex<T> && requires(T const& complex, T& changed) {
  { complex.real() } -> std::same_as<typename T::value_type>;
  { complex.imag() } -> std::same_as<typename T::value_type>;
  changed.real(complex.real());
  changed.imag(complex.imag());
  changed *= complex;
};

template <class T>
concept EnabledContents = !std::is_same_v<decltype(enable_buffer_contents<T>), bool const> || enable_buffer_contents<T>;

template <class T>
struct ContentsProblem;

/// Whether so many bytes of a `T` can be a vector of so many components: without anything else, or aligned.
template <class T>
consteval bool holds_components(std::size_t size, std::size_t count, std::size_t component) {
  return size >= count * component && (size <= (count == 3 ? 4 : count) * component || size <= alignof(T));
}

/// Of a type that is enabled as a vector or a matrix: that of its components.
template <class T, class Component, std::size_t N>
consteval auto find_enabled_problem(ShaderVector<Component, N>) {
  static_assert(holds_components<T>(sizeof(T), N, sizeof(Component)),
                "enable_buffer_contents names another vector than the type is");
  return typename ContentsProblem<Component>::Type{};
}
template <class T, class Component, std::size_t Columns, std::size_t Rows, MatrixOrder order>
consteval auto find_enabled_problem(ShaderMatrix<Component, Columns, Rows, order>) {
  constexpr bool by_columns = order == MatrixOrder::ColumnMajor;
  constexpr std::size_t vectors = by_columns ? Columns : Rows;
  static_assert(sizeof(T) % vectors == 0 &&
                    holds_components<T>(sizeof(T) / vectors, by_columns ? Rows : Columns, sizeof(Component)),
                "enable_buffer_contents names another matrix than the type is");
  return typename ContentsProblem<Component>::Type{};
}
template <class T>
consteval auto find_enabled_problem(ShaderScalar) {
  static_assert(sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8,
                "enable_buffer_contents calls a type a number whose size no number of a shader has");
  return Nothing{};
}
template <class T, class Other>
consteval auto find_enabled_problem(Other) {
  return Nothing{};
}

template <class T>
consteval auto find_enum_problem() {
  if constexpr (!requires { T{0}; }) {
    return ItIsAnEnumWithoutFixedType{};
  } else if constexpr (std::is_same_v<std::underlying_type_t<T>, bool>) {
    return ItIsABool{};
  } else {
    return Nothing{};
  }
}

/// Of a class of which nothing is known but what the language tells.
template <class T>
consteval auto find_unknown_class_problem() {
  if constexpr (std::is_polymorphic_v<T>) {
    return ItHasVirtualFunctions{};
  } else if constexpr (!std::is_trivially_copyable_v<T>) {
    return ItIsNotCopiedByItsBytes{};
  } else if constexpr (std::is_empty_v<T>) {
    return ItHoldsNothing{};
  } else {
    return ItIsNotListedWithAshlarBufferContents{};
  }
}

/// Whether one of the fields has its own way of being copied, and was enabled all the same.
template <class... Fields>
consteval bool has_special_field(FieldList<Fields...> const&) {
  return (!std::is_trivially_copyable_v<typename Fields::Type> || ...);
}

template <class T>
consteval auto find_listed_struct_problem() {
  if constexpr (std::is_polymorphic_v<T>) {
    return ItHasVirtualFunctions{};
  } else if constexpr (!std::is_standard_layout_v<T>) {
    return ItIsNotOfStandardLayout{};
  } else if constexpr (!std::is_trivially_copyable_v<T> && !has_special_field(fields_of<T>)) {
    return ItIsNotCopiedByItsBytes{};
  } else {
    return Nothing{};
  }
}

template <class T>
consteval auto find_class_problem() {
  if constexpr (EnabledContents<T>) {
    return find_enabled_problem<T>(enable_buffer_contents<T>);
  } else if constexpr (ListedContents<T>) {
    return find_listed_struct_problem<T>();
  } else if constexpr (requires { requires ArrayClass<T> && std::tuple_size<T>::value == 0; }) {
    return ItHoldsNothing{};
  } else if constexpr (ArrayClass<T> || ComplexClass<T>) {
    return typename ContentsProblem<typename T::value_type>::Type{};
  } else {
    return find_unknown_class_problem<T>();
  }
}

template <class T>
consteval auto find_contents_problem() {
  if constexpr (std::is_reference_v<T> || std::is_pointer_v<T> || std::is_member_pointer_v<T> ||
                std::is_null_pointer_v<T> || std::is_function_v<T>) {
    return ItIsAnAddress{};
  } else if constexpr (!std::is_same_v<T, std::remove_cv_t<T>>) {
    return ItIsConstOrVolatile{};
  } else if constexpr (std::is_void_v<T> || std::is_unbounded_array_v<T>) {
    return ItHoldsNothing{};
  } else if constexpr (std::is_array_v<T>) {
    return typename ContentsProblem<std::remove_extent_t<T>>::Type{};
  } else if constexpr (std::is_same_v<T, bool>) {
    return ItIsABool{};
  } else if constexpr (std::is_same_v<T, long double>) {
    return ItIsALongDouble{};
  } else if constexpr (std::is_arithmetic_v<T>) {
    return Nothing{};
  } else if constexpr (std::is_enum_v<T>) {
    return find_enum_problem<T>();
  } else {
    return find_class_problem<T>();
  }
}

/// Why `T` cannot lie in a buffer; Nothing if it can.
template <class T>
struct ContentsProblem {
  using Type = decltype(find_contents_problem<T>());
};

template <class T, class Problem>
inline constexpr bool has_problem = std::is_same_v<typename ContentsProblem<T>::Type, Problem>;

template <class Problem>
concept NoProblem = std::is_same_v<Problem, Nothing>;

}  // namespace detail

/// What may lie in a buffer: bytes that mean the same to the device, and of which every pattern is a value.
///
/// - Arithmetic types but `bool` and `long double`, enums with a fixed underlying type.
/// - Structs whose fields ASHLAR_BUFFER_CONTENTS lists.
/// - Arrays and std::arrays of contents; std::complex.
/// - Types that `enable_buffer_contents` is specialised for; of vectors not those of bools.
template <class T>
concept BufferContents = detail::NoProblem<typename detail::ContentsProblem<T>::Type>;

namespace detail {

template <class T>
struct ElementOf {
  using Type = T;
};
template <class T>
struct ElementOf<T[]> {
  using Type = T;
};

/// `T` or, for `T[]`, the element.
template <class T>
using Element = typename ElementOf<T>::Type;

}  // namespace detail
}  // namespace ashlar

/// Says what a struct consists of, all of it and in order: `ASHLAR_BUFFER_CONTENTS(MyStruct, a, b);` makes MyStruct
/// BufferContents, or does not compile.
///
/// It stands at namespace scope in the struct's own namespace, behind the struct and before its first use; so a struct
/// inside a function cannot be listed, and one inside a class from behind that class (`Outer::Inner`). Fields are
/// public, up to 64, and no bit-fields. Each has to be BufferContents itself. The struct has standard layout, and is
/// trivially copyable unless a field was enabled that is not. A specialisation of a template is listed by itself, by a
/// name without a comma; all of them are enabled by `enable_buffer_contents`.
///
/// Cost: none at run time.
#define ASHLAR_BUFFER_CONTENTS(Struct, ...)                                                                           \
  [[maybe_unused]] consteval auto ashlar_buffer_contents(::std::type_identity<Struct>) {                              \
    static_assert(sizeof(#__VA_ARGS__) > 1, "list the fields of " #Struct " behind it");                              \
    static_assert(::ashlar::detail::count_names(#__VA_ARGS__) <= 64,                                                  \
                  #Struct " has more than 64 fields: put some into a struct of their own");                           \
    static_assert(                                                                                                    \
        !::ashlar::detail::TupleLike<Struct>,                                                                         \
        #Struct " is taken apart by get<>(), which hides its fields: list it before std::tuple_size is specialised"); \
    ASHLAR_DETAIL_EACH(ASHLAR_DETAIL_CHECK_FIELD, Struct, __VA_ARGS__)                                                \
    /* One name per field, or it does not compile. */                                                                 \
    [[maybe_unused]] auto const ashlar_detail_all = [](Struct const& ashlar_detail_value) {                           \
      [[maybe_unused]] auto const& [ASHLAR_DETAIL_LIST(ASHLAR_DETAIL_BINDING, Struct, __VA_ARGS__)] =                 \
          ashlar_detail_value;                                                                                        \
    };                                                                                                                \
    using ashlar_detail_list =                                                                                        \
        ::ashlar::detail::FieldList<ASHLAR_DETAIL_LIST(ASHLAR_DETAIL_FIELD, Struct, __VA_ARGS__)>;                    \
    static_assert(::ashlar::detail::FieldsInOrder<ashlar_detail_list>,                                                \
                  "the fields of " #Struct " are not listed in the order of their declaration");                      \
    return ashlar_detail_list{#Struct, {ASHLAR_DETAIL_LIST(ASHLAR_DETAIL_NAME, Struct, __VA_ARGS__)}};                \
  }                                                                                                                   \
  static_assert(!::ashlar::detail::has_problem<Struct, ::ashlar::detail::ItHasVirtualFunctions>,                      \
                #Struct " has virtual functions: their table lies among its bytes");                                  \
  static_assert(!::ashlar::detail::has_problem<Struct, ::ashlar::detail::ItIsNotOfStandardLayout>,                    \
                #Struct " has no standard layout: let all fields be public, of itself or all of one base");           \
  static_assert(!::ashlar::detail::has_problem<Struct, ::ashlar::detail::ItIsNotCopiedByItsBytes>,                    \
                #Struct " has its own way of being copied: only a trivially copyable struct is its bytes");           \
  static_assert(!::ashlar::detail::has_problem<Struct, ::ashlar::detail::ItIsNotListedWithAshlarBufferContents>,      \
                #Struct                                                                                               \
                " was used before this line, or belongs to another namespace: list a struct right behind "            \
                "its definition, in the namespace that it is in")

#define ASHLAR_DETAIL_BINDING(Struct, field) ashlar_field_##field
#define ASHLAR_DETAIL_NAME(Struct, field) #field
#define ASHLAR_DETAIL_FIELD(Struct, field) ::ashlar::detail::Field<&Struct::field, offsetof(Struct, field)>

#define ASHLAR_DETAIL_CHECK_FIELD(Struct, field)                                                                   \
  using ashlar_type_##field = decltype(Struct::field);                                                             \
  ASHLAR_DETAIL_REFUSE(Struct, field, ItIsAnAddress,                                                               \
                       "is a pointer or a reference, which means nothing to the device: hold an index, or a "      \
                       "std::uint64_t from device_address()")                                                      \
  ASHLAR_DETAIL_REFUSE(Struct, field, ItIsABool,                                                                   \
                       "is a bool, of whose 256 patterns 2 are values: hold a std::uint32_t, as shaders do")       \
  ASHLAR_DETAIL_REFUSE(Struct, field, ItIsALongDouble, "is a long double, which no shader knows: hold a double")   \
  ASHLAR_DETAIL_REFUSE(Struct, field, ItIsAnEnumWithoutFixedType,                                                  \
                       "is an enum of which not every pattern is a value: give it a fixed underlying type")        \
  ASHLAR_DETAIL_REFUSE(Struct, field, ItIsConstOrVolatile,                                                         \
                       "is const or volatile, but the device may write it: leave that out")                        \
  ASHLAR_DETAIL_REFUSE(Struct, field, ItHasVirtualFunctions,                                                       \
                       "has virtual functions: their table lies among its bytes")                                  \
  ASHLAR_DETAIL_REFUSE(Struct, field, ItIsNotCopiedByItsBytes,                                                     \
                       "is more than its bytes, as it is not trivially copyable (std::string, std::vector): hold " \
                       "an array of fixed size, or an index")                                                      \
  ASHLAR_DETAIL_REFUSE(Struct, field, ItHoldsNothing, "holds nothing: leave it out of the struct")                 \
  ASHLAR_DETAIL_REFUSE(Struct, field, ItIsNotListedWithAshlarBufferContents,                                       \
                       "is of a class that no ASHLAR_BUFFER_CONTENTS lists: list that before; or, if it is "       \
                       "another library's, specialise ashlar::enable_buffer_contents for it")

#define ASHLAR_DETAIL_REFUSE(Struct, field, problem, text)                                      \
  static_assert(!::ashlar::detail::has_problem<ashlar_type_##field, ::ashlar::detail::problem>, \
                #Struct "::" #field " " text);
