#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace ashlar::test {

/// \throws std::runtime_error if a shader is no SPIR-V, as when it could not be compiled.
void require_spirv(std::span<std::uint32_t const> words);

/// A field of a struct, as SPIR-V's decorations place it.
struct SpirvMember {
  std::uint32_t type = 0;
  std::string name;
  std::uint32_t offset = 0;
  std::uint32_t matrix_stride = 0;  ///< If it is a matrix, or an array of some.
  bool row_major = false;
};

struct SpirvType {
  enum class Kind : std::uint8_t { Other, Integer, Float, Vector, Matrix, Array, Struct };

  Kind kind = Kind::Other;
  std::uint32_t element = 0;  ///< The type of the components, columns, or elements.
  std::uint32_t count = 0;    ///< Of them; of a number its bits.
  std::uint32_t array_stride = 0;
  std::string name;
  std::vector<SpirvMember> members;
};

/// The types of a SPIR-V module, with what is decorated.
class SpirvTypes {
 public:
  /// \throws std::runtime_error if it is none, or damaged.
  explicit SpirvTypes(std::span<std::uint32_t const> words);

  /// By its id, as in SpirvType::element. \throws std::out_of_range if there is none.
  [[nodiscard]] SpirvType const& type(std::uint32_t id) const { return types_.at(id); }

  /// The struct of that name, of several any; null if there is none.
  [[nodiscard]] SpirvType const* find_struct(std::string const& name) const;

 private:
  using Operands = std::span<std::uint32_t const>;

  void read(std::uint32_t operation, Operands operands);
  void read_type(std::uint32_t operation, Operands operands);
  void decorate_member(Operands operands);
  [[nodiscard]] SpirvMember& member(std::uint32_t type, std::uint32_t index);

  std::map<std::uint32_t, SpirvType> types_;
  std::map<std::uint32_t, std::uint32_t> constants_;
};

}  // namespace ashlar::test
