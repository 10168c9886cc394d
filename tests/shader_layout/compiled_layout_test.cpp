// What the library computes of a shader's layout, beside what glslang decorates in the SPIR-V of the same structs.

#include <ashlar/buffer/flexible.hpp>
#include <ashlar/buffer/shader_layout.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "shader_layout/compiled_structs.hpp"
#include "shader_layout/spirv_types.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

/// The figures that the library computed, held against those of the SPIR-V.
template <ShaderLayout layout>
class Figures {
 public:
  explicit Figures(SpirvTypes const& spirv) : spirv_{spirv} {}

  /// Of a `T`, which is that type of the SPIR-V, and is or is in that member of a struct.
  template <class T>
  void compare(std::uint32_t type, SpirvMember const& member, std::string const& where) {
    compare_kind<T>(detail::kind_of<T>(), spirv_.type(type), member, where);
  }

  template <class T>
  void compare_struct(SpirvType const& type, std::string const& where) {
    compare_fields<T>(detail::fields_of<T>, type, where);
  }

  void compare_number(std::uint64_t computed, std::uint64_t decorated, std::string const& what) {
    ++count_;
    if (computed != decorated) {
      wrong_.push_back(what + ": computed " + std::to_string(computed) + ", decorated " + std::to_string(decorated));
    }
  }

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::vector<std::string> const& wrong() const { return wrong_; }

 private:
  using Kind = SpirvType::Kind;

  /// The structs would not be the same.
  static void require_kind(SpirvType const& type, Kind kind, std::uint64_t count, std::string const& where) {
    INFO(where);
    REQUIRE(type.kind == kind);
    REQUIRE(type.count == count);
  }
  template <class Component>
  static void require_number(SpirvType const& type, std::string const& where) {
    require_kind(type, std::is_floating_point_v<Component> ? Kind::Float : Kind::Integer, 8 * sizeof(Component), where);
  }

  template <class T>
  void compare_kind(ShaderScalar, SpirvType const& type, SpirvMember const&, std::string const& where) {
    require_number<T>(type, where);
  }
  template <class T, class Seen>
  void compare_kind(detail::SeenAs<Seen>, SpirvType const& type, SpirvMember const& member, std::string const& where) {
    compare_kind<Seen>(detail::kind_of<Seen>(), type, member, where);
  }
  template <class T, class Component, std::size_t N>
  void compare_kind(ShaderVector<Component, N>, SpirvType const& type, SpirvMember const&, std::string const& where) {
    require_kind(type, Kind::Vector, N, where);
    require_number<Component>(spirv_.type(type.element), where);
  }
  template <class T, class Component, std::size_t Columns, std::size_t Rows, MatrixOrder order>
  void compare_kind(ShaderMatrix<Component, Columns, Rows, order>, SpirvType const& type, SpirvMember const& member,
                    std::string const& where) {
    require_kind(type, Kind::Matrix, Columns, where);
    require_kind(spirv_.type(type.element), Kind::Vector, Rows, where);
    INFO(where);
    REQUIRE(member.row_major == (order == MatrixOrder::RowMajor));
    compare_number(detail::extent_of<T, layout>().size / (member.row_major ? Rows : Columns), member.matrix_stride,
                   where + ": matrix stride");
  }
  template <class T, class Element, std::size_t N>
  void compare_kind(detail::ArrayKind<Element, N>, SpirvType const& type, SpirvMember const& member,
                    std::string const& where) {
    require_kind(type, Kind::Array, N, where);
    compare_number(detail::element_stride(detail::extent_of<Element, layout>(), layout), type.array_stride,
                   where + ": array stride");
    compare<Element>(type.element, member, where + "[]");
  }
  template <class T>
  void compare_kind(detail::StructKind, SpirvType const& type, SpirvMember const&, std::string const& where) {
    compare_struct<T>(type, where);
  }

  template <class T, class... Fields>
  void compare_fields(detail::FieldList<Fields...> const& list, SpirvType const& type, std::string const& where) {
    require_kind(type, Kind::Struct, sizeof...(Fields), where);
    std::size_t i = 0;
    (compare_field<typename Fields::Type>(list.names[i], detail::placement_of<T, layout>.offsets[i], type.members[i],
                                          where, i),
     ...);
  }
  template <class T>
  void compare_field(std::string const& name, std::uint64_t offset, SpirvMember const& member, std::string const& where,
                     std::size_t& index) {
    std::string const field = where + "." + name;
    INFO(field);
    REQUIRE(member.name == name);
    compare_number(offset, member.offset, field + ": offset");
    compare<T>(member.type, member, field);
    ++index;
  }

  SpirvTypes const& spirv_;
  std::size_t count_ = 0;
  std::vector<std::string> wrong_;
};

/// What `layout_difference` should say, or nothing.
using Difference = std::optional<std::string>;

std::string text_of(std::string const& struct_name, std::string const& field, std::string const& what,
                    std::uint64_t in_cpp, std::uint64_t in_shader) {
  return struct_name + "." + field + ": " + what + " " + std::to_string(in_cpp) + ", in the shader " +
         std::to_string(in_shader);
}

/// The first difference between what C++ says of a struct and what the SPIR-V does; the library has no say in it but
/// for what a type is.
class DifferenceSearch {
 public:
  explicit DifferenceSearch(SpirvTypes const& spirv) : spirv_{spirv} {}

  template <class T>
  [[nodiscard]] Difference find_in_struct(SpirvType const& type) const {
    return find_in_fields(detail::fields_of<T>, type);
  }

 private:
  /// The field that is looked at.
  struct Place {
    char const* struct_name;
    SpirvMember const& member;
  };

  static Difference compare(Place const& place, char const* what, std::uint64_t in_cpp, std::uint64_t in_shader) {
    return in_cpp != in_shader ? text_of(place.struct_name, place.member.name, what, in_cpp, in_shader) : Difference{};
  }

  template <class... Fields>
  Difference find_in_fields(detail::FieldList<Fields...> const& list, SpirvType const& type) const {
    Difference found;
    std::size_t i = 0;
    ((found = find_in_field<typename Fields::Type>({list.struct_name, type.members[i++]}, Fields::offset)) || ...);
    return found;
  }
  template <class T>
  Difference find_in_field(Place const& place, std::size_t offset) const {
    Difference const found = compare(place, "offset", offset, place.member.offset);
    return found ? found : find<T>(place, spirv_.type(place.member.type));
  }

  template <class T>
  Difference find(Place const& place, SpirvType const& type) const {
    return find_by_kind<T>(detail::kind_of<T>(), place, type);
  }
  template <class T, class Kind>
  Difference find_by_kind(Kind, Place const&, SpirvType const&) const {
    return {};
  }
  template <class T, class Seen>
  Difference find_by_kind(detail::SeenAs<Seen>, Place const& place, SpirvType const& type) const {
    return find<Seen>(place, type);
  }
  template <class T, class Component, std::size_t Columns, std::size_t Rows, MatrixOrder order>
  Difference find_by_kind(ShaderMatrix<Component, Columns, Rows, order>, Place const& place, SpirvType const&) const {
    return compare(place, "matrix stride", sizeof(T::vectors[0]), place.member.matrix_stride);
  }
  template <class T, class Element, std::size_t N>
  Difference find_by_kind(detail::ArrayKind<Element, N>, Place const& place, SpirvType const& type) const {
    Difference const found = compare(place, "array stride", sizeof(Element), type.array_stride);
    return found ? found : find<Element>(place, spirv_.type(type.element));
  }
  template <class T>
  Difference find_by_kind(detail::StructKind, Place const&, SpirvType const& type) const {
    return find_in_struct<T>(type);
  }

  SpirvTypes const& spirv_;
};

Difference said_by_library(detail::Nothing const&) { return {}; }
Difference said_by_library(detail::DifferenceReport const& report) {
  using enum detail::DifferenceKind;
  char const* const what = report.kind == Offset         ? "offset"
                           : report.kind == ArrayStride  ? "array stride"
                           : report.kind == MatrixStride ? "matrix stride"
                                                         : "none of the three";
  return text_of(report.struct_name, report.field_name, what, report.in_cpp, report.in_shader);
}

template <ShaderLayout layout>
class LayoutTest {
 public:
  template <class... Structs>
  void run(TypeList<Structs...>) {
    (test_struct<Structs>(), ...);
    CHECK(figures_.wrong() == std::vector<std::string>{});
    CHECK(wrong_differences_ == std::vector<std::string>{});
    // Or the structs have become too simple to show anything.
    CHECK(figures_.count() > 2000);
    CHECK(matching_ >= 15);
    CHECK(sizeof...(Structs) - matching_ >= 15);
    CHECK(arrays_ >= 50);
  }

 private:
  template <class T>
  void test_struct() {
    std::string const block_name = name_of_block<T, layout>();
    SpirvType const& block = find_block<T, layout>(spirv_);
    figures_.template compare_struct<T>(block, block_name);
    test_difference<T>(block, block_name);
    if (SpirvType const* const array = spirv_.find_struct(block_name + "_array")) {
      test_array<T>(*array, block_name + "_array");
      test_flexible<T>(block_name + "_flexible");
    }
  }

  template <class T>
  void test_difference(SpirvType const& block, std::string const& where) {
    Difference const expected = DifferenceSearch{spirv_}.template find_in_struct<T>(block);
    compare_difference(said_by_library(detail::layout_difference<T, layout>), expected, where);
    matching_ += expected ? 0 : 1;
  }
  void compare_difference(Difference const& said, Difference const& expected, std::string const& where) {
    if (said != expected) {
      wrong_differences_.push_back(where + ": " + said.value_or("none") + "; expected: " + expected.value_or("none"));
    }
  }

  /// The struct by itself and as an element, with a byte behind each, which shows where it ends.
  template <class T>
  void test_array(SpirvType const& block, std::string const& where) {
    ++arrays_;
    REQUIRE(block.members.size() == 4);
    detail::Extent const byte{1, 1};
    detail::Extent const members[] = {detail::extent_of<T, layout>(), byte, detail::extent_of<T[3], layout>(), byte};
    auto const placed = detail::place(members, layout);
    for (std::size_t i = 0; i != block.members.size(); ++i) {
      figures_.compare_number(placed.offsets[i], block.members[i].offset,
                              where + "." + block.members[i].name + ": offset");
    }
    figures_.template compare<T>(block.members[0].type, block.members[0], where);
    figures_.template compare<T[3]>(block.members[2].type, block.members[2], where);

    Difference expected = DifferenceSearch{spirv_}.template find_in_struct<T>(spirv_.type(block.members[0].type));
    std::uint32_t const stride = spirv_.type(block.members[2].type).array_stride;
    if (stride != sizeof(T)) {
      expected = text_of("", "", "array stride", sizeof(T), stride);
    }
    compare_difference(said_by_library(detail::layout_difference<T[], layout>), expected, where);
  }

  template <class T>
  void test_flexible(std::string const& where) {
    SpirvType const* const block = spirv_.find_struct(where);
    REQUIRE(block != nullptr);
    REQUIRE(block->members.size() == 2);
    constexpr std::uint64_t offset = detail::find_tail_offset<T, T, layout>();
    figures_.compare_number(offset, block->members[1].offset, where + ": offset");
  }

  SpirvTypes const spirv_ = read_compiled_structs();
  Figures<layout> figures_{spirv_};
  std::vector<std::string> wrong_differences_;
  std::size_t matching_ = 0;
  std::size_t arrays_ = 0;
};

}  // namespace

TEST_CASE("layouts are those that glslang decorates: std140", "[shader_layout]") {
  LayoutTest<ShaderLayout::Std140>{}.run(LayoutStructs{});
}

TEST_CASE("layouts are those that glslang decorates: std430", "[shader_layout]") {
  LayoutTest<ShaderLayout::Std430>{}.run(LayoutStructs{});
}

TEST_CASE("layouts are those that glslang decorates: scalar", "[shader_layout]") {
  LayoutTest<ShaderLayout::Scalar>{}.run(LayoutStructs{});
}

}  // namespace ashlar::test
