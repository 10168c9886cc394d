#include <ashlar/buffer/shader_layout.hpp>

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>

#include "shader_layout/shader_types.hpp"

// Checked at compile time, against GLSL 4.60, 7.6.2.2, rule by rule; many more structs are compared with glslang in
// tests/shader_layout.

namespace {

struct Half {
  std::uint16_t bits;
};

}  // namespace

template <>
inline constexpr auto ashlar::enable_buffer_contents<Half> = ashlar::shader_scalar;

namespace ashlar::test {
namespace {

using detail::Extent;
using enum ShaderLayout;

template <class T, ShaderLayout layout>
constexpr bool is(std::uint64_t alignment, std::uint64_t size) {
  constexpr Extent extent = detail::extent_of<T, layout>();
  return extent.alignment == alignment && extent.size == size;
}

// Rules 1 to 3: numbers, vectors of 2, of 3 and 4.
static_assert(is<float, Std140>(4, 4) && is<double, Std430>(8, 8) && is<std::uint8_t, Std140>(1, 1));
static_assert(is<Vector<float, 2>, Std140>(8, 8) && is<Vector<double, 2>, Std430>(16, 16));
static_assert(is<Vector<float, 3>, Std140>(16, 12) && is<Vector<float, 3>, Std430>(16, 12));
static_assert(is<Vector<double, 3>, Std140>(32, 24) && is<Vector<double, 4>, Std430>(32, 32));
static_assert(is<Vector<std::uint16_t, 3>, Std430>(8, 6) && is<Vector<std::uint8_t, 4>, Std140>(4, 4));
static_assert(is<Vector<float, 3>, Scalar>(4, 12) && is<Vector<double, 4>, Scalar>(8, 32));
static_assert(is<std::complex<float>, Std140>(8, 8) && is<OrdinaryEnum, Std140>(4, 4));
static_assert(is<Vector<float, 1>, Std140>(4, 4) && is<Vector<double, 1>, Scalar>(8, 8));
static_assert(is<Half, Std140>(2, 2) && is<Vector<Half, 3>, Std430>(8, 6));

// Rule 4: arrays, rounded up to a vec4 in std140.
static_assert(is<float[3], Std140>(16, 48) && is<float[3], Std430>(4, 12) && is<float[3], Scalar>(4, 12));
static_assert(is<Vector<float, 3>[2], Std140>(16, 32) && is<Vector<float, 3>[2], Scalar>(4, 24));
static_assert(is<std::array<Vector<float, 2>, 3>, Std140>(16, 48) && is<Vector<float, 2>[3], Std430>(8, 24));
static_assert(is<double[2], Std140>(16, 32) && is<Vector<double, 3>[2], Std140>(32, 64));

// Rules 5 to 8: matrices are arrays of their columns, or rows.
static_assert(is<Matrix<float, 3, 3>, Std140>(16, 48) && is<Matrix<float, 3, 3>, Scalar>(4, 36));
static_assert(is<Matrix<float, 2, 4>, Std430>(16, 32) && is<Matrix<float, 4, 2>, Std430>(8, 32));
static_assert(is<Matrix<float, 4, 2>, Std140>(16, 64) && is<Matrix<float, 4, 2>[2], Std140>(16, 128));
static_assert(is<Matrix<float, 4, 2, MatrixOrder::RowMajor>, Std430>(16, 32));
static_assert(is<Matrix<float, 2, 3, MatrixOrder::RowMajor>, Std140>(16, 48));
static_assert(is<Matrix<double, 3, 3>, Std430>(32, 96) && is<Matrix<Half, 3, 3>, Std430>(8, 24));

// Rules 9 and 10: structs, rounded up to a vec4 in std140.
struct Small {
  float a;
};
ASHLAR_BUFFER_CONTENTS(Small, a);
static_assert(is<Small, Std140>(16, 16) && is<Small, Std430>(4, 4) && is<Small[2], Std140>(16, 32));

struct Mixed {
  std::uint8_t a;
  Vector<float, 3> b;
  float c;
  Small d;
  double e;
};
ASHLAR_BUFFER_CONTENTS(Mixed, a, b, c, d, e);
constexpr auto mixed_std140 = detail::placement_of<Mixed, Std140>;
static_assert(mixed_std140.offsets[1] == 16 && mixed_std140.offsets[2] == 28 && mixed_std140.offsets[3] == 32);
static_assert(mixed_std140.offsets[4] == 48 && is<Mixed, Std140>(16, 64));
constexpr auto mixed_std430 = detail::placement_of<Mixed, Std430>;
static_assert(mixed_std430.offsets[3] == 32 && mixed_std430.offsets[4] == 40 && is<Mixed, Std430>(16, 48));
constexpr auto mixed_scalar = detail::placement_of<Mixed, Scalar>;
static_assert(mixed_scalar.offsets[1] == 4 && mixed_scalar.offsets[2] == 16 && mixed_scalar.offsets[3] == 20);
static_assert(mixed_scalar.offsets[4] == 24 && is<Mixed, Scalar>(8, 32));
static_assert(matches_scalar<Mixed> && !matches_std430<Mixed> && !matches_std140<Mixed>);

static_assert(!matches_std140<bool> && !matches_scalar<long double[2]>, "they are no contents");

// What matches by itself need not do so as an element.
static_assert(matches_std140<Small> && !matches_std140<Small[]> && !matches_std140<Small[2]>);
static_assert(matches_std140<Vector<float, 3>> && !matches_std140<Vector<float, 3>[]>);
static_assert(matches_std140<Vector<float, 3, 16>[]> && matches_std430<Small[]>);

// What lies behind a struct, or an array, begins where the shader rounds up to; behind a vec3 it does not.
struct BehindStruct {
  Small a;
  float b;
};
ASHLAR_BUFFER_CONTENTS(BehindStruct, a, b);
static_assert(matches_std430<BehindStruct> && !matches_std140<BehindStruct>);
struct BehindVector {
  Vector<float, 3> a;
  float b;
};
ASHLAR_BUFFER_CONTENTS(BehindVector, a, b);
static_assert(matches_std140<BehindVector> && matches_std430<BehindVector> && matches_std140<BehindVector[]>);

struct OfHalves {
  Vector<Half, 3> normal;
  Half roughness;
};
ASHLAR_BUFFER_CONTENTS(OfHalves, normal, roughness);
static_assert(matches_std140<OfHalves> && matches_std430<OfHalves[]> && !matches_std140<OfHalves[]>);

}  // namespace
}  // namespace ashlar::test
