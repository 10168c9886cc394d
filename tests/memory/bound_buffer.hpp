#pragma once

#include <cstdint>
#include <memory>

#include "memory/buffer_memory.hpp"
#include "memory/raw_resources.hpp"

namespace ashlar::test {

/// A buffer with memory that was asked for as `Buffer` does it.
class BoundBuffer {
 public:
  BoundBuffer(MemoryAllocator const& allocator, std::uint64_t size,
              VkBufferUsageFlags usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
              ExternalMemoryHandleTypes handle_types = {}, std::uint64_t alignment = 1,
              AllocationCreateInfo const& info = {})
      : buffer_{std::make_unique<RawBuffer>(allocator.device(), size, usage, handle_types)},
        memory_{allocate(allocator, size, usage, handle_types, alignment, info)} {}
  BoundBuffer(BoundBuffer&&) = default;
  ~BoundBuffer() { buffer_.reset(); }

  [[nodiscard]] VkBuffer handle() const { return buffer_->handle(); }
  [[nodiscard]] MemoryAllocation const& memory() const { return memory_; }

 private:
  [[nodiscard]] MemoryAllocation allocate(MemoryAllocator const& allocator, std::uint64_t size,
                                          VkBufferUsageFlags usage, ExternalMemoryHandleTypes handle_types,
                                          std::uint64_t alignment, AllocationCreateInfo const& info) const {
    VkExternalMemoryBufferCreateInfo const external{VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, nullptr,
                                                    handle_types.mask()};
    VkBufferCreateInfo created{};
    created.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    created.pNext = handle_types.empty() ? nullptr : &external;
    created.size = size;
    created.usage = usage;
    return detail::allocate_for_buffer(allocator, buffer_->handle(), created, alignment, info);
  }

  std::unique_ptr<RawBuffer> buffer_;
  MemoryAllocation memory_;
};

}  // namespace ashlar::test
