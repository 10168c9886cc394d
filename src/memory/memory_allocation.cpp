#include <ashlar/memory/memory_allocation.hpp>

#include "memory/memory_allocator_state.hpp"
#include "text.hpp"

namespace ashlar {
namespace {

/// A range of the piece as a range of its memory.
ByteRange in_memory(Suballocation const& piece, ByteRange range, char const* context) {
  if (range.offset > piece.size || range.size > piece.size - range.offset) {
    throw ValidationError{context, detail::text("the range [", range.offset, ", +", range.size,
                                                ") is not inside the allocation of ", piece.size, " bytes")
                                       .c_str()};
  }
  return {piece.offset + range.offset, range.size};
}

}  // namespace

void MemoryAllocation::give_back() noexcept { detail::MemoryPool::deallocate(*block_, piece_); }

DeviceMemory const& MemoryAllocation::memory() const noexcept {
  static constinit DeviceMemory const none;
  return block_ != nullptr ? block_->memory : none;
}

Device const& MemoryAllocation::device() const noexcept { return block_->pool.device(); }

bool MemoryAllocation::is_dedicated() const noexcept { return block_ != nullptr && block_->shard == nullptr; }

std::byte* MemoryAllocation::map() const { return memory().map() + piece_.offset; }

void MemoryAllocation::flush(ByteRange range) const {
  memory().flush(in_memory(piece_, range, "MemoryAllocation::flush"));
}

void MemoryAllocation::invalidate(ByteRange range) const {
  memory().invalidate(in_memory(piece_, range, "MemoryAllocation::invalidate"));
}

void MemoryAllocation::bind_buffer(VkBuffer buffer) const {
  detail::Access::state(block_->memory).bind_buffer(buffer, piece_.offset);
}

void MemoryAllocation::bind_image(VkImage image) const {
  detail::Access::state(block_->memory).bind_image(image, piece_.offset);
}

}  // namespace ashlar
