// glm's types as contents. The figures are those of GLSL 4.60, 7.6.2.2, and GL_EXT_scalar_block_layout.

#include <ashlar/buffer/buffer_contents.hpp>
#include <ashlar/buffer/flexible.hpp>
#include <ashlar/buffer/laid_out.hpp>
#include <ashlar/buffer/padded.hpp>
#include <ashlar/buffer/shader_layout.hpp>

#include <array>
#include <vector>

#include "shader_layout/floats_of.hpp"
#include "shader_layout/glm_contents.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

static_assert(BufferContents<glm::vec2> && BufferContents<glm::vec3> && BufferContents<glm::vec4>);
static_assert(BufferContents<glm::ivec3> && BufferContents<glm::u8vec4> && BufferContents<glm::dvec2>);
static_assert(BufferContents<glm::mat2> && BufferContents<glm::mat3> && BufferContents<glm::mat4>);
static_assert(BufferContents<glm::mat2x3> && BufferContents<glm::dmat4x3>);
static_assert(BufferContents<glm::quat> && BufferContents<glm::dquat>);
static_assert(BufferContents<glm::vec3[4]> && BufferContents<std::array<glm::mat3, 2>>);
static_assert(!BufferContents<glm::bvec2> && !BufferContents<glm::bvec4[2]>, "no bools");
static_assert(matches_std140<glm::vec1>, "which is a number");
static_assert(!BufferContents<glm::mat<2, 2, int>>, "nor matrices of integers");

static_assert(matches_std140<glm::vec4[]> && matches_std430<glm::vec4[]>);
static_assert(!matches_std140<glm::vec2[]> && matches_std430<glm::vec2[]>);
static_assert(!matches_std430<glm::vec3[]> && matches_scalar<glm::vec3[]>, "16 bytes apart, but for scalar");
static_assert(matches_std140<glm::quat[]>);

static_assert(matches_std140<glm::mat4> && matches_std140<glm::mat2x4> && matches_std140<glm::dmat4>);
static_assert(!matches_std140<glm::mat2> && matches_std430<glm::mat2>);
static_assert(!matches_std140<glm::mat3x2> && matches_std430<glm::mat3x2>, "three columns of two");
static_assert(!matches_std430<glm::mat2x3> && matches_scalar<glm::mat2x3>, "two columns of three");
static_assert(!matches_std140<glm::mat3> && !matches_std430<glm::mat3> && matches_scalar<glm::mat3>);
static_assert(!matches_std430<glm::dmat3> && matches_scalar<glm::dmat3>);

struct Instance {
  glm::vec3 position;
  float radius;
  glm::mat4 model;
  glm::vec2 uv[2];
};
ASHLAR_BUFFER_CONTENTS(Instance, position, radius, model, uv);
static_assert(BufferContents<Instance> && BufferContents<Instance[2]>);
static_assert(matches_std430<Instance> && matches_std430<Instance[]> && matches_scalar<Instance[]>);
static_assert(!matches_std140<Instance>, "uv's elements are 16 bytes apart");
static_assert(sizeof(Std430<Instance>) == 96 && sizeof(Std140<Instance>) == 112 && alignof(Std140<Instance>) == 16);

struct Light {
  glm::vec3 color;
  glm::vec3 direction;
  glm::vec2 range;
};
ASHLAR_BUFFER_CONTENTS(Light, color, direction, range);
static_assert(!matches_std140<Light> && !matches_std430<Light>, "the direction begins at 16");
static_assert(matches_scalar<Light>);
static_assert(sizeof(Std140<Light>) == 48 && sizeof(Std430<Light>) == 48);

struct Joint {
  glm::mat3 turn;
  float length;
  glm::quat rest;
};
ASHLAR_BUFFER_CONTENTS(Joint, turn, length, rest);
static_assert(!matches_std140<Joint> && !matches_std430<Joint> && matches_scalar<Joint>);
static_assert(sizeof(Std140<Joint>) == 80);

struct Scene {
  Instance instances[2];
  glm::uvec2 size;
};
ASHLAR_BUFFER_CONTENTS(Scene, instances, size);
static_assert(matches_std430<Scene> && !matches_std140<Scene>);
static_assert(sizeof(Std140<Scene>) == 240);

struct Palette {
  Padded<glm::vec3, 4> colors[2];
  Padded<glm::vec2, 8> texels[2];
};
ASHLAR_BUFFER_CONTENTS(Palette, colors, texels);
static_assert(matches_std140<Palette>);

static_assert(Flexible<glm::uvec2, glm::vec4>::tail_offset == 16);

Instance const instance{.position{1, 2, 3},
                        .radius = 4,
                        .model{11, 12, 13, 14, 21, 22, 23, 24, 31, 32, 33, 34, 41, 42, 43, 44},
                        .uv{{5, 6}, {7, 8}}};

}  // namespace

TEST_CASE("a struct of glm's types lies as std140 wants it, and comes back", "[shader_layout]") {
  Std140<Instance> const laid_out{instance};
  CHECK(floats_of(laid_out) == std::vector<float>{1,  2,  3,  4,  11, 12, 13, 14, 21, 22, 23, 24, 31, 32,
                                                  33, 34, 41, 42, 43, 44, 5,  6,  0,  0,  7,  8,  0,  0});
  CHECK(laid_out.load<&Instance::model>() == instance.model);

  Instance const again = laid_out;
  CHECK(again.position == instance.position);
  CHECK(again.radius == instance.radius);
  CHECK(again.model == instance.model);
  CHECK(again.uv[0] == instance.uv[0]);
  CHECK(again.uv[1] == instance.uv[1]);
}

TEST_CASE("a struct of glm's types that matches std430 has the same bytes there", "[shader_layout]") {
  CHECK(floats_of(std430(instance)) == floats_of(instance));
}

TEST_CASE("glm's mat3 and quat lie as std140 wants them, and come back", "[shader_layout]") {
  Joint const joint{.turn{1, 2, 3, 4, 5, 6, 7, 8, 9}, .length = 10, .rest{14, 11, 12, 13}};  // w comes first here.
  Std140<Joint> laid_out{joint};
  CHECK(floats_of(laid_out) == std::vector<float>{1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 10, 0, 0, 0, 11, 12, 13, 14});

  Joint const again = laid_out;
  CHECK(again.turn == joint.turn);
  CHECK(again.length == joint.length);
  CHECK(again.rest == joint.rest);

  laid_out.store<&Joint::turn>(glm::mat3{2});
  CHECK(floats_of(laid_out) == std::vector<float>{2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 10, 0, 0, 0, 11, 12, 13, 14});
}

TEST_CASE("glm's vec3 lie as std430 wants them", "[shader_layout]") {
  Light const light{.color{1, 2, 3}, .direction{4, 5, 6}, .range{7, 8}};
  CHECK(floats_of(std430(light)) == std::vector<float>{1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 0, 0});
}

}  // namespace ashlar::test
