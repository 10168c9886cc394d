#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

/// \file
/// What ASHLAR_BUFFER_CONTENTS writes down of a struct.

namespace ashlar::detail {

template <class Pointer>
struct PointedMember;
template <class Class, class Member>
struct PointedMember<Member Class::*> {
  using Type = Member;
};

/// The type of what a pointer to a member points to.
template <auto member>
using MemberType = typename PointedMember<std::remove_const_t<decltype(member)>>::Type;

/// One field: a pointer to it, and its offset in bytes.
template <auto member, std::size_t at>
struct Field {
  using Type = MemberType<member>;
  static constexpr auto pointer = member;
  static constexpr std::size_t offset = at;
};

/// What a struct consists of, in order.
template <class... Fields>
struct FieldList {
  char const* struct_name;
  char const* names[sizeof...(Fields)];
};

/// Of names with commas between.
consteval std::size_t count_names(char const* names) {
  std::size_t count = 1;
  for (; *names != '\0'; ++names) {
    count += *names == ',' ? 1U : 0U;
  }
  return count;
}

template <class... Fields>
consteval bool offsets_rise(FieldList<Fields...> const*) {
  std::size_t const offsets[] = {Fields::offset...};
  for (std::size_t i = 1; i < sizeof...(Fields); ++i) {
    if (offsets[i] <= offsets[i - 1]) {
      return false;
    }
  }
  return true;
}

template <class List>
concept FieldsInOrder = offsets_rise(static_cast<List const*>(nullptr));

/// What a structured binding takes apart by std::get, whatever its fields are.
template <class T>
concept TupleLike = requires { std::tuple_size<T>::value; };

/// A struct that ASHLAR_BUFFER_CONTENTS lists. The tag is not a pointer, by which derived structs would count as
/// listed.
template <class T>
concept ListedContents = requires { ashlar_buffer_contents(std::type_identity<T>{}); };

template <ListedContents T>
inline constexpr auto fields_of = ashlar_buffer_contents(std::type_identity<T>{});

}  // namespace ashlar::detail

// Macros for lists of up to 64 fields: EACH(macro, Struct, a, b) is macro(Struct, a) macro(Struct, b), LIST puts commas
// between.
#define ASHLAR_DETAIL_EACH(macro, Struct, ...) \
  __VA_OPT__(ASHLAR_DETAIL_EXPAND(ASHLAR_DETAIL_EACH_STEP(macro, Struct, __VA_ARGS__)))
#define ASHLAR_DETAIL_EACH_STEP(macro, Struct, field, ...) \
  macro(Struct, field) __VA_OPT__(ASHLAR_DETAIL_EACH_AGAIN ASHLAR_DETAIL_PARENTHESES(macro, Struct, __VA_ARGS__))
#define ASHLAR_DETAIL_EACH_AGAIN() ASHLAR_DETAIL_EACH_STEP
#define ASHLAR_DETAIL_LIST(macro, Struct, ...) \
  __VA_OPT__(ASHLAR_DETAIL_EXPAND(ASHLAR_DETAIL_LIST_STEP(macro, Struct, __VA_ARGS__)))
#define ASHLAR_DETAIL_LIST_STEP(macro, Struct, field, ...) \
  macro(Struct, field) __VA_OPT__(, ASHLAR_DETAIL_LIST_AGAIN ASHLAR_DETAIL_PARENTHESES(macro, Struct, __VA_ARGS__))
#define ASHLAR_DETAIL_LIST_AGAIN() ASHLAR_DETAIL_LIST_STEP
#define ASHLAR_DETAIL_PARENTHESES ()
#define ASHLAR_DETAIL_EXPAND(...) \
  ASHLAR_DETAIL_EXPAND3(ASHLAR_DETAIL_EXPAND3(ASHLAR_DETAIL_EXPAND3(ASHLAR_DETAIL_EXPAND3(__VA_ARGS__))))
#define ASHLAR_DETAIL_EXPAND3(...) \
  ASHLAR_DETAIL_EXPAND2(ASHLAR_DETAIL_EXPAND2(ASHLAR_DETAIL_EXPAND2(ASHLAR_DETAIL_EXPAND2(__VA_ARGS__))))
#define ASHLAR_DETAIL_EXPAND2(...) \
  ASHLAR_DETAIL_EXPAND1(ASHLAR_DETAIL_EXPAND1(ASHLAR_DETAIL_EXPAND1(ASHLAR_DETAIL_EXPAND1(__VA_ARGS__))))
#define ASHLAR_DETAIL_EXPAND1(...) __VA_ARGS__
