#include <ashlar/buffer/buffer_create_info.hpp>
#include <ashlar/error.hpp>

#include "text.hpp"

#include <string>

namespace ashlar::detail {
namespace {

char const* name_of(ShaderLayout layout) noexcept {
  switch (layout) {
    case ShaderLayout::Std140:
      return "std140";
    case ShaderLayout::Std430:
      return "std430";
    case ShaderLayout::Scalar:
      return "scalar";
    case ShaderLayout::Cpp:
      break;
  }
  return "C++";
}

std::string text_of(DifferenceReport const& difference) {
  std::string const field = *difference.field_name == '\0' ? std::string{"the elements"}
                                                           : text(difference.struct_name, "::", difference.field_name);
  return difference.in_cpp == difference.in_shader
             ? text("the ", difference.what, " of ", field, " is not known")
             : text("the ", difference.what, " of ", field, " is ", difference.in_cpp, " in C++ and ",
                    difference.in_shader, " in the shader");
}

}  // namespace

void refuse_uniform_buffer(DifferenceReport const& difference, ShaderLayout layout) {
  throw ValidationError{
      "Buffer",
      text("shaders expect another layout (", name_of(layout), ") of this UniformBuffer: ", text_of(difference),
           "; align the field by alignas or Padded, or put the struct into ashlar::Std140; where shaders use "
           "another layout, specialise ashlar::uniform_layout")
          .c_str()};
}

}  // namespace ashlar::detail
