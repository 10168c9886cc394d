#pragma once

#include <ashlar/counted.hpp>
#include <ashlar/device/device.hpp>
#include <ashlar/device/external_memory.hpp>
#include <ashlar/device/memory_properties.hpp>
#include <ashlar/export.hpp>
#include <ashlar/layout.hpp>
#include <ashlar/vulkan_handles.hpp>

#include <cstddef>
#include <cstdint>

namespace ashlar {

namespace detail {
struct DeviceMemoryState;
ASHLAR_API void retain(DeviceMemoryState& state) noexcept;
ASHLAR_API void release(DeviceMemoryState& state) noexcept;
}  // namespace detail

struct DeviceMemoryAllocateInfo {
  std::uint64_t size = 0;  ///< Bytes.
  std::uint32_t memory_type = 0;

  /// At most one of these: the resource that this memory is dedicated to. For what Vulkan calls a null handle, leave
  /// them as they are.
  VkBuffer dedicated_buffer = {};
  VkImage dedicated_image = {};

  /// Ways to export the memory.
  ExternalMemoryHandleTypes export_handle_types{};

  /// Which memory the driver keeps in the GPU longest, from 0 to 1; used where VK_EXT_memory_priority is enabled.
  float priority = 0.5F;
};

/// VkDeviceMemory, whole: one allocation from the driver. A counted handle; freed with the last one.
///
/// Costs a driver call of microseconds to many milliseconds each, and the device has a limit on their number:
/// use a `MemoryAllocator`, which makes few of them. Counts towards maxMemoryAllocationCount. Carries the
/// device-address flag where buffer device address is enabled.
///
/// Threads: all members may be called by several threads at once.
class ASHLAR_API DeviceMemory {
 public:
  /// Empty: tests false.
  DeviceMemory() noexcept = default;

  /// Allocates.
  /// \throws OutOfMemoryError if the driver has no memory, the size is above the heap's or maxMemoryAllocationSize,
  ///   or the device has maxMemoryAllocationCount of them already; in the last three cases without a Vulkan call.
  /// \throws ValidationError if the size is 0, the memory type does not exist, or both resources are given.
  /// \throws VulkanError if vkAllocateMemory fails otherwise.
  [[nodiscard]] static DeviceMemory allocate(Device const& device, DeviceMemoryAllocateInfo const& info);

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(state_); }
  [[nodiscard]] friend bool operator==(DeviceMemory const&, DeviceMemory const&) noexcept = default;

  [[nodiscard]] VkDeviceMemory handle() const noexcept;

  /// Bytes.
  [[nodiscard]] std::uint64_t size() const noexcept;

  [[nodiscard]] std::uint32_t memory_type() const noexcept;
  [[nodiscard]] MemoryPropertyFlags properties() const noexcept;

  /// The address at which the host sees the memory; mapped whole on the first call and until it is freed.
  ///
  /// Costs one atomic read once it is mapped.
  /// \throws NotHostVisibleError if the memory type is not host-visible.
  /// \throws VulkanError if vkMapMemory fails; the next call tries again.
  [[nodiscard]] std::byte* map() const;

  /// Makes host writes in `range` visible to the device's next submission. Does nothing on coherent memory.
  ///
  /// The range is widened to nonCoherentAtomSize and clamped to the memory (VUID-VkMappedMemoryRange-size-01389,
  /// -01390).
  /// \pre The memory is mapped.
  /// \throws ValidationError if the range is not inside the memory.
  /// \throws VulkanError if vkFlushMappedMemoryRanges fails.
  void flush(ByteRange range) const;

  /// Makes device writes in `range`, which are available to the host, visible to it. Does nothing on coherent memory.
  /// Host writes in the widened range that were not flushed are lost.
  ///
  /// Widened and clamped as in `flush`.
  /// \pre The memory is mapped.
  /// \throws ValidationError if the range is not inside the memory.
  /// \throws VulkanError if vkInvalidateMappedMemoryRanges fails.
  void invalidate(ByteRange range) const;

 private:
  friend struct detail::Access;
  explicit DeviceMemory(detail::Counted<detail::DeviceMemoryState> state) noexcept;

  detail::Counted<detail::DeviceMemoryState> state_;
};

}  // namespace ashlar
