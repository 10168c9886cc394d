// ashlar_layout_structs_tool <folder>
//
// Writes random structs, the same at each run: as C++ into layout_structs.hpp, and as blocks of a shader, in each
// layout, into layout_structs.comp. It knows nothing of offsets.

#include <array>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr int struct_count = 100;

/// In which order a type's matrices are. GLSL says that of a block's member, for all matrices in it.
enum class Order { None, Columns, Rows, Mixed };

Order join(Order a, Order b) { return a == Order::None || a == b ? b : b == Order::None ? a : Order::Mixed; }

struct Type {
  std::string cpp;
  std::string glsl;
  int numbers = 1;  ///< Roughly, how large it is.
  Order order = Order::None;
};

struct Field {
  Type type;
  std::string cpp_array;  ///< As in `float f[2]`.
  std::string glsl_array;
};

struct Scalar {
  char const* cpp;
  char const* glsl;
  char const* vector;  ///< Before the number of components.
  int size;
};
constexpr std::array<Scalar, 10> scalars{{
    {"float", "float", "vec", 4},
    {"std::uint32_t", "uint", "uvec", 4},
    {"std::int32_t", "int", "ivec", 4},
    {"double", "double", "dvec", 8},
    {"std::uint64_t", "uint64_t", "u64vec", 8},
    {"std::int64_t", "int64_t", "i64vec", 8},
    {"std::uint16_t", "uint16_t", "u16vec", 2},
    {"std::int16_t", "int16_t", "i16vec", 2},
    {"std::uint8_t", "uint8_t", "u8vec", 1},
    {"std::int8_t", "int8_t", "i8vec", 1},
}};

/// What a struct is made of: without a theme hardly any would lie in C++ as it does in a shader.
enum class Theme { Anything, Tight, Aligned, Sixteen };

struct Struct {
  std::string name;
  Theme theme = Theme::Anything;
  std::string attribute;
  std::vector<Field> fields;
  int numbers = 0;
  Order order = Order::None;
};

class Generator {
 public:
  [[nodiscard]] std::vector<Struct> const& run() {
    while (structs_.size() != struct_count) {
      structs_.push_back(make_struct());
    }
    return structs_;
  }

 private:
  // The distributions of the standard library differ from one implementation to another.
  int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }
  bool one_in(int count) { return below(count) == 0; }

  Struct make_struct() {
    Struct made{"S" + std::to_string(structs_.size()), static_cast<Theme>(below(4)), "", {}, 0, Order::None};
    if (made.theme == Theme::Sixteen) {
      made.attribute = "alignas(16) ";
    }
    int const count = 1 + below(8);
    for (int i = 0; i != count; ++i) {
      made.fields.push_back(make_field(made.theme));
      made.numbers += made.fields.back().type.numbers;
      made.order = join(made.order, made.fields.back().type.order);
    }
    return made;
  }

  Field make_field(Theme theme) {
    Field field{make_type(theme), "", ""};
    int const dimensions = one_in(3) ? 1 + below(3) : 0;
    for (int i = 0; i != dimensions; ++i) {
      int const length = 1 + below(3);
      std::string const text = std::to_string(length);
      field.type.numbers *= length;
      field.glsl_array += "[" + text + "]";
      if (i + 1 == dimensions && one_in(2)) {  // The elements of an array of C++ are innermost.
        field.type.cpp = "std::array<" + field.type.cpp + ", " + text + ">";
      } else {
        field.cpp_array += "[" + text + "]";
      }
    }
    return field;
  }

  Type make_type(Theme theme) {
    if (one_in(4)) {
      if (Struct const* const inner = find_inner(theme)) {
        return {inner->name, inner->name, inner->numbers, inner->order};
      }
    }
    if (one_in(4) && theme != Theme::Tight) {
      return make_matrix(theme);
    }
    return one_in(2) || theme == Theme::Sixteen ? make_vector(theme) : make_scalar();
  }

  /// One of those before, to be a field; null if the one that was drawn is too large, or its matrices differ in order.
  Struct const* find_inner(Theme theme) {
    if (structs_.empty()) {
      return nullptr;
    }
    Struct const& inner = structs_[static_cast<std::size_t>(below(static_cast<int>(structs_.size())))];
    bool const fits = theme == Theme::Anything || theme == inner.theme;
    return fits && inner.order != Order::Mixed && inner.numbers < 60 ? &inner : nullptr;
  }

  Type make_scalar() {
    switch (below(12)) {
      case 0:
        return {"SmallEnum", "uint16_t"};
      case 1:
        return {"OrdinaryEnum", "int"};
      default:
        Scalar const& scalar = make_number();
        return {scalar.cpp, scalar.glsl};
    }
  }

  Scalar const& make_number() { return scalars[static_cast<std::size_t>(one_in(2) ? below(3) : below(10))]; }

  Type make_vector(Theme theme) {
    if (theme == Theme::Sixteen) {
      return make_sixteen_bytes();
    }
    if (theme != Theme::Aligned && one_in(6)) {
      return one_in(2) ? Type{"std::complex<float>", "vec2", 2} : Type{"std::complex<double>", "dvec2", 2};
    }
    Scalar const& scalar = make_number();
    int const count = 2 + below(3);
    std::string cpp = std::string{"Vector<"} + scalar.cpp + ", " + std::to_string(count);
    if (theme == Theme::Aligned || (theme == Theme::Anything && one_in(2))) {
      cpp += ", " + std::to_string(scalar.size * (count == 2 ? 2 : 4));
    }
    return {cpp + ">", scalar.vector + std::to_string(count), count};
  }

  /// What is, in C++, 16 bytes large.
  Type make_sixteen_bytes() {
    Scalar const& scalar = make_number();
    std::string const padding = std::to_string(16 - scalar.size);
    switch (below(3)) {
      case 0:
        return {std::string{"Padded<"} + scalar.cpp + ", " + padding + ">", scalar.glsl};
      case 1:
        return {"Vector<float, 3, 16>", "vec3", 3};
      default:
        return {"Vector<std::int32_t, 4, 16>", "ivec4", 4};
    }
  }

  Type make_matrix(Theme theme) {
    bool const wide = theme != Theme::Sixteen && one_in(3);
    bool const by_columns = one_in(2);
    int const columns = 2 + below(3);
    int const rows = 2 + below(3);
    std::string cpp = std::string{"Matrix<"} + (wide ? "double" : "float") + ", " + std::to_string(columns) + ", " +
                      std::to_string(rows) + ", MatrixOrder::" + (by_columns ? "ColumnMajor" : "RowMajor");
    if (theme == Theme::Sixteen) {
      cpp += ", 16";
    } else if (theme == Theme::Aligned || one_in(2)) {
      int const components = by_columns ? rows : columns;
      cpp += ", " + std::to_string((wide ? 8 : 4) * (components == 2 ? 2 : 4));
    }
    std::string const glsl = (wide ? "dmat" : "mat") + std::to_string(columns) + "x" + std::to_string(rows);
    return {cpp + ">", glsl, columns * rows, by_columns ? Order::Columns : Order::Rows};
  }

  std::mt19937 random_{20240607};
  std::vector<Struct> structs_;
};

std::string field_name(std::size_t index) { return "f" + std::to_string(index); }

void write_cpp(std::ostream& out, std::vector<Struct> const& structs) {
  out << "#pragma once\n\n"
         "#include <ashlar/buffer/buffer_contents.hpp>\n"
         "#include <ashlar/buffer/padded.hpp>\n\n"
         "#include <array>\n#include <complex>\n#include <cstdint>\n\n"
         "#include \"shader_layout/shader_types.hpp\"\n\n"
         "namespace ashlar::test {\n\ntemplate <class...>\nstruct TypeList {};\n";
  for (Struct const& one : structs) {
    out << "\nstruct " << one.attribute << one.name << " {\n";
    std::string names;
    for (std::size_t i = 0; i != one.fields.size(); ++i) {
      Field const& field = one.fields[i];
      out << "  " << field.type.cpp << ' ' << field_name(i) << field.cpp_array << ";\n";
      names += ", " + field_name(i);
    }
    out << "};\nASHLAR_BUFFER_CONTENTS(" << one.name << names << ");\n";
  }
  out << "\nusing LayoutStructs = TypeList<";
  for (Struct const& one : structs) {
    out << (&one == structs.data() ? "" : ", ") << one.name;
  }
  out << ">;\n\n}  // namespace ashlar::test\n";
}

/// With the order of matrices, which is said in blocks only, or without.
void write_glsl_fields(std::ostream& out, Struct const& one, bool in_block) {
  for (std::size_t i = 0; i != one.fields.size(); ++i) {
    Field const& field = one.fields[i];
    bool const by_rows = in_block && field.type.order == Order::Rows;
    out << "  " << (by_rows ? "layout(row_major) " : "") << field.type.glsl << ' ' << field_name(i) << field.glsl_array
        << ";\n";
  }
}

/// A block of the fields; and, if matrices allow, one that shows where the struct ends, and an array of it; and one
/// with a flexible array behind it.
void write_blocks(std::ostream& out, Struct const& one, std::string const& layout, int& binding) {
  std::string const name = one.name + "_" + layout;
  auto const begin = [&](std::string const& suffix) {
    out << "layout(" << layout << ", binding = " << binding++ << ") buffer " << name << suffix << " {\n";
  };
  begin("");
  write_glsl_fields(out, one, true);
  out << "} block_" << name << ";\n";
  if (one.order == Order::Mixed) {
    return;
  }
  std::string const order = one.order == Order::Rows ? "  layout(row_major) " : "  ";
  begin("_array");
  out << order << one.name << " single;\n  uint8_t after_single;\n"
      << order << one.name << " several[3];\n  uint8_t after_several;\n"
      << "} block_" << name << "_array;\n";
  begin("_flexible");
  out << order << one.name << " head;\n" << order << one.name << " tail[];\n} block_" << name << "_flexible;\n";
}

void write_glsl(std::ostream& out, std::vector<Struct> const& structs) {
  out << "#version 460\n"
         "#extension GL_EXT_scalar_block_layout : require\n"
         "#extension GL_EXT_shader_8bit_storage : require\n"
         "#extension GL_EXT_shader_16bit_storage : require\n"
         "#extension GL_EXT_shader_explicit_arithmetic_types : require\n\n";
  int binding = 0;
  for (Struct const& one : structs) {
    if (one.order != Order::Mixed) {
      out << "struct " << one.name << " {\n";
      write_glsl_fields(out, one, false);
      out << "};\n";
    }
    for (char const* const layout : {"std140", "std430", "scalar"}) {
      write_blocks(out, one, layout, binding);
    }
  }
  out << "\nvoid main() {}\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: ashlar_layout_structs_tool <folder>\n");
    return 2;
  }
  std::string const folder = argv[1];
  Generator generator;
  std::vector<Struct> const& structs = generator.run();
  std::ofstream cpp{folder + "/layout_structs.hpp"};
  write_cpp(cpp, structs);
  std::ofstream glsl{folder + "/layout_structs.comp"};
  write_glsl(glsl, structs);
  cpp.close();
  glsl.close();
  if (!cpp || !glsl) {
    std::fprintf(stderr, "cannot write to %s\n", folder.c_str());
    return 1;
  }
  return 0;
}
