#pragma once

#include <ashlar/array_view.hpp>
#include <ashlar/buffer/access.hpp>
#include <ashlar/buffer/subbuffer.hpp>
#include <ashlar/flags.hpp>
#include <ashlar/vulkan_handles.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <type_traits>

namespace ashlar {

/// VkPipelineStageFlagBits. Those of extensions enter by `Flags::from_mask`.
enum class PipelineStage : std::uint32_t {
  TopOfPipe = 0x1,
  DrawIndirect = 0x2,
  VertexInput = 0x4,
  VertexShader = 0x8,
  TessellationControlShader = 0x10,
  TessellationEvaluationShader = 0x20,
  GeometryShader = 0x40,
  FragmentShader = 0x80,
  EarlyFragmentTests = 0x100,
  LateFragmentTests = 0x200,
  ColorAttachmentOutput = 0x400,
  ComputeShader = 0x800,
  Transfer = 0x1000,
  BottomOfPipe = 0x2000,
  Host = 0x4000,
  AllGraphics = 0x8000,
  AllCommands = 0x10000,
};
template <>
inline constexpr bool enable_flags<PipelineStage> = true;

/// VkAccessFlagBits. Those of extensions enter by `Flags::from_mask`.
enum class AccessFlag : std::uint32_t {
  IndirectCommandRead = 0x1,
  IndexRead = 0x2,
  VertexAttributeRead = 0x4,
  UniformRead = 0x8,
  InputAttachmentRead = 0x10,
  ShaderRead = 0x20,
  ShaderWrite = 0x40,
  ColorAttachmentRead = 0x80,
  ColorAttachmentWrite = 0x100,
  DepthStencilAttachmentRead = 0x200,
  DepthStencilAttachmentWrite = 0x400,
  TransferRead = 0x800,
  TransferWrite = 0x1000,
  HostRead = 0x2000,
  HostWrite = 0x4000,
  MemoryRead = 0x8000,
  MemoryWrite = 0x10000,
};
template <>
inline constexpr bool enable_flags<AccessFlag> = true;

/// What a submission waits for on the device.
struct SemaphoreWait {
  VkSemaphore semaphore = {};
  std::uint64_t value = 0;  ///< Of a timeline semaphore; a binary one has none.

  /// The stages that wait; earlier ones may run before.
  Flags<PipelineStage> stage = PipelineStage::AllCommands;
};

/// What a submission signals when it is done.
struct SemaphoreSignal {
  VkSemaphore semaphore = {};
  std::uint64_t value = 0;  ///< Of a timeline semaphore; a binary one has none.
};

/// Command buffers that somebody else keeps: one, a braced list, or a contiguous range, of VkCommandBuffer or of a
/// class that wraps one, as vulkan.hpp's does.
class CommandBuffers {
 public:
  constexpr CommandBuffers() noexcept = default;

  template <std::convertible_to<VkCommandBuffer> Handle>
  constexpr CommandBuffers(Handle const& handle) noexcept  // NOLINT(google-explicit-constructor)
      : one_{handle}, size_{1} {}

  constexpr CommandBuffers(std::initializer_list<VkCommandBuffer> list ASHLAR_LIFETIMEBOUND) noexcept
      : several_{list.begin()}, size_{list.size()} {}

  template <class Range>
    requires requires(Range const& range) {
      { *range.data() } -> std::convertible_to<VkCommandBuffer>;
      static_cast<std::size_t>(range.size());
    } && (!std::convertible_to<Range, VkCommandBuffer>)
  CommandBuffers(Range const& range) noexcept  // NOLINT(google-explicit-constructor)
      : several_{reinterpret_cast<VkCommandBuffer const*>(range.data())}, size_{range.size()} {
    using Element = std::remove_cvref_t<decltype(*range.data())>;
    static_assert(sizeof(Element) == sizeof(VkCommandBuffer) && std::is_trivially_copyable_v<Element>,
                  "the elements have to be VkCommandBuffer, or to wrap one and nothing else");
  }

  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }

  /// Null if there is none.
  [[nodiscard]] constexpr VkCommandBuffer const* data() const noexcept ASHLAR_LIFETIMEBOUND {
    return several_ != nullptr || size_ == 0 ? several_ : &one_;
  }

 private:
  VkCommandBuffer one_ = nullptr;
  VkCommandBuffer const* several_ = nullptr;
  std::size_t size_ = 0;
};

/// Bytes of a buffer that a submission uses, and how: made by `reads`, `writes`, `releases` and `acquires`.
class ASHLAR_API BufferUse {
 public:
  /// What a queue family does with its ownership of a buffer with `Sharing::Exclusive`.
  enum class Ownership : std::uint8_t { Keeps, Releases, Acquires };

  BufferUse(detail::BufferRange bytes, detail::AccessKind kind, std::source_location where,
            Ownership ownership = Ownership::Keeps, std::uint32_t other_family = 0) noexcept
      : bytes_{static_cast<detail::BufferRange&&>(bytes)},
        where_{where},
        other_family_{other_family},
        kind_{kind},
        ownership_{ownership} {}

  [[nodiscard]] detail::BufferRange const& bytes() const noexcept ASHLAR_LIFETIMEBOUND { return bytes_; }
  [[nodiscard]] std::source_location const& where() const noexcept ASHLAR_LIFETIMEBOUND { return where_; }
  [[nodiscard]] detail::AccessKind kind() const noexcept { return kind_; }
  [[nodiscard]] Ownership ownership() const noexcept { return ownership_; }
  [[nodiscard]] std::uint32_t other_family() const noexcept { return other_family_; }

 private:
  detail::BufferRange bytes_;
  std::source_location where_;
  std::uint32_t other_family_;
  detail::AccessKind kind_;
  Ownership ownership_;
};

/// A submission only reads `subbuffer`.
template <class T>
[[nodiscard]] BufferUse reads(Subbuffer<T> const& subbuffer,
                              std::source_location where = std::source_location::current()) {
  return {subbuffer, detail::AccessKind::Read, where};
}

/// A submission writes `subbuffer`, and may read it.
template <class T>
[[nodiscard]] BufferUse writes(Subbuffer<T> const& subbuffer,
                               std::source_location where = std::source_location::current()) {
  return {subbuffer, detail::AccessKind::Write, where};
}

/// A submission's commands release the whole of a buffer with `Sharing::Exclusive` to another queue family.
template <class T>
[[nodiscard]] BufferUse releases(Subbuffer<T> const& subbuffer, std::uint32_t to_family,
                                 std::source_location where = std::source_location::current()) {
  return {subbuffer, detail::AccessKind::Write, where, BufferUse::Ownership::Releases, to_family};
}

/// A submission's commands acquire the whole of a buffer with `Sharing::Exclusive` from another queue family, which has
/// released it.
template <class T>
[[nodiscard]] BufferUse acquires(Subbuffer<T> const& subbuffer, std::uint32_t from_family,
                                 std::source_location where = std::source_location::current()) {
  return {subbuffer, detail::AccessKind::Write, where, BufferUse::Ownership::Acquires, from_family};
}

/// All that `Queue::submit` can be told.
struct SubmitInfo {
  /// They have to live until the submission is done; ashlar does not keep them.
  CommandBuffers command_buffers{};

  /// Every buffer of ashlar's that they touch. Those are kept alive until the submission is done.
  ArrayView<BufferUse> uses{};

  /// Beside what `uses` ask for, which is waited for without being named here. A `Submission` may stand here, too.
  ArrayView<SemaphoreWait> waits{};

  ArrayView<SemaphoreSignal> signals{};

  /// Signaled when all is done; unsignaled before.
  VkFence fence = {};

  /// A pNext chain for VkSubmitInfo, without VkTimelineSemaphoreSubmitInfo, which `waits` and `signals` stand for, and
  /// without VkDeviceGroupSubmitInfo and protected submissions, since ashlar may add command buffers.
  void const* next = nullptr;
};

}  // namespace ashlar
