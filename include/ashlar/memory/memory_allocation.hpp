#pragma once

#include <ashlar/device/memory_properties.hpp>
#include <ashlar/export.hpp>
#include <ashlar/layout.hpp>
#include <ashlar/memory/device_memory.hpp>
#include <ashlar/suballocator/suballocator.hpp>
#include <ashlar/vulkan_handles.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace ashlar {

namespace detail {
struct MemoryBlock;
}  // namespace detail

/// A piece of memory that belongs to one resource: part of a block, or a dedicated `DeviceMemory`. Given back when
/// it is destroyed; destroy the resource before.
///
/// Keeps the allocator's state and the device alive. Movable, not copyable. Threads: distinct objects may be used
/// by different threads; on one object, the const members may be called by several threads at once.
class ASHLAR_API MemoryAllocation {
 public:
  /// Empty: tests false.
  MemoryAllocation() noexcept = default;
  MemoryAllocation(MemoryAllocation&& other) noexcept
      : block_{std::exchange(other.block_, nullptr)}, piece_{std::exchange(other.piece_, {})} {}
  MemoryAllocation& operator=(MemoryAllocation&& other) noexcept {
    if (this != &other) {
      if (block_ != nullptr) {
        give_back();
      }
      block_ = std::exchange(other.block_, nullptr);
      piece_ = std::exchange(other.piece_, {});
    }
    return *this;
  }
  ~MemoryAllocation() {
    if (block_ != nullptr) {
      give_back();
    }
  }

  [[nodiscard]] explicit operator bool() const noexcept { return block_ != nullptr; }

  /// The memory that this is a piece of; the piece begins at `offset`. Empty if this is. Of the other members only
  /// `offset`, `size` and `is_dedicated` may be called then.
  [[nodiscard]] DeviceMemory const& memory() const noexcept ASHLAR_LIFETIMEBOUND;

  /// \pre This is not empty.
  [[nodiscard]] Device const& device() const noexcept ASHLAR_LIFETIMEBOUND;

  /// Bytes from the begin of the memory.
  [[nodiscard]] std::uint64_t offset() const noexcept { return piece_.offset; }

  /// Bytes; at least what was asked for.
  [[nodiscard]] std::uint64_t size() const noexcept { return piece_.size; }

  [[nodiscard]] std::uint32_t memory_type() const noexcept { return memory().memory_type(); }
  [[nodiscard]] MemoryPropertyFlags properties() const noexcept { return memory().properties(); }

  /// Whether the resource has the VkDeviceMemory for itself.
  [[nodiscard]] bool is_dedicated() const noexcept;

  /// The address at which the host sees the piece; the memory is mapped on the first call, and stays so.
  /// \throws NotHostVisibleError if the memory type is not host-visible.
  /// \throws VulkanError if vkMapMemory fails.
  [[nodiscard]] std::byte* map() const;

  /// `DeviceMemory::flush`, with the range counted from the begin of the piece, and inside of it.
  void flush(ByteRange range) const;

  /// `DeviceMemory::invalidate`, with the range counted from the begin of the piece, and inside of it.
  void invalidate(ByteRange range) const;

  /// vkBindBufferMemory.
  /// \throws VulkanError
  void bind_buffer(VkBuffer buffer) const;

  /// vkBindImageMemory. Named apart, since VkBuffer and VkImage are one type on 32-bit platforms.
  /// \throws VulkanError
  void bind_image(VkImage image) const;

 private:
  friend struct detail::Access;
  MemoryAllocation(detail::MemoryBlock& block, Suballocation const& piece) noexcept : block_{&block}, piece_{piece} {}

  void give_back() noexcept;

  detail::MemoryBlock* block_ = nullptr;
  Suballocation piece_;
};

}  // namespace ashlar
