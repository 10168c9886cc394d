// A shader reads structs, in the layouts that it expects them in, and writes all of their numbers out.

#include <ashlar/buffer/buffer.hpp>
#include <ashlar/buffer/laid_out.hpp>
#include <ashlar/buffer/padded.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>
#include <ashlar/transfer/submission.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "shader_layout/compute_shader.hpp"
#include "shader_layout/shader_types.hpp"
#include "support/catch.hpp"
#include "support/vulkan_fixture.hpp"
#include "transfer/recorder.hpp"

namespace ashlar::test {
namespace {

constexpr std::uint32_t fields_shader[] = {
#include "fields.comp.inc"
};

struct Inner {
  Vector<float, 3> direction;
  float weight;
  std::int32_t counts[3];
};
ASHLAR_BUFFER_CONTENTS(Inner, direction, weight, counts);

/// Which lies otherwise in each layout, and in C++.
struct Fields {
  float scale;
  Vector<float, 3> position;
  Vector<float, 2> texel;
  float weights[3];
  Matrix<float, 3, 3> turn;
  Matrix<float, 2, 3, MatrixOrder::RowMajor> shear;
  Inner inner;
  std::uint32_t flags;
  Inner several[2];
  Vector<std::int32_t, 2> grid[2][3];
  Matrix<float, 4, 4> projection;
  std::int32_t end;
};
ASHLAR_BUFFER_CONTENTS(Fields, scale, position, texel, weights, turn, shear, inner, flags, several, grid, projection,
                       end);
static_assert(!matches_std140<Fields> && !matches_std430<Fields>);

struct alignas(16) Light {
  Vector<float, 3> position;
  float power;
  Padded<float, 12> falloff[2];
  Matrix<float, 2, 2, MatrixOrder::ColumnMajor, 16> turn;
  std::uint32_t kind;
};
ASHLAR_BUFFER_CONTENTS(Light, position, power, falloff, turn, kind);
static_assert(matches_std140<Light>);

struct alignas(16) Particle {
  Vector<float, 3> position;
  float mass;
  Vector<float, 2> spin;
  std::uint32_t group;
  std::int32_t neighbours[5];
};
ASHLAR_BUFFER_CONTENTS(Particle, position, mass, spin, group, neighbours);
static_assert(matches_std430<Particle[]>);
using Particles = Flexible<std::uint32_t, Particle>;

// `each_number` calls `f` with every number of a value, in the order in which the shader writes them.

template <class F>
void each_number(float& number, F const& f) {
  f(number);
}
template <class F>
void each_number(std::int32_t& number, F const& f) {
  f(number);
}
template <class F>
void each_number(std::uint32_t& number, F const& f) {
  f(number);
}
template <class T, std::size_t N, class F>
void each_number(Padded<T, N>& padded, F const& f) {
  f(*padded);
}
template <class T, std::size_t N, class F>
void each_number(T (&array)[N], F const& f) {
  for (T& element : array) {
    each_number(element, f);
  }
}
template <class T, std::size_t count, std::size_t alignment, class F>
void each_number(Vector<T, count, alignment>& vector, F const& f) {
  each_number(vector.components, f);
}
template <class T, std::size_t columns, std::size_t rows, MatrixOrder order, std::size_t alignment, class F>
void each_number(Matrix<T, columns, rows, order, alignment>& matrix, F const& f) {
  for (std::size_t column = 0; column != columns; ++column) {
    for (std::size_t row = 0; row != rows; ++row) {
      bool const by_columns = order == MatrixOrder::ColumnMajor;
      f(matrix.vectors[by_columns ? column : row].components[by_columns ? row : column]);
    }
  }
}
template <class F, class... Members>
void each_number_of(F const& f, Members&... members) {
  (each_number(members, f), ...);
}
template <class F>
void each_number(Inner& inner, F const& f) {
  each_number_of(f, inner.direction, inner.weight, inner.counts);
}
template <class F>
void each_number(Fields& fields, F const& f) {
  each_number_of(f, fields.scale, fields.position, fields.texel, fields.weights, fields.turn, fields.shear);
  each_number(fields.inner, f);
  each_number(fields.flags, f);
  each_number(fields.several[0], f);
  each_number(fields.several[1], f);
  each_number_of(f, fields.grid, fields.projection, fields.end);
}
template <class F>
void each_number(Light& light, F const& f) {
  each_number_of(f, light.position, light.power, light.falloff, light.turn, light.kind);
}
template <class F>
void each_number(Particle& particle, F const& f) {
  each_number_of(f, particle.position, particle.mass, particle.spin, particle.group, particle.neighbours);
}

/// Fills values with numbers that differ, and keeps the bits of them.
class Numbers {
 public:
  template <class T>
  [[nodiscard]] T fill() {
    T value{};
    each_number(value, [&]<class Number>(Number& number) {
      number = static_cast<Number>(++last_);
      bits_.push_back(std::bit_cast<std::uint32_t>(number));
    });
    return value;
  }

  [[nodiscard]] std::vector<std::uint32_t> const& bits() const { return bits_; }

 private:
  int last_ = 1000;
  std::vector<std::uint32_t> bits_;
};

class ShaderLayoutTest : protected VulkanTest {
 protected:
  /// What the shader writes after so many numbers of a buffer: its own.
  [[nodiscard]] std::vector<std::uint32_t> run_shader(Subbuffer<Std140<Fields>> const& in_uniform,
                                                      Subbuffer<Std430<Fields>> const& in_storage,
                                                      Subbuffer<Light> const& light,
                                                      Subbuffer<Particles> const& particles, std::size_t count) {
    auto const results =
        Buffer::from_iter(allocator, storage, {.usage = MemoryUsage::Download}, std::vector<std::uint32_t>(count));
    ComputeShader const shader{device(),
                               fields_shader,
                               {{DescriptorType::UniformBuffer, in_uniform.descriptor_info(uniform_type)},
                                {DescriptorType::StorageBuffer, in_storage.descriptor_info(storage_type)},
                                {DescriptorType::UniformBuffer, light.descriptor_info(uniform_type)},
                                {DescriptorType::StorageBuffer, particles.descriptor_info(storage_type)},
                                {DescriptorType::StorageBuffer, results.descriptor_info(storage_type)}}};
    Recorder recorder{device()};
    Queue const queue = device().queue(QueueFlag::Compute);
    queue.submit(recorder.record(queue, [&](VkCommandBuffer commands) { shader.record(commands); }),
                 {reads(in_uniform), reads(in_storage), reads(light), reads(particles), writes(results)});
    auto const guard = results.read();
    return {guard.begin(), guard.end()};
  }

  static constexpr auto uniform_type = DescriptorType::UniformBuffer;
  static constexpr auto storage_type = DescriptorType::StorageBuffer;
  static constexpr BufferCreateInfo storage{.usage = BufferUsage::StorageBuffer};
  static constexpr AllocationCreateInfo upload{.usage = MemoryUsage::Upload};
  StandardMemoryAllocator const allocator{device()};
};

}  // namespace

TEST_CASE_METHOD(ShaderLayoutTest, "a shader finds every field where it expects it", "[shaders]") {
  Numbers numbers;
  auto const in_uniform =
      Buffer::from_data(allocator, {.usage = BufferUsage::UniformBuffer}, upload, std140(numbers.fill<Fields>()));
  auto const in_storage = Buffer::from_data(allocator, storage, upload, std430(numbers.fill<Fields>()));
  auto const light = Buffer::from_data(allocator, {.usage = BufferUsage::UniformBuffer}, upload, numbers.fill<Light>());
  auto const seed = numbers.fill<std::uint32_t>();
  Particle const both[] = {numbers.fill<Particle>(), numbers.fill<Particle>()};
  auto const particles = Buffer::from_parts(allocator, storage, upload, seed, both);

  CHECK(run_shader(in_uniform, in_storage, light, particles, numbers.bits().size()) == numbers.bits());
}

}  // namespace ashlar::test
