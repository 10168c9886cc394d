#include <ashlar/buffer/padded.hpp>

#include <cstddef>
#include <cstdint>

#include "shader_layout/shader_types.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

struct Weights {
  Padded<float, 12> weights[3];
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
static_assert(matches_std140<Padded<Weights, 0 + 4>>);
static_assert(BufferContents<Padded<float, 12>> && std::is_trivially_copyable_v<Padded<float, 12>>);
static_assert(sizeof(Padded<float, 12>) == 16 && alignof(Padded<float, 12>) == 4);

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

}  // namespace ashlar::test
