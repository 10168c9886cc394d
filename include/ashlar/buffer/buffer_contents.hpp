#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace ashlar {

namespace detail {

/// An enum whose every bit pattern is a value: `E{0}` compiles only with a fixed underlying type.
template <class T>
concept FixedEnum = std::is_enum_v<T> && requires { T{0}; };

/// Knows where bytes are, instead of being them: std::string_view, std::span, a range adaptor.
template <class T>
concept ViewOfBytes = requires(T& view) { view.begin(); } && !std::is_aggregate_v<T>;

/// Stands for something else: an iterator, std::optional.
template <class T>
concept Dereferenceable = requires(T& pointer) { *pointer; };

/// std::reference_wrapper, by its shape.
template <class T>
concept ReferenceWrapper = requires(T& wrapper) {
  { wrapper.get() } -> std::same_as<typename T::type&>;
};

/// std::array<T, 0>, which is not empty for every standard library.
template <class T>
concept HoldsNothing = std::is_empty_v<T> || requires { requires std::tuple_size<T>::value == 0; };

/// A class that says what it consists of (std::array, std::complex): its elements are looked at too.
template <class T>
concept HasValueType = requires { typename T::value_type; };

template <class T>
consteval bool is_buffer_contents() {
  if constexpr (std::is_array_v<T>) {
    return std::extent_v<T> != 0 && is_buffer_contents<std::remove_extent_t<T>>();
  } else if constexpr (std::is_arithmetic_v<T>) {
    return !std::is_same_v<T, bool>;
  } else if constexpr (std::is_enum_v<T>) {
    return FixedEnum<T> && !std::is_same_v<std::underlying_type_t<T>, bool>;
  } else if constexpr (!std::is_class_v<T> && !std::is_union_v<T>) {
    return false;
  } else if constexpr (!std::is_trivially_copyable_v<T> || !std::is_standard_layout_v<T> || ViewOfBytes<T> ||
                       Dereferenceable<T> || ReferenceWrapper<T> || HoldsNothing<T>) {
    return false;
  } else if constexpr (HasValueType<T>) {
    return is_buffer_contents<typename T::value_type>();
  } else {
    return true;
  }
}

}  // namespace detail

/// What may lie in a buffer: bytes that mean the same to the device, and of which every pattern is a value.
///
/// Arithmetic types, enums with a fixed underlying type, arrays and std::arrays of contents, and trivially copyable
/// standard-layout structs. Refused are pointers, references, `bool`, views and strings, empty classes, const and
/// volatile types. What a struct consists of cannot be seen from outside: list its fields with ASHLAR_BUFFER_CONTENTS.
template <class T>
concept BufferContents = std::is_same_v<T, std::remove_cv_t<T>> && detail::is_buffer_contents<T>();

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

/// The T of a `Subbuffer<T>`: contents, or an array of contents whose length is known at run time.
template <class T>
concept SubbufferContents = BufferContents<Element<T>>;

}  // namespace detail
}  // namespace ashlar

/// Checks at compile time that a struct may lie in a buffer, and each of the listed fields too:
/// `ASHLAR_BUFFER_CONTENTS(MyStruct, a, b);` at namespace scope, up to 64 fields.
#define ASHLAR_BUFFER_CONTENTS(Struct, ...)                                                                 \
  static_assert(::ashlar::BufferContents<Struct>,                                                           \
                #Struct " cannot lie in a buffer: it has to be trivially copyable and of standard layout"); \
  ASHLAR_DETAIL_EACH(ASHLAR_DETAIL_FIELD, Struct, __VA_ARGS__)                                              \
  static_assert(true)

#define ASHLAR_DETAIL_FIELD(Struct, field)                         \
  static_assert(::ashlar::BufferContents<decltype(Struct::field)>, \
                #Struct "::" #field " cannot lie in a buffer: pointers, references, bool, views and strings cannot");

#define ASHLAR_DETAIL_EACH(macro, Struct, ...) \
  __VA_OPT__(ASHLAR_DETAIL_EXPAND(ASHLAR_DETAIL_EACH_STEP(macro, Struct, __VA_ARGS__)))
#define ASHLAR_DETAIL_EACH_STEP(macro, Struct, field, ...) \
  macro(Struct, field) __VA_OPT__(ASHLAR_DETAIL_EACH_AGAIN ASHLAR_DETAIL_PARENTHESES(macro, Struct, __VA_ARGS__))
#define ASHLAR_DETAIL_EACH_AGAIN() ASHLAR_DETAIL_EACH_STEP
#define ASHLAR_DETAIL_PARENTHESES ()
#define ASHLAR_DETAIL_EXPAND(...) \
  ASHLAR_DETAIL_EXPAND3(ASHLAR_DETAIL_EXPAND3(ASHLAR_DETAIL_EXPAND3(ASHLAR_DETAIL_EXPAND3(__VA_ARGS__))))
#define ASHLAR_DETAIL_EXPAND3(...) \
  ASHLAR_DETAIL_EXPAND2(ASHLAR_DETAIL_EXPAND2(ASHLAR_DETAIL_EXPAND2(ASHLAR_DETAIL_EXPAND2(__VA_ARGS__))))
#define ASHLAR_DETAIL_EXPAND2(...) \
  ASHLAR_DETAIL_EXPAND1(ASHLAR_DETAIL_EXPAND1(ASHLAR_DETAIL_EXPAND1(ASHLAR_DETAIL_EXPAND1(__VA_ARGS__))))
#define ASHLAR_DETAIL_EXPAND1(...) __VA_ARGS__
