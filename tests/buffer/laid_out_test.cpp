#include <ashlar/buffer/laid_out.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ranges>
#include <vector>

#include "shader_layout/shader_types.hpp"
#include "support/catch.hpp"

// Of one struct, whose places are written down here as the rules of GLSL 4.60, 7.6.2.2, have them. How many others come
// out is compared with glslang in tests/shader_layout.

namespace ashlar::test {
namespace {

using Vec3 = Vector<float, 3>;

struct Light {
  std::uint32_t kind;
  Vec3 color;
  float weights[3];
};
ASHLAR_BUFFER_CONTENTS(Light, kind, color, weights);
static_assert(sizeof(Light) == 28);

static_assert(sizeof(Std140<Light>) == 80 && alignof(Std140<Light>) == 16);
static_assert(sizeof(Std430<Light>) == 48 && alignof(Std430<Light>) == 16);
static_assert(sizeof(LaidOut<Light, ShaderLayout::Scalar>) == 28);
static_assert(alignof(LaidOut<Light, ShaderLayout::Scalar>) == 4);
static_assert(BufferContents<Std140<Light>> && std::is_trivially_copyable_v<Std140<Light>>);

struct Scene {
  float time;
  Std140<Light> lights[2];
};
ASHLAR_BUFFER_CONTENTS(Scene, time, lights);
static_assert(matches_std140<Scene> && !matches_std430<Scene> && matches_std140<Std140<Light>[]>);

struct NoDefault {
  explicit NoDefault(float its_value) noexcept : value{its_value} {}
  float value;
};
ASHLAR_BUFFER_CONTENTS(NoDefault, value);
static_assert(!std::is_convertible_v<Std140<NoDefault>, NoDefault> && std::is_convertible_v<Std140<Light>, Light>);

template <class T>
concept LoadsWeights = requires(T const& laid_out) { laid_out.template load<&Light::weights>(); };
static_assert(!LoadsWeights<Std140<Light>>, "a C array is no value");

static_assert(sizeof(Std430<Matrix<float, 3, 3>>) == 48 && alignof(Std430<Matrix<float, 3, 3>>) == 16);
static_assert(sizeof(Std140<std::array<Light, 2>>) == 160);

constexpr Light light{7, {{1, 2, 3}}, {4, 5, 6}};

template <class T, class Object>
T at(Object const& object, std::size_t offset) {
  T value{};
  std::memcpy(&value, reinterpret_cast<std::byte const*>(&object) + offset, sizeof value);
  return value;
}

bool equal(Light const& a, Light const& b) { return std::memcmp(&a, &b, sizeof(Light)) == 0; }

}  // namespace

TEST_CASE("a struct's fields lie where the shader expects them, and zeros between", "[laid_out]") {
  auto const in_std140 = std140(light);
  std::array<float, 20> const expected{0, 0, 0, 0, 1, 2, 3, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0};
  CHECK(at<std::uint32_t>(in_std140, 0) == 7);
  for (std::size_t i = 1; i < expected.size(); ++i) {
    CHECK(at<float>(in_std140, 4 * i) == expected[i]);
  }
  auto const in_std430 = std430(light);
  CHECK(at<std::uint32_t>(in_std430, 0) == 7);
  CHECK(at<Vec3>(in_std430, 16).components[2] == 3);
  CHECK(at<float>(in_std430, 28) == 4);
  CHECK(at<float>(in_std430, 36) == 6);
}

TEST_CASE("it converts back", "[laid_out]") {
  CHECK(equal(std140(light), light));
  CHECK(equal(std430(light), light));
  Std140<Light> changed;
  CHECK(equal(changed, Light{}));
  changed = light;
  CHECK(equal(changed, light));
  Light const copy = changed;
  CHECK(copy.weights[2] == 6);
}

TEST_CASE("what is no struct is laid out, too", "[laid_out]") {
  Matrix<float, 3, 3> const matrix{{{{1, 2, 3}}, {{4, 5, 6}}, {{7, 8, 9}}}};
  auto const columns = std430(matrix);
  CHECK(at<float>(columns, 16) == 4);
  CHECK(at<float>(columns, 40) == 9);
  CHECK(static_cast<Matrix<float, 3, 3>>(columns).vectors[1].components[2] == 6);

  auto const both = std140(std::array<Light, 2>{light, light});
  CHECK(at<float>(both, 80 + 16) == 1);
}

TEST_CASE("single fields are loaded and stored", "[laid_out]") {
  auto laid_out = std140(light);
  CHECK(laid_out.load<&Light::kind>() == 7);
  CHECK(laid_out.load<&Light::color>().components[1] == 2);
  laid_out.store<&Light::color>({{10, 20, 30}});
  laid_out.store<&Light::weights>({40, 50, 60});
  CHECK(at<float>(laid_out, 24) == 30);
  CHECK(at<float>(laid_out, 28) == 0);
  CHECK(equal(laid_out, {7, {{10, 20, 30}}, {40, 50, 60}}));
}

TEST_CASE("it is a field of others, and goes through ranges", "[laid_out]") {
  Scene const scene{0.5F, {light, light}};
  CHECK(at<float>(scene, 16 + 80 + 16 + 4) == 2);

  std::vector<Light> lights(3, light);
  lights[1].kind = 8;
  auto laid_out = lights | std::views::transform(std140<Light>);
  CHECK(at<std::uint32_t>(laid_out[1], 0) == 8);
}

}  // namespace ashlar::test
