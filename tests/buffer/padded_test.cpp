#include <ashlar/buffer/laid_out.hpp>
#include <ashlar/buffer/padded.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "shader_layout/shader_types.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

struct Weights {
  Padded<float> weights[3];
  std::uint32_t count;
};
ASHLAR_BUFFER_CONTENTS(Weights, weights, count);
static_assert(offsetof(Weights, count) == 48);
static_assert(matches_std140<Weights> && !matches_std430<Weights>);

struct Unpadded {
  float weights[3];
};
ASHLAR_BUFFER_CONTENTS(Unpadded, weights);
static_assert(!matches_std140<Unpadded> && matches_std430<Unpadded>);

// Whatever is padded is looked at, too: here an array, whose stride no padding behind it mends.
static_assert(!matches_std140<Padded<Unpadded, 4>>);
static_assert(matches_std140<Padded<Weights, 4>>);
static_assert(BufferContents<Padded<float, 12>> && std::is_trivially_copyable_v<Padded<float, 12>>);
static_assert(sizeof(Padded<float, 12>) == 16 && alignof(Padded<float, 12>) == 4);
static_assert(std::is_same_v<Padded<float>, Padded<float, 12>> && sizeof(Padded<Vector<float, 3>>) == 16);

/// Padded by hand, as in `struct { uint kind; vec3 color; float weights[2]; mat2 turn; }`.
struct ByHand {
  std::uint32_t kind;
  Padding<12> behind_kind;
  Vector<float, 3> color;
  Padding<4> behind_color;
  Padded<float> weights[2];
  Matrix<float, 2, 2, MatrixOrder::ColumnMajor, 16> turn;
  float end;
  Padding<12> behind_end;
};
ASHLAR_BUFFER_CONTENTS(ByHand, kind, behind_kind, color, behind_color, weights, turn, end, behind_end);
static_assert(matches_std140<ByHand> && matches_std140<ByHand[]>);
static_assert(!matches_std430<ByHand> && BufferContents<Padding<3>> && sizeof(Padding<3>) == 3);

struct Gap {
  Padding<2> first;
  Padding<2> second;
};
ASHLAR_BUFFER_CONTENTS(Gap, first, second);
struct ManyGaps {
  float a;
  Padding<4> b[2];
  Gap c;
  std::array<Gap, 3> d;
  float e;
};
ASHLAR_BUFFER_CONTENTS(ManyGaps, a, b, c, d, e);
static_assert(detail::placement_of<ManyGaps, ShaderLayout::Std140>.offsets[4] == 4);
static_assert(detail::placement_of<ManyGaps, ShaderLayout::Std430>.offsets[4] == 4);
static_assert(std::is_same_v<std::remove_const_t<decltype(detail::layout_difference<ManyGaps, ShaderLayout::Std140>)>,
                             detail::OffsetOfFieldDiffers<&ManyGaps::e, detail::InCpp<28>, detail::InShader<4>>>);

struct TooLittle {
  std::uint32_t kind;
  Padding<8> behind_kind;
  Vector<float, 3> color;
};
ASHLAR_BUFFER_CONTENTS(TooLittle, kind, behind_kind, color);
static_assert(!matches_std430<TooLittle>);

constexpr Padded<float, 12> two = 2.0F;
static_assert(two == 2.0F && *two + 1 == 3);

}  // namespace

TEST_CASE("what is padded is used like what it holds", "[padded]") {
  Weights weights{{1.0F, 2.0F, 3.0F}, 3};
  weights.weights[1] = 20;
  *weights.weights[2] += 27;
  float sum = 0;
  for (float const weight : weights.weights) {
    sum += weight;
  }
  CHECK(sum == 51);

  Padded<Vector<float, 3>, 4> padded;
  CHECK(padded->components[2] == 0);
  padded->components[2] = 5;
  CHECK((*padded).components[2] == 5);
}

TEST_CASE("what is padding in C++ has no place in a shader", "[padded]") {
  TooLittle const value{7, {}, {{1, 2, 3}}};
  auto const laid_out = std430(value);
  CHECK(sizeof laid_out == 32);
  float numbers[3];
  std::memcpy(numbers, reinterpret_cast<std::byte const*>(&laid_out) + 16, sizeof numbers);
  CHECK(numbers[2] == 3);
  CHECK(static_cast<TooLittle>(laid_out).color.components[2] == 3);
  CHECK(static_cast<ManyGaps>(std140(ManyGaps{1, {}, {}, {}, 2})).e == 2);
}

}  // namespace ashlar::test
