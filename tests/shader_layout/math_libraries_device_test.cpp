// Types of glm and of Eigen in buffers.

#include <ashlar/buffer/buffer.hpp>
#include <ashlar/buffer/laid_out.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>
#include <ashlar/transfer/transfer.hpp>

#include <algorithm>
#include <cstddef>
#include <forward_list>
#include <vector>

#include "shader_layout/eigen_contents.hpp"
#include "shader_layout/glm_contents.hpp"
#include "support/catch.hpp"
#include "support/vulkan_fixture.hpp"

namespace ashlar::test {
namespace {

struct GlmInstance {
  glm::vec3 position;
  float radius;
  glm::mat3 turn;
  glm::vec2 uv[2];

  [[nodiscard]] friend bool operator==(GlmInstance const&, GlmInstance const&) = default;
};
ASHLAR_BUFFER_CONTENTS(GlmInstance, position, radius, turn, uv);

using Shear = Eigen::Matrix<float, 2, 3, Eigen::RowMajor>;

struct EigenInstance {
  Eigen::Vector3f position;
  float radius;
  Shear shear;
  Eigen::Vector4f color;

  [[nodiscard]] friend bool operator==(EigenInstance const& a, EigenInstance const& b) {
    return a.position == b.position && a.radius == b.radius && a.shear == b.shear && a.color == b.color;
  }
};
ASHLAR_BUFFER_CONTENTS(EigenInstance, position, radius, shear, color);

GlmInstance glm_instance(float radius) {
  return {.position{1, 2, 3}, .radius = radius, .turn{1, 2, 3, 4, 5, 6, 7, 8, 9}, .uv{{1, 2}, {3, radius}}};
}

EigenInstance eigen_instance(float radius) {
  return {.position{1, 2, 3}, .radius = radius, .shear = Shear{{1, 2, 3}, {4, 5, 6}}, .color{1, 2, 3, radius}};
}

class MathLibrariesTest : protected VulkanTest {
 protected:
  /// That elements go into a buffer and come out.
  template <class T>
  void test_elements(std::vector<T> const& values) {
    auto const buffer = Buffer::from_iter(allocator, storage, {.usage = MemoryUsage::Upload}, values);
    CHECK(contents(buffer) == values);
    CHECK(contents(Buffer::from_iter(allocator, storage, {.usage = MemoryUsage::Upload},
                                     std::forward_list<T>(values.begin(), values.end()))) == values);

    std::vector<T> const backwards(values.rbegin(), values.rend());
    {
      auto const guard = buffer.write();
      std::copy(backwards.begin(), backwards.end(), guard.begin());
    }
    CHECK(contents(buffer) == backwards);
    {
      auto const guard = buffer.overwrite();
      for (std::size_t i = 0; i != values.size(); ++i) {
        guard[i] = values[i];
      }
    }
    CHECK(contents(buffer) == values);

    auto const in_device_memory = transfer.from_iter(both_ways, values);
    CHECK(transfer.download(in_device_memory).get() == values);
    transfer.upload_to(in_device_memory, backwards);
    CHECK(transfer.download(in_device_memory).get() == backwards);
  }

  /// The same of a value, and of an array of two.
  template <class T>
  void test_value(T const& value, T const& other) {
    auto const buffer = Buffer::from_data(allocator, storage, {.usage = MemoryUsage::Upload}, value);
    CHECK(*buffer.read() == value);
    *buffer.write() = other;
    CHECK(*buffer.read() == other);

    T const both[] = {value, other};
    auto const array = Buffer::from_data(allocator, storage, {.usage = MemoryUsage::Upload}, both);
    CHECK(contents(array) == std::vector<T>{value, other});

    auto const in_device_memory = transfer.from_data(both_ways, value);
    CHECK(transfer.download(in_device_memory).get() == value);
    transfer.upload_to(in_device_memory, other);
    T downloaded{};
    transfer.download_to(in_device_memory, downloaded).wait();
    CHECK(downloaded == other);
  }

  /// The same of a struct in a uniform buffer's layout.
  template <class T>
  void test_laid_out(T const& value) {
    auto const buffer = Buffer::from_data(allocator, {.usage = BufferUsage::UniformBuffer},
                                          {.usage = MemoryUsage::Upload}, std140(value));
    CHECK(static_cast<T>(*buffer.read()) == value);
    CHECK(static_cast<T>(transfer.download(transfer.from_data(both_ways, std140(value))).get()) == value);
  }

  static constexpr BufferCreateInfo storage{.usage = BufferUsage::StorageBuffer};
  static constexpr BufferCreateInfo both_ways{.usage = BufferUsage::TransferSource | BufferUsage::TransferDestination};
  StandardMemoryAllocator const allocator{device()};
  Transfer const transfer{allocator};

 private:
  template <class T>
  static std::vector<T> contents(Subbuffer<T[]> const& buffer) {
    auto const guard = buffer.read();
    return {guard.begin(), guard.end()};
  }
};

}  // namespace

TEST_CASE_METHOD(MathLibrariesTest, "types of glm lie in buffers", "[buffer]") {
  test_elements<glm::vec3>({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  test_elements<glm::mat4>({glm::mat4{1}, glm::mat4{2}});
  test_elements<GlmInstance>({glm_instance(1), glm_instance(2), glm_instance(3)});
  test_value(glm::vec4{1, 2, 3, 4}, glm::vec4{5, 6, 7, 8});
  test_value(glm::mat3{1}, glm::mat3{2});
  test_value(glm::quat{1, 2, 3, 4}, glm::quat{5, 6, 7, 8});
  test_value(glm_instance(1), glm_instance(2));
  test_laid_out(glm_instance(1));
}

TEST_CASE_METHOD(MathLibrariesTest, "types of Eigen lie in buffers", "[buffer]") {
  test_elements<Eigen::Vector3f>({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  test_elements<Eigen::Vector4f>({{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}});
  test_elements<Eigen::Matrix4f>({Eigen::Matrix4f::Identity(), Eigen::Matrix4f::Ones()});
  test_elements<EigenInstance>({eigen_instance(1), eigen_instance(2), eigen_instance(3)});
  test_value<Eigen::Vector3d>({1, 2, 3}, {4, 5, 6});
  test_value<Eigen::Matrix3f>(Eigen::Matrix3f::Identity(), Eigen::Matrix3f::Ones());
  test_value(Eigen::Quaternionf{1, 2, 3, 4}, Eigen::Quaternionf{5, 6, 7, 8});
  test_value(eigen_instance(1), eigen_instance(2));
  test_laid_out(eigen_instance(1));
}

}  // namespace ashlar::test
