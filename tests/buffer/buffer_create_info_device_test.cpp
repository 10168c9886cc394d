#include <ashlar/buffer/buffer.hpp>
#include <ashlar/buffer/laid_out.hpp>
#include <ashlar/error.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>
#include <ashlar/transfer/transfer.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "memory/memory_fixture.hpp"
#include "shader_layout/shader_types.hpp"
#include "support/catch.hpp"
#include "support/vulkan_fixture.hpp"

// What is known when it is compiled is in tests/compile_fail.

namespace {

using namespace ashlar;
using Catch::Matchers::Contains;

constexpr BufferCreateInfo uniform{.usage = BufferUsage::UniformBuffer};
constexpr BufferCreateInfo storage{.usage = BufferUsage::StorageBuffer};
constexpr AllocationCreateInfo upload{.usage = MemoryUsage::Upload};

struct Light {
  float strength;
  test::Vector<float, 3> color;
};
ASHLAR_BUFFER_CONTENTS(Light, strength, color);

struct Weights {
  float weights[4];
};
ASHLAR_BUFFER_CONTENTS(Weights, weights);

struct Nested {
  float time;
  alignas(16) Weights weights;
};
ASHLAR_BUFFER_CONTENTS(Nested, time, weights);

/// As a shader's element it takes 16 bytes.
struct Pair {
  float a, b;
};
ASHLAR_BUFFER_CONTENTS(Pair, a, b);

struct Scalars {
  float strength;
  test::Vector<float, 3> color;
};
ASHLAR_BUFFER_CONTENTS(Scalars, strength, color);

struct Opaque {
  std::uint32_t words[3];
};

struct HoldsOpaque {
  Opaque opaque;
};

struct OfAnotherLayout {
  Std430<Light> light;
};
ASHLAR_BUFFER_CONTENTS(OfAnotherLayout, light);

struct OfMatrix {
  test::Matrix<float, 3, 3> matrix;
};
ASHLAR_BUFFER_CONTENTS(OfMatrix, matrix);

struct Waived {
  float weights[4];
};
ASHLAR_BUFFER_CONTENTS(Waived, weights);

}  // namespace

template <>
inline constexpr auto ashlar::enable_buffer_contents<Opaque> = true;

namespace {
ASHLAR_BUFFER_CONTENTS(HoldsOpaque, opaque);
}  // namespace

template <>
inline constexpr auto ashlar::uniform_layout<Scalars> = ShaderLayout::Scalar;
template <>
inline constexpr auto ashlar::uniform_layout<OfMatrix> = ShaderLayout::Std430;
template <>
inline constexpr auto ashlar::uniform_layout<Waived> = ShaderLayout::Cpp;

namespace {

class BufferCreateInfoTest : protected test::VulkanTest {
 protected:
  StandardMemoryAllocator const allocator{device()};
};

template <class F>
std::string problem_of(F const& function) {
  return test::thrown_by<ValidationError>(function).problem();
}

}  // namespace

TEST_CASE_METHOD(BufferCreateInfoTest, "a uniform buffer that shaders read otherwise is refused, by field and bytes",
                 "[create_info]") {
  CHECK_THAT(
      problem_of([&] { return Buffer::from_data(allocator, uniform, upload, Light{}); }),
      Contains("another layout, std140,") && Contains("the offset of Light::color is 4 in C++ and 16 in the shader"));
  CHECK_THAT(problem_of([&] { return Buffer::new_sized<Weights>(allocator, uniform, upload); }),
             Contains("the array stride of Weights::weights is 4 in C++ and 16 in the shader"));
  CHECK_THAT(problem_of([&] { return Buffer::new_sized<Nested>(allocator, uniform, upload); }),
             Contains("the array stride of Weights::weights is 4 in C++ and 16 in the shader"));
  CHECK_THAT(problem_of([&] { return Buffer::from_iter(allocator, uniform, upload, std::vector<Pair>(3)); }),
             Contains("the array stride of the elements is 8 in C++ and 16 in the shader"));
  CHECK_THAT(problem_of([&] { return Buffer::new_slice<Pair>(allocator, uniform, upload, 3); }),
             Contains("the array stride of the elements is 8 in C++ and 16 in the shader"));
  CHECK_THAT(problem_of([&] { return Buffer::new_sized<HoldsOpaque>(allocator, uniform, upload); }),
             Contains("what HoldsOpaque::opaque is in a shader is not known; specialise"));
  CHECK_THAT(problem_of([&] { return Buffer::new_sized<OfAnotherLayout>(allocator, uniform, upload); }),
             Contains("OfAnotherLayout::light is laid out for another one; make it an ashlar::Std140"));
  CHECK_THAT(problem_of([&] { return Buffer::from_data(allocator, uniform, upload, std430(Light{})); }),
             Contains("it is laid out for another one; make it an ashlar::Std140"));
  CHECK_THAT(problem_of([&] { return Buffer::new_slice<Std140<float>>(allocator, uniform, upload, 3); }),
             Contains("the array stride of the elements is 4 in C++ and 16 in the shader"));
  CHECK_THAT(problem_of([&] { return Buffer::from_data(allocator, uniform, upload, std430(std::array<float, 3>{})); }),
             Contains("it is laid out for another one"));
  CHECK_THAT(
      problem_of([&] { return Buffer::new_flexible<Light, float, ShaderLayout::Cpp>(allocator, uniform, upload, 3); }),
      Contains("the offset of Light::color is 4 in C++ and 16 in the shader"));
  CHECK_THAT(problem_of([&] { return Buffer::new_sized<OfMatrix>(allocator, uniform, upload); }),
             Contains("the matrix stride of OfMatrix::matrix is 12 in C++ and 16 in the shader") &&
                 Contains("put the struct into ashlar::Std430; where shaders do not use std430"));
  CHECK_THAT(problem_of([&] { return Transfer{allocator}.from_data(uniform, Light{}); }), Contains("Light::color"));
  CHECK(test::nothing_allocated(allocator));
}

TEST_CASE_METHOD(BufferCreateInfoTest, "what matches, is no uniform buffer, or is waived by name goes through",
                 "[create_info]") {
  CHECK(Buffer::from_data(allocator, storage, upload, Light{}));
  CHECK(Buffer::from_data(allocator, uniform, upload, std140(Light{})));
  CHECK(Buffer::new_sized<Pair>(allocator, uniform, upload));
  CHECK(Buffer::new_sized<Scalars>(allocator, uniform, upload));
  CHECK(Buffer::new_sized<Waived>(allocator, {.usage = BufferUsage::UniformBuffer}, upload));
  CHECK(Buffer::new_sized<Light>(
      allocator, {.usage = BufferUsage::StorageBuffer | BufferUsage::VertexBuffer, .sharing = Sharing::Exclusive},
      upload));
  CHECK(Buffer::create(allocator, uniform, upload, 64));

  BufferCreateInfo const all{.usage = BufferUsage::StorageBuffer | BufferUsage::TransferSource,
                             .sharing = Sharing::Exclusive};
  auto const buffer = Buffer::from_data(allocator, all, upload, Light{});
  CHECK(buffer.buffer().usage() == all.usage);
}
