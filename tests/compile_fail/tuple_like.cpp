// expect: Pair is taken apart by get<>
#include <ashlar/ashlar.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

struct Pair {
  float a;
#ifdef ASHLAR_CONTROL
};
#else
  int* hidden;
};
template <>
struct std::tuple_size<Pair> : std::integral_constant<std::size_t, 1> {};
template <>
struct std::tuple_element<0, Pair> {
  using type = float;
};
template <std::size_t>
float get(Pair const& pair) {
  return pair.a;
}
#endif
ASHLAR_BUFFER_CONTENTS(Pair, a);
