#include "memory/memory_pool.hpp"

#include "text.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace ashlar::detail {
namespace {

/// A block takes at most this part of its heap.
constexpr std::uint64_t heap_divisor = 8;
/// The smallest block for a piece is the piece's size rounded up to this.
constexpr std::uint64_t smallest_block_unit = 4096;
/// Suballocations are multiples of this: a VkBuffer of real use is rarely smaller, and the free list counts faster so.
constexpr std::uint64_t granule = 256;

}  // namespace

MemoryPool::MemoryPool(Device device, std::uint32_t memory_type, MemoryAllocatorCreateInfo const& info,
                       SuballocatorFactory factory) noexcept
    : device_{std::move(device)},
      memory_type_{memory_type},
      max_block_size_{info.max_block_size},
      min_block_size_{info.min_block_size},
      factory_{factory} {
  MemoryProperties const& memory = device_.physical_device().memory();
  std::uint32_t const heap = memory.types[memory_type].heap;
  std::uint64_t const share =
      is_small_heap(memory, heap) ? small_heap_piece(memory.heaps[heap]) : memory.heaps[heap].size / heap_divisor;
  max_block_size_ =
      std::max<std::uint64_t>(std::min({max_block_size_, std::bit_floor(share),
                                        std::bit_floor(device_.physical_device().limits().max_memory_allocation_size)}),
                              1);
  min_block_size_ = std::min(min_block_size_, max_block_size_);
}

MemoryPool::~MemoryPool() = default;

BlockPiece MemoryPool::try_block(MemoryBlock& block, MemoryDemand const& demand) {
  if (block.suballocator->free_size() < demand.size) {
    return {};
  }
  Suballocation const piece = block.suballocator->allocate(demand.size, demand.alignment, demand.tiling);
  return piece ? BlockPiece{&block, piece} : BlockPiece{};
}

void MemoryPool::count(BlockPiece const& found) noexcept {
  if (found) {
    ++statistics_.suballocation_count;
    statistics_.suballocation_bytes += found.piece.size;
    live_bytes_.fetch_add(found.piece.size, std::memory_order_relaxed);
  }
}

BlockPiece MemoryPool::suballocate(MemoryDemand const& demand) {
  std::lock_guard const lock{mutex_};
  BlockPiece found;
  for (auto block = blocks_.begin(); block != blocks_.end() && !found; ++block) {
    found = try_block(**block, demand);
  }
  count(found);
  return found;
}

std::uint64_t MemoryPool::next_block_size(MemoryDemand const& demand) const noexcept {
  std::lock_guard const lock{mutex_};
  std::uint64_t const grown = std::clamp(std::bit_floor(statistics_.block_bytes), min_block_size_, max_block_size_);
  std::uint64_t const needed = std::max(demand.size, granule);
  std::uint64_t const whole = needed > std::numeric_limits<std::uint64_t>::max() / 2 ? needed : std::bit_ceil(needed);
  return std::min(std::max(grown, whole), std::max(demand.allowance, demand.size));
}

std::unique_ptr<MemoryBlock> MemoryPool::allocate_block(std::uint64_t size, bool map, MemoryFailure& failure) {
  std::uint64_t const granularity = device_.physical_device().limits().buffer_image_granularity;
  auto block = std::make_unique<MemoryBlock>(*this, DeviceMemory{}, nullptr);
  block->suballocator.reset(factory_({.region = {0, size}, .granularity = granularity, .granule = granule}));
  block->memory = try_allocate_device_memory(device_, {.size = size, .memory_type = memory_type_}, failure.allocate);
  if (!block->memory) {
    return nullptr;
  }
  if (map && Access::state(block->memory).try_map(failure.map) == nullptr) {
    return nullptr;
  }
  device_.set_name(VK_OBJECT_TYPE_DEVICE_MEMORY, reinterpret_cast<std::uint64_t>(block->memory.handle()),
                   text("ashlar block, memory type ", memory_type_).c_str());
  return block;
}

BlockPiece MemoryPool::suballocate_in_new_block(MemoryDemand const& demand, MemoryFailure& failure) {
  if (demand.size > demand.allowance) {
    return {};
  }
  std::uint64_t const smallest = align_up(demand.size, smallest_block_unit);
  std::uint64_t size = next_block_size(demand);
  if (size < granule) {  // Too small to be divided; the resource may have memory of its own.
    return {};
  }
  std::unique_ptr<MemoryBlock> block = allocate_block(size, demand.map, failure);
  while (!block && failure.map == VK_SUCCESS && size > smallest) {
    size = std::max(size / 2, smallest);
    block = allocate_block(size, demand.map, failure);
  }
  if (!block) {
    return {};
  }
  BlockPiece const found = try_block(*block, demand);
  if (!found) {  // Such a suballocator cannot divide such a block: the caller takes a dedicated one.
    return {};
  }
  std::lock_guard const lock{mutex_};
  blocks_.push_back(std::move(block));
  ++statistics_.block_count;
  statistics_.block_bytes += size;
  count(found);
  return found;
}

void MemoryPool::deallocate(MemoryBlock& block, Suballocation const& piece) noexcept {
  std::unique_ptr<MemoryBlock> surplus;  // Freed after the mutex is released.
  std::lock_guard const lock{mutex_};
  block.suballocator->deallocate(piece);
  --statistics_.suballocation_count;
  statistics_.suballocation_bytes -= piece.size;
  live_bytes_.fetch_sub(piece.size, std::memory_order_relaxed);
  if (block.suballocator->empty()) {
    surplus = take_empty_block(&block);
  }
}

std::unique_ptr<MemoryBlock> MemoryPool::take_empty_block(MemoryBlock const* spared) noexcept {
  auto const empty = std::find_if(blocks_.begin(), blocks_.end(), [spared](auto const& block) {
    return block.get() != spared && block->suballocator->empty();
  });
  if (empty == blocks_.end()) {
    return nullptr;
  }
  std::unique_ptr<MemoryBlock> taken = std::move(*empty);
  blocks_.erase(empty);
  --statistics_.block_count;
  statistics_.block_bytes -= taken->memory.size();
  return taken;
}

bool MemoryPool::release_empty_blocks() noexcept {
  bool released = false;
  for (;;) {
    std::unique_ptr<MemoryBlock> empty;  // Freed after the mutex is released.
    std::lock_guard const lock{mutex_};
    empty = take_empty_block(nullptr);
    if (!empty) {
      return released;
    }
    released = true;
  }
}

void MemoryPool::add_dedicated(std::uint64_t size) noexcept {
  std::lock_guard const lock{mutex_};
  ++statistics_.dedicated_count;
  statistics_.dedicated_bytes += size;
  live_bytes_.fetch_add(size, std::memory_order_relaxed);
}

void MemoryPool::remove_dedicated(std::uint64_t size) noexcept {
  std::lock_guard const lock{mutex_};
  --statistics_.dedicated_count;
  statistics_.dedicated_bytes -= size;
  live_bytes_.fetch_sub(size, std::memory_order_relaxed);
}

MemoryTypeStatistics MemoryPool::statistics() const noexcept {
  std::lock_guard const lock{mutex_};
  return statistics_;
}

}  // namespace ashlar::detail
