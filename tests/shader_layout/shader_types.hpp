#pragma once

#include <ashlar/buffer/buffer_contents.hpp>

#include <cstddef>
#include <cstdint>

namespace ashlar::test {

/// A shader's vector, as a mathematics library would have it.
template <class Component, std::size_t count, std::size_t alignment = alignof(Component)>
struct alignas(alignment) Vector {
  Component components[count];
};

/// A shader's matrix; `alignment` is that of the columns or rows that it consists of.
template <class Component, std::size_t columns, std::size_t rows, MatrixOrder order = MatrixOrder::ColumnMajor,
          std::size_t alignment = alignof(Component)>
struct Matrix {
  static constexpr bool by_columns = order == MatrixOrder::ColumnMajor;
  Vector<Component, by_columns ? rows : columns, alignment> vectors[by_columns ? columns : rows];
};

enum class SmallEnum : std::uint16_t {};
enum class OrdinaryEnum : std::int32_t {};

}  // namespace ashlar::test

template <class Component, std::size_t count, std::size_t alignment>
inline constexpr auto ashlar::enable_buffer_contents<ashlar::test::Vector<Component, count, alignment>> =
    ashlar::shader_vector<Component, count>;

template <class Component, std::size_t columns, std::size_t rows, ashlar::MatrixOrder order, std::size_t alignment>
inline constexpr auto ashlar::enable_buffer_contents<ashlar::test::Matrix<Component, columns, rows, order, alignment>> =
    ashlar::shader_matrix<Component, columns, rows, order>;
