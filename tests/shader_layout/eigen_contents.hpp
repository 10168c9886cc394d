#pragma once

#include <ashlar/buffer/buffer_contents.hpp>

#include <Eigen/Core>
#include <Eigen/Geometry>

#include <concepts>
#include <type_traits>

namespace ashlar::test {

template <class T, int size>
concept HasShaderVector = std::is_arithmetic_v<T> && size >= 2 && size <= 4;

template <int options>
constexpr MatrixOrder matrix_order =
    (options & Eigen::RowMajor) != 0 ? MatrixOrder::RowMajor : MatrixOrder::ColumnMajor;

}  // namespace ashlar::test

template <class T, int N, int O>
  requires ashlar::test::HasShaderVector<T, N>
inline constexpr auto ashlar::enable_buffer_contents<Eigen::Matrix<T, N, 1, O, N, 1>> = ashlar::shader_vector<T, N>;

template <class T, int N, int O>
  requires ashlar::test::HasShaderVector<T, N>
inline constexpr auto ashlar::enable_buffer_contents<Eigen::Matrix<T, 1, N, O, 1, N>> = ashlar::shader_vector<T, N>;

template <std::floating_point T, int R, int C, int O>
  requires ashlar::test::HasShaderVector<T, R> && ashlar::test::HasShaderVector<T, C>
inline constexpr auto ashlar::enable_buffer_contents<Eigen::Matrix<T, R, C, O, R, C>> =
    ashlar::shader_matrix<T, C, R, ashlar::test::matrix_order<O>>;

template <class T, int N, int O>
  requires ashlar::test::HasShaderVector<T, N>
inline constexpr auto ashlar::enable_buffer_contents<Eigen::Array<T, N, 1, O, N, 1>> = ashlar::shader_vector<T, N>;

template <class T, int O>
inline constexpr auto ashlar::enable_buffer_contents<Eigen::Quaternion<T, O>> = ashlar::shader_vector<T, 4>;
