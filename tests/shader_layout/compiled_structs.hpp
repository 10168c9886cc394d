#pragma once

#include <ashlar/buffer/shader_layout.hpp>

#include <cstdint>
#include <string>

#include "layout_structs.hpp"
#include "shader_layout/spirv_types.hpp"
#include "support/catch.hpp"

namespace ashlar::test {

/// What glslang made of `LayoutStructs`: a block of the fields of each, for each layout.
inline SpirvTypes read_compiled_structs() {
  constexpr static std::uint32_t words[] = {
#include "layout_structs.comp.inc"
  };
  return SpirvTypes{words};
}

template <class T, ShaderLayout layout>
std::string name_of_block() {
  char const* const suffix = layout == ShaderLayout::Std140   ? "_std140"
                             : layout == ShaderLayout::Std430 ? "_std430"
                                                              : "_scalar";
  return detail::fields_of<T>.struct_name + std::string{suffix};
}

template <class T, ShaderLayout layout>
SpirvType const& find_block(SpirvTypes const& spirv) {
  SpirvType const* const block = spirv.find_struct(name_of_block<T, layout>());
  INFO((name_of_block<T, layout>()));
  REQUIRE(block != nullptr);
  return *block;
}

}  // namespace ashlar::test
