#include <ashlar/buffer/buffer_create_info.hpp>
#include <ashlar/error.hpp>

#include "text.hpp"

#include <string>

namespace ashlar::detail {
namespace {

struct LayoutNames {
  char const* layout;
  char const* type;  ///< That lays a struct out so.
};

LayoutNames names_of(ShaderLayout layout) noexcept {
  switch (layout) {
    case ShaderLayout::Std140:
      return {"std140", "ashlar::Std140"};
    case ShaderLayout::Std430:
      return {"std430", "ashlar::Std430"};
    case ShaderLayout::Scalar:
    case ShaderLayout::Cpp:  // Nothing is refused.
      break;
  }
  return {"scalar", "ashlar::LaidOut"};
}

std::string text_of(DifferenceReport const& difference, LayoutNames const& names) {
  bool const of_elements = *difference.field_name == '\0';
  std::string const field =
      of_elements ? std::string{"the elements"} : text(difference.struct_name, "::", difference.field_name);
  std::string const figures =
      text(" of ", field, " is ", difference.in_cpp, " in C++ and ", difference.in_shader, " in the shader; ");
  std::string const or_convert = text(", or put the struct into ", names.type);
  switch (difference.kind) {
    case DifferenceKind::Offset:
      return text("the offset", figures, "align the field by alignas", or_convert);
    case DifferenceKind::ArrayStride:
      return text("the array stride", figures,
                  of_elements ? "align the struct by alignas" : "use ashlar::Padded for its elements", or_convert);
    case DifferenceKind::MatrixStride:
      return text("the matrix stride", figures, "hold an array of padded vectors", or_convert);
    case DifferenceKind::UnknownType:
      return text("what ", field,
                  " is in a shader is not known; specialise ashlar::enable_buffer_contents with it, "
                  "ashlar::shader_vector for one");
    case DifferenceKind::AnotherLayout:
      return text(of_elements ? "it" : field, " is laid out for another one; make it an ", names.type);
  }
  return {};
}

}  // namespace

void refuse_uniform_buffer(DifferenceReport const& difference, ShaderLayout layout) {
  LayoutNames const names = names_of(layout);
  throw ValidationError{"Buffer", text("shaders expect another layout, ", names.layout, ", of this UniformBuffer: ",
                                       text_of(difference, names), "; where shaders do not use ", names.layout,
                                       ", specialise ashlar::uniform_layout")
                                      .c_str()};
}

}  // namespace ashlar::detail
