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
        memory_{detail::allocate_for_buffer(allocator, buffer_->handle(),
                                            {.size = size, .flags = 0, .usage = usage, .handle_types = handle_types},
                                            alignment, info)} {}
  BoundBuffer(BoundBuffer&&) = default;
  ~BoundBuffer() { buffer_.reset(); }

  [[nodiscard]] MemoryAllocation const& memory() const { return memory_; }

 private:
  std::unique_ptr<RawBuffer> buffer_;
  MemoryAllocation memory_;
};

}  // namespace ashlar::test
