#include <ashlar/buffer/subbuffer.hpp>
#include <ashlar/error.hpp>

#include "access.hpp"
#include "buffer/guard_fixture.hpp"
#include "device/device_state.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <string>

namespace ashlar::test {
namespace {

/// What was recorded last.
struct Bound {
  std::uint32_t binding = 0;
  VkBuffer buffer = VK_NULL_HANDLE;
  VkDeviceSize offset = 0;
  VkIndexType index_type = VK_INDEX_TYPE_MAX_ENUM;
};
Bound bound;

VKAPI_ATTR void VKAPI_CALL bind_vertex_buffers(VkCommandBuffer, std::uint32_t first, std::uint32_t count,
                                               VkBuffer const* buffers, VkDeviceSize const* offsets) {
  REQUIRE(count == 1);
  bound = {.binding = first, .buffer = buffers[0], .offset = offsets[0]};
}

VKAPI_ATTR void VKAPI_CALL bind_index_buffer(VkCommandBuffer, VkBuffer buffer, VkDeviceSize offset, VkIndexType type) {
  bound = {.buffer = buffer, .offset = offset, .index_type = type};
}

class CommandTest : protected GuardTest {
 protected:
  CommandTest() {
    VolkDeviceTable& table = detail::Access::state(device).vk;
    table.vkCmdBindVertexBuffers = bind_vertex_buffers;
    table.vkCmdBindIndexBuffer = bind_index_buffer;
    bound = {};
  }

  Subbuffer<std::uint32_t[]> const numbers = Buffer::new_slice<std::uint32_t>(
      allocator, {.usage = BufferUsage::VertexBuffer | BufferUsage::IndexBuffer}, host_visible, 8);
};

template <class F>
std::string refused_by(F const& f) {
  try {
    f();
  } catch (ValidationError const& error) {
    return error.vuid();
  }
  return "nothing";
}

}  // namespace

TEST_CASE_METHOD(CommandTest, "a vertex buffer is bound where its slice begins", "[subbuffer]") {
  numbers.slice(3, 2).bind_vertex_buffer(nullptr, 5);
  CHECK(bound.binding == 5);
  CHECK(bound.buffer == numbers.handle());
  CHECK(bound.offset == 12);
}

TEST_CASE_METHOD(CommandTest, "an index buffer is bound where its slice begins, as the type of its elements",
                 "[subbuffer]") {
  numbers.slice(3, 2).bind_index_buffer(nullptr);
  CHECK(bound.buffer == numbers.handle());
  CHECK(bound.offset == 12);
  CHECK(bound.index_type == VK_INDEX_TYPE_UINT32);
  numbers.reinterpret<std::uint16_t[]>().slice(1, 1).bind_index_buffer(nullptr);
  CHECK(bound.offset == 2);
  CHECK(bound.index_type == VK_INDEX_TYPE_UINT16);
}

TEST_CASE_METHOD(CommandTest, "an empty slice is not bound: it may begin at the buffer's end", "[subbuffer]") {
  CHECK(refused_by([&] { numbers.slice(8, 0).bind_vertex_buffer(nullptr); }) ==
        "VUID-vkCmdBindVertexBuffers-pOffsets-00626");
  CHECK(refused_by([&] { numbers.slice(8, 0).bind_index_buffer(nullptr); }) ==
        "VUID-vkCmdBindIndexBuffer-offset-00431");
  CHECK(bound.buffer == VkBuffer{VK_NULL_HANDLE});
}

}  // namespace ashlar::test
