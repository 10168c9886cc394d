// Eigen's types as contents. The figures are those of GLSL 4.60, 7.6.2.2, and GL_EXT_scalar_block_layout.

#include <ashlar/buffer/buffer_contents.hpp>
#include <ashlar/buffer/flexible.hpp>
#include <ashlar/buffer/laid_out.hpp>
#include <ashlar/buffer/padded.hpp>
#include <ashlar/buffer/shader_layout.hpp>

#include <array>
#include <complex>
#include <vector>

#include "shader_layout/eigen_contents.hpp"
#include "shader_layout/floats_of.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

template <class T, int rows, int columns>
using RowMajorMatrix = Eigen::Matrix<T, rows, columns, Eigen::RowMajor>;

static_assert(BufferContents<Eigen::Vector2f> && BufferContents<Eigen::Vector3d> && BufferContents<Eigen::Vector4i>);
static_assert(BufferContents<Eigen::RowVector3f> && BufferContents<Eigen::Array4f>);
static_assert(BufferContents<Eigen::Quaternionf> && BufferContents<Eigen::Quaterniond>);
static_assert(BufferContents<Eigen::Matrix2f> && BufferContents<Eigen::Matrix4d>);
static_assert(BufferContents<Eigen::Matrix<float, 2, 3>> && BufferContents<RowMajorMatrix<float, 3, 4>>);
static_assert(BufferContents<Eigen::Vector4f[2]> && BufferContents<std::array<Eigen::Matrix3f, 2>>);
static_assert(!BufferContents<Eigen::MatrixXf> && !BufferContents<Eigen::VectorXf>, "their numbers are elsewhere");
static_assert(!BufferContents<Eigen::Matrix3Xf> && !BufferContents<Eigen::ArrayXf>);
static_assert(!BufferContents<Eigen::Matrix<float, Eigen::Dynamic, 1, 0, 4, 1>>, "it holds its size, too");
static_assert(!BufferContents<Eigen::Map<Eigen::Vector3f>> && !BufferContents<Eigen::Ref<Eigen::Vector3f>>);
static_assert(!BufferContents<Eigen::Vector<bool, 2>>);
static_assert(!BufferContents<Eigen::Vector<float, 1>> && !BufferContents<Eigen::Vector<float, 6>>);
static_assert(!BufferContents<Eigen::Matrix2i> && !BufferContents<Eigen::Matrix2cf>);

static_assert(matches_std140<Eigen::Vector4f[]> && matches_std140<Eigen::Quaternionf[]>);
static_assert(!matches_std140<Eigen::Vector2f[]> && matches_std430<Eigen::Vector2f[]>);
static_assert(!matches_std430<Eigen::Vector3f[]> && matches_scalar<Eigen::Vector3f[]>,
              "16 bytes apart, but for scalar");

static_assert(matches_std140<Eigen::Matrix4f> && matches_std140<Eigen::Matrix<float, 4, 2>>);
static_assert(!matches_std140<Eigen::Matrix2f> && matches_std430<Eigen::Matrix2f>);
static_assert(!matches_std430<Eigen::Matrix3f> && matches_scalar<Eigen::Matrix3f>);
static_assert(matches_std430<Eigen::Matrix<float, 2, 3>>, "three columns of two");
static_assert(!matches_std430<RowMajorMatrix<float, 2, 3>>, "two rows of three");
static_assert(matches_scalar<RowMajorMatrix<float, 2, 3>>);
static_assert(!matches_std430<Eigen::Matrix<float, 3, 4>>, "four columns of three");
static_assert(matches_std140<RowMajorMatrix<float, 3, 4>>, "three rows of four");

struct Body {
  Eigen::Matrix4f pose;
  Eigen::Vector3f position;
  float mass;
  Eigen::Vector2f extent;
};
ASHLAR_BUFFER_CONTENTS(Body, pose, position, mass, extent);
static_assert(BufferContents<Body> && BufferContents<Body[2]> && BufferContents<std::array<Body, 2>>);
static_assert(matches_std140<Body> && matches_std430<Body> && matches_scalar<Body>);
static_assert(sizeof(Std140<Body>) == 96 && alignof(Std140<Body>) == 16);

struct Sensor {
  Eigen::Matrix3f turn;
  float weight;
  Eigen::Vector2f range[2];
};
ASHLAR_BUFFER_CONTENTS(Sensor, turn, weight, range);
static_assert(!matches_std140<Sensor> && !matches_std430<Sensor> && matches_scalar<Sensor>);
static_assert(sizeof(Std140<Sensor>) == 96 && sizeof(Std430<Sensor>) == 80);

struct Camera {
  RowMajorMatrix<float, 3, 4> view;
  RowMajorMatrix<float, 2, 3> projection;
  float exposure;
};
ASHLAR_BUFFER_CONTENTS(Camera, view, projection, exposure);
static_assert(!matches_std140<Camera> && !matches_std430<Camera> && matches_scalar<Camera>);
static_assert(sizeof(Std140<Camera>) == 96 && sizeof(Std430<Camera>) == 96);

struct Robot {
  Body bodies[2];
  Eigen::Quaternionf heading;
  Eigen::Array3f limits;
};
ASHLAR_BUFFER_CONTENTS(Robot, bodies, heading, limits);
static_assert(BufferContents<Robot>, "a struct of structs that copy in their own way");
static_assert(sizeof(Std140<Robot>) == 224);

struct Palette {
  Padded<Eigen::Vector3f, 4> colors[2];
  Padded<Eigen::Vector2f, 8> texels[2];
};
ASHLAR_BUFFER_CONTENTS(Palette, colors, texels);
static_assert(matches_std140<Palette>);

static_assert(Flexible<Eigen::Vector2i, Eigen::Vector4f>::tail_offset == 16);

template <class T>
T counted_from(float first) {
  T matrix;
  for (int row = 0; row != matrix.rows(); ++row) {
    for (int column = 0; column != matrix.cols(); ++column) {
      matrix(row, column) = first++;
    }
  }
  return matrix;
}

}  // namespace

TEST_CASE("a struct of Eigen's types lies as std140 wants it, and comes back", "[shader_layout]") {
  Sensor const sensor{.turn = counted_from<Eigen::Matrix3f>(1), .weight = 10, .range{{11, 12}, {13, 14}}};
  Std140<Sensor> laid_out{sensor};
  CHECK(floats_of(laid_out) ==
        std::vector<float>{1, 4, 7, 0, 2, 5, 8, 0, 3, 6, 9, 0, 10, 0, 0, 0, 11, 12, 0, 0, 13, 14, 0, 0});
  CHECK(laid_out.load<&Sensor::turn>() == sensor.turn);

  Sensor const again = laid_out;
  CHECK(again.turn == sensor.turn);
  CHECK(again.weight == sensor.weight);
  CHECK(again.range[0] == sensor.range[0]);
  CHECK(again.range[1] == sensor.range[1]);

  laid_out.store<&Sensor::turn>(Eigen::Matrix3f::Identity());
  CHECK(floats_of(laid_out) ==
        std::vector<float>{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 10, 0, 0, 0, 11, 12, 0, 0, 13, 14, 0, 0});
}

TEST_CASE("Eigen's row-major matrices lie as std430 wants them, and come back", "[shader_layout]") {
  Camera const camera{.view = counted_from<RowMajorMatrix<float, 3, 4>>(1),
                      .projection = counted_from<RowMajorMatrix<float, 2, 3>>(13),
                      .exposure = 19};
  Std430<Camera> const laid_out{camera};
  CHECK(floats_of(laid_out) ==
        std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 16, 17, 18, 0, 19, 0, 0, 0});

  Camera const again = laid_out;
  CHECK(again.view == camera.view);
  CHECK(again.projection == camera.projection);
  CHECK(again.exposure == camera.exposure);
}

TEST_CASE("Eigen's vectors are padded", "[shader_layout]") {
  Palette palette{.colors{Eigen::Vector3f{1, 2, 3}, Eigen::Vector3f{4, 5, 6}},
                  .texels{Eigen::Vector2f{7, 8}, Eigen::Vector2f{9, 10}}};
  palette.colors[1]->x() = 11;
  CHECK(floats_of(palette) == std::vector<float>{1, 2, 3, 0, 11, 5, 6, 0, 7, 8, 0, 0, 9, 10, 0, 0});
}

TEST_CASE("a struct of structs of Eigen's types lies as std140 wants it, and comes back", "[shader_layout]") {
  auto const body = [](float first) {
    return Body{.pose = counted_from<Eigen::Matrix4f>(first),
                .position{first, first + 1, first + 2},
                .mass = first + 3,
                .extent{first + 4, first + 5}};
  };
  Robot const robot{.bodies{body(1), body(101)}, .heading{4, 1, 2, 3}, .limits{5, 6, 7}};  // w comes first here.
  Std140<Robot> const laid_out{robot};
  CHECK(floats_of(laid_out) == std::vector<float>{1,   5,   9,   13,  2,   6,   10,  14,  3,   7,   11,  15,  4,   8,
                                                  12,  16,  1,   2,   3,   4,   5,   6,   0,   0,   101, 105, 109, 113,
                                                  102, 106, 110, 114, 103, 107, 111, 115, 104, 108, 112, 116, 101, 102,
                                                  103, 104, 105, 106, 0,   0,   1,   2,   3,   4,   5,   6,   7,   0});

  Robot const again = laid_out;
  CHECK(again.bodies[1].pose == robot.bodies[1].pose);
  CHECK(again.bodies[1].extent == robot.bodies[1].extent);
  CHECK(again.heading.coeffs() == robot.heading.coeffs());
  CHECK((again.limits == robot.limits).all());
}

}  // namespace ashlar::test
