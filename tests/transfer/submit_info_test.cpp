#include <ashlar/transfer/submission.hpp>
#include <ashlar/transfer/submit_info.hpp>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <source_location>
#include <type_traits>
#include <vector>

#include "device/vulkan.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

/// A command buffer as vulkan.hpp's class has it: nothing but the handle, to which it converts.
class Wrapped {
 public:
  Wrapped() = default;
  explicit Wrapped(VkCommandBuffer handle) : handle_{handle} {}
  operator VkCommandBuffer() const { return handle_; }  // NOLINT(google-explicit-constructor)

 private:
  VkCommandBuffer handle_ = nullptr;
};

VkCommandBuffer handle(std::uintptr_t number) { return reinterpret_cast<VkCommandBuffer>(number * 16); }

std::vector<VkCommandBuffer> all_of(CommandBuffers const& commands) {
  return {commands.data(), commands.data() + commands.size()};
}

using Handles = std::vector<VkCommandBuffer>;

// What is no command buffer is none.
static_assert(!std::is_convertible_v<int, CommandBuffers>);
static_assert(!std::is_convertible_v<VkQueue, CommandBuffers>);
static_assert(!std::is_convertible_v<std::vector<VkQueue>, CommandBuffers>);

// The values are Vulkan's.
static_assert(std::uint32_t(PipelineStage::AllCommands) == VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
static_assert(std::uint32_t(PipelineStage::AllGraphics) == VK_PIPELINE_STAGE_ALL_GRAPHICS_BIT);
static_assert(std::uint32_t(PipelineStage::TopOfPipe) == VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT);
static_assert(std::uint32_t(PipelineStage::DrawIndirect) == VK_PIPELINE_STAGE_DRAW_INDIRECT_BIT);
static_assert(std::uint32_t(PipelineStage::VertexInput) == VK_PIPELINE_STAGE_VERTEX_INPUT_BIT);
static_assert(std::uint32_t(PipelineStage::VertexShader) == VK_PIPELINE_STAGE_VERTEX_SHADER_BIT);
static_assert(std::uint32_t(PipelineStage::TessellationControlShader) ==
              VK_PIPELINE_STAGE_TESSELLATION_CONTROL_SHADER_BIT);
static_assert(std::uint32_t(PipelineStage::TessellationEvaluationShader) ==
              VK_PIPELINE_STAGE_TESSELLATION_EVALUATION_SHADER_BIT);
static_assert(std::uint32_t(PipelineStage::GeometryShader) == VK_PIPELINE_STAGE_GEOMETRY_SHADER_BIT);
static_assert(std::uint32_t(PipelineStage::FragmentShader) == VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT);
static_assert(std::uint32_t(PipelineStage::EarlyFragmentTests) == VK_PIPELINE_STAGE_EARLY_FRAGMENT_TESTS_BIT);
static_assert(std::uint32_t(PipelineStage::LateFragmentTests) == VK_PIPELINE_STAGE_LATE_FRAGMENT_TESTS_BIT);
static_assert(std::uint32_t(PipelineStage::ColorAttachmentOutput) == VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT);
static_assert(std::uint32_t(PipelineStage::ComputeShader) == VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT);
static_assert(std::uint32_t(PipelineStage::Transfer) == VK_PIPELINE_STAGE_TRANSFER_BIT);
static_assert(std::uint32_t(PipelineStage::BottomOfPipe) == VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT);
static_assert(std::uint32_t(PipelineStage::Host) == VK_PIPELINE_STAGE_HOST_BIT);
static_assert(std::uint32_t(AccessFlag::IndirectCommandRead) == VK_ACCESS_INDIRECT_COMMAND_READ_BIT);
static_assert(std::uint32_t(AccessFlag::IndexRead) == VK_ACCESS_INDEX_READ_BIT);
static_assert(std::uint32_t(AccessFlag::VertexAttributeRead) == VK_ACCESS_VERTEX_ATTRIBUTE_READ_BIT);
static_assert(std::uint32_t(AccessFlag::UniformRead) == VK_ACCESS_UNIFORM_READ_BIT);
static_assert(std::uint32_t(AccessFlag::InputAttachmentRead) == VK_ACCESS_INPUT_ATTACHMENT_READ_BIT);
static_assert(std::uint32_t(AccessFlag::ShaderRead) == VK_ACCESS_SHADER_READ_BIT);
static_assert(std::uint32_t(AccessFlag::ShaderWrite) == VK_ACCESS_SHADER_WRITE_BIT);
static_assert(std::uint32_t(AccessFlag::ColorAttachmentRead) == VK_ACCESS_COLOR_ATTACHMENT_READ_BIT);
static_assert(std::uint32_t(AccessFlag::ColorAttachmentWrite) == VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT);
static_assert(std::uint32_t(AccessFlag::DepthStencilAttachmentRead) == VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_READ_BIT);
static_assert(std::uint32_t(AccessFlag::DepthStencilAttachmentWrite) == VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT);
static_assert(std::uint32_t(AccessFlag::TransferRead) == VK_ACCESS_TRANSFER_READ_BIT);
static_assert(std::uint32_t(AccessFlag::TransferWrite) == VK_ACCESS_TRANSFER_WRITE_BIT);
static_assert(std::uint32_t(AccessFlag::HostRead) == VK_ACCESS_HOST_READ_BIT);
static_assert(std::uint32_t(AccessFlag::HostWrite) == VK_ACCESS_HOST_WRITE_BIT);
static_assert(std::uint32_t(AccessFlag::MemoryRead) == VK_ACCESS_MEMORY_READ_BIT);
static_assert(std::uint32_t(AccessFlag::MemoryWrite) == VK_ACCESS_MEMORY_WRITE_BIT);

}  // namespace

TEST_CASE("command buffers are one, a list, or a container of handles") {
  VkCommandBuffer const one = handle(1);
  CHECK(all_of({}).empty());
  CHECK(all_of(one) == Handles{one});
  CHECK(all_of({one, handle(2)}) == Handles{one, handle(2)});
  CHECK(all_of(Handles{one, handle(2), handle(3)}) == Handles{one, handle(2), handle(3)});
  CHECK(all_of(std::array{one, handle(2)}) == Handles{one, handle(2)});
  CHECK(all_of(Handles{}).empty());
}

TEST_CASE("command buffers may be of a class that wraps a handle") {
  Wrapped const one{handle(1)};
  CHECK(all_of(one) == Handles{handle(1)});
  CHECK(all_of(std::vector{one, Wrapped{handle(2)}}) == Handles{handle(1), handle(2)});
  CHECK(all_of(std::array{Wrapped{handle(3)}}) == Handles{handle(3)});
  CHECK(all_of({one, Wrapped{handle(2)}}) == Handles{handle(1), handle(2)});
}

TEST_CASE("a copy of one command buffer does not look at the original") {
  auto original = std::make_unique<CommandBuffers>(handle(1));
  CommandBuffers const copy = *original;
  original.reset();
  CHECK(all_of(copy) == Handles{handle(1)});
}

TEST_CASE("a use remembers where it was named") {
  Subbuffer<int[]> const none;
  auto const line = std::source_location::current().line() + 1;
  BufferUse const use = reads(none);
  CHECK(use.where().line() == line);
  CHECK(use.kind() == detail::AccessKind::Read);
  CHECK(use.ownership() == BufferUse::Ownership::Keeps);
  CHECK(writes(none).kind() == detail::AccessKind::Write);
  CHECK(releases(none, 3).other_family() == 3);
  CHECK(releases(none, 3).ownership() == BufferUse::Ownership::Releases);
  CHECK(acquires(none, 2).other_family() == 2);
  CHECK(acquires(none, 2).ownership() == BufferUse::Ownership::Acquires);
}

}  // namespace ashlar::test
