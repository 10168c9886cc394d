#include "shader_layout/spirv_types.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace ashlar::test {
namespace {

// SPIR-V's numbers for what is read here.
enum Operation : std::uint32_t {
  OpName = 5,
  OpMemberName = 6,
  OpTypeInt = 21,
  OpTypeFloat = 22,
  OpTypeVector = 23,
  OpTypeMatrix = 24,
  OpTypeArray = 28,
  OpTypeStruct = 30,
  OpConstant = 43,
  OpDecorate = 71,
  OpMemberDecorate = 72,
};
enum Decoration : std::uint32_t { RowMajor = 4, ArrayStride = 6, MatrixStride = 7, Offset = 35 };

/// Text, four characters a word, up to a zero.
std::string text(std::span<std::uint32_t const> words) {
  std::string result;
  for (std::uint32_t const word : words) {
    for (int shift = 0; shift != 32; shift += 8) {
      char const letter = static_cast<char>(word >> shift & 0xFF);
      if (letter == '\0') {
        return result;
      }
      result += letter;
    }
  }
  return result;
}

constexpr std::size_t header_words = 5;

}  // namespace

void require_spirv(std::span<std::uint32_t const> words) {
  if (words.size() < header_words || words[0] != 0x07230203) {
    throw std::runtime_error("this is no SPIR-V; was glslangValidator there when the tests were built?");
  }
}

SpirvTypes::SpirvTypes(std::span<std::uint32_t const> words) {
  require_spirv(words);
  for (Operands rest = words.subspan(header_words); !rest.empty();) {
    std::uint32_t const count = rest[0] >> 16;
    if (count == 0 || count > rest.size()) {
      throw std::runtime_error("this SPIR-V is damaged");
    }
    read(rest[0] & 0xFFFF, rest.subspan(1, count - 1));
    rest = rest.subspan(count);
  }
}

SpirvType const* SpirvTypes::find_struct(std::string const& name) const {
  auto const found = std::find_if(types_.begin(), types_.end(), [&](auto const& entry) {
    return entry.second.kind == SpirvType::Kind::Struct && entry.second.name == name;
  });
  return found != types_.end() ? &found->second : nullptr;
}

void SpirvTypes::read(std::uint32_t operation, Operands operands) {
  switch (operation) {
    case OpName:
      types_[operands[0]].name = text(operands.subspan(1));
      break;
    case OpMemberName:
      member(operands[0], operands[1]).name = text(operands.subspan(2));
      break;
    case OpConstant:
      constants_[operands[1]] = operands[2];
      break;
    case OpDecorate:
      if (operands[1] == ArrayStride) {
        types_[operands[0]].array_stride = operands[2];
      }
      break;
    case OpMemberDecorate:
      decorate_member(operands);
      break;
    default:
      read_type(operation, operands);
      break;
  }
}

void SpirvTypes::read_type(std::uint32_t operation, Operands operands) {
  using Kind = SpirvType::Kind;
  auto const set = [&](Kind kind, std::uint32_t element, std::uint32_t count) {
    SpirvType& type = types_[operands[0]];
    type.kind = kind;
    type.element = element;
    type.count = count;
  };
  switch (operation) {
    case OpTypeInt:
      return set(Kind::Integer, 0, operands[1]);
    case OpTypeFloat:
      return set(Kind::Float, 0, operands[1]);
    case OpTypeVector:
      return set(Kind::Vector, operands[1], operands[2]);
    case OpTypeMatrix:
      return set(Kind::Matrix, operands[1], operands[2]);
    case OpTypeArray:
      return set(Kind::Array, operands[1], constants_.at(operands[2]));
    case OpTypeStruct:
      set(Kind::Struct, 0, static_cast<std::uint32_t>(operands.size()) - 1);
      for (std::uint32_t i = 1; i < operands.size(); ++i) {
        member(operands[0], i - 1).type = operands[i];
      }
      return;
    default:
      return;
  }
}

void SpirvTypes::decorate_member(Operands operands) {
  SpirvMember& decorated = member(operands[0], operands[1]);
  switch (operands[2]) {
    case RowMajor:
      decorated.row_major = true;
      break;
    case MatrixStride:
      decorated.matrix_stride = operands[3];
      break;
    case Offset:
      decorated.offset = operands[3];
      break;
    default:
      break;
  }
}

SpirvMember& SpirvTypes::member(std::uint32_t type, std::uint32_t index) {
  std::vector<SpirvMember>& members = types_[type].members;
  members.resize(std::max<std::size_t>(members.size(), index + 1));
  return members[index];
}

}  // namespace ashlar::test
