// Where LaidOut puts the bytes of structs, beside where glslang's SPIR-V says that they are.

#include <ashlar/buffer/laid_out.hpp>
#include <ashlar/buffer/shader_layout.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "shader_layout/compiled_structs.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

/// Whether two places hold the same value of a type, one as C++ lays it out and one as the SPIR-V says.
class BytesComparison {
 public:
  explicit BytesComparison(SpirvTypes const& spirv) : spirv_{spirv} {}

  template <class T>
  [[nodiscard]] bool same_struct(SpirvType const& type, std::byte const* cpp, std::byte const* shader) const {
    return same_fields(detail::fields_of<T>, type, cpp, shader);
  }

 private:
  template <class... Fields>
  bool same_fields(detail::FieldList<Fields...> const&, SpirvType const& type, std::byte const* cpp,
                   std::byte const* shader) const {
    std::size_t i = 0;
    return (same_field<typename Fields::Type>(type.members[i++], cpp + Fields::offset, shader) && ...);
  }
  template <class T>
  bool same_field(SpirvMember const& member, std::byte const* cpp, std::byte const* shader) const {
    return same<T>(detail::kind_of<T>(), member.type, member, cpp, shader + member.offset);
  }

  template <class T>
  bool same(ShaderScalar, std::uint32_t, SpirvMember const&, std::byte const* cpp, std::byte const* shader) const {
    return std::memcmp(cpp, shader, sizeof(T)) == 0;
  }
  template <class T, class Seen>
  bool same(detail::SeenAs<Seen>, std::uint32_t type, SpirvMember const& member, std::byte const* cpp,
            std::byte const* shader) const {
    return same<Seen>(detail::kind_of<Seen>(), type, member, cpp, shader);
  }
  template <class T, class Component, std::size_t N>
  bool same(ShaderVector<Component, N>, std::uint32_t, SpirvMember const&, std::byte const* cpp,
            std::byte const* shader) const {
    return std::memcmp(cpp, shader, N * sizeof(Component)) == 0;
  }
  template <class T, class Component, std::size_t Columns, std::size_t Rows, MatrixOrder order>
  bool same(ShaderMatrix<Component, Columns, Rows, order>, std::uint32_t, SpirvMember const& member,
            std::byte const* cpp, std::byte const* shader) const {
    using Vector = std::remove_extent_t<decltype(T::vectors)>;
    for (std::size_t i = 0; i != std::extent_v<decltype(T::vectors)>; ++i) {
      if (!same<Vector>(detail::kind_of<Vector>(), 0, member, cpp + i * sizeof(Vector),
                        shader + i * member.matrix_stride)) {
        return false;
      }
    }
    return true;
  }
  template <class T, class Element, std::size_t N>
  bool same(detail::ArrayKind<Element, N>, std::uint32_t type, SpirvMember const& member, std::byte const* cpp,
            std::byte const* shader) const {
    SpirvType const& array = spirv_.type(type);
    for (std::size_t i = 0; i != N; ++i) {
      if (!same<Element>(detail::kind_of<Element>(), array.element, member, cpp + i * sizeof(Element),
                         shader + i * array.array_stride)) {
        return false;
      }
    }
    return true;
  }
  template <class T>
  bool same(detail::StructKind, std::uint32_t type, SpirvMember const&, std::byte const* cpp,
            std::byte const* shader) const {
    return same_struct<T>(spirv_.type(type), cpp, shader);
  }

  SpirvTypes const& spirv_;
};

template <class T>
std::byte const* bytes_of(T const& value) {
  return reinterpret_cast<std::byte const*>(&value);
}

template <ShaderLayout layout>
class LaidOutTest {
 public:
  template <class... Structs>
  void run(TypeList<Structs...>) {
    (test_struct<Structs>(), ...);
    CHECK(wrong_ == std::vector<std::string>{});
  }

 private:
  template <class T>
  void test_struct() {
    T value{};
    auto* const bytes = const_cast<std::byte*>(bytes_of(value));
    for (std::size_t i = 0; i != sizeof(value); ++i) {
      bytes[i] = static_cast<std::byte>(random_());
    }
    LaidOut<T, layout> const laid_out{value};
    if (!BytesComparison{spirv_}.template same_struct<T>(find_block<T, layout>(spirv_), bytes, bytes_of(laid_out))) {
      wrong_.push_back(name_of_block<T, layout>());
    }
    LaidOut<T, layout> const again{static_cast<T>(laid_out)};
    if (std::memcmp(&laid_out, &again, sizeof(again)) != 0) {
      wrong_.push_back(name_of_block<T, layout>() + ", back to C++");
    }
  }

  SpirvTypes const spirv_ = read_compiled_structs();
  std::mt19937 random_{1};
  std::vector<std::string> wrong_;
};

}  // namespace

TEST_CASE("LaidOut puts fields where glslang expects them: std140", "[shader_layout]") {
  LaidOutTest<ShaderLayout::Std140>{}.run(LayoutStructs{});
}

TEST_CASE("LaidOut puts fields where glslang expects them: std430", "[shader_layout]") {
  LaidOutTest<ShaderLayout::Std430>{}.run(LayoutStructs{});
}

TEST_CASE("LaidOut puts fields where glslang expects them: scalar", "[shader_layout]") {
  LaidOutTest<ShaderLayout::Scalar>{}.run(LayoutStructs{});
}

}  // namespace ashlar::test
