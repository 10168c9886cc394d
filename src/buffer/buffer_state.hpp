#pragma once

#include <ashlar/buffer/buffer.hpp>

#include "buffer/access_tracker.hpp"
#include "counted_state.hpp"
#include "device/device_state.hpp"

#include <cstddef>
#include <cstdint>

namespace ashlar::detail {

/// A VkBuffer that belongs to ashlar; destroyed with this.
class OwnedBuffer {
 public:
  /// vkCreateBuffer.
  /// \throws VulkanError
  OwnedBuffer(Device const& device, BufferCreateInfo const& info, std::uint64_t size);
  OwnedBuffer(OwnedBuffer&& other) noexcept;
  OwnedBuffer& operator=(OwnedBuffer&&) = delete;
  ~OwnedBuffer();

  [[nodiscard]] Device const& device() const noexcept { return device_; }
  [[nodiscard]] VkBuffer handle() const noexcept { return handle_; }

 private:
  Device device_;
  VkBuffer handle_ = VK_NULL_HANDLE;
};

/// A buffer, its memory, and who may touch which of its bytes. Lives until its last handle and its last guard are gone.
struct BufferState final : CountedState {
  BufferState(OwnedBuffer buffer, MemoryAllocation memory, BufferCreateInfo const& info, std::uint64_t bytes) noexcept;

  /// The first byte, mapped.
  /// \throws NotHostVisibleError, VulkanError
  [[nodiscard]] std::byte* host_pointer() const { return allocation.map(); }

  /// \pre The range is in the buffer, widened to whole atoms.
  /// \throws VulkanError
  void flush(ByteRange range) const { allocation.flush(inside_allocation(range)); }
  void invalidate(ByteRange range) const { allocation.invalidate(inside_allocation(range)); }

  MemoryAllocation const allocation;  ///< Freed after the VkBuffer is destroyed.
  OwnedBuffer const vulkan;
  std::uint64_t const size;
  BufferUsages const usage;
  AccessTracker tracker;

 private:
  /// The last atom of a buffer may end behind a dedicated allocation.
  [[nodiscard]] ByteRange inside_allocation(ByteRange range) const noexcept;
};

/// Destroys a buffer that neither a handle nor a guard keeps.
void destroy(BufferState& state) noexcept;

}  // namespace ashlar::detail
