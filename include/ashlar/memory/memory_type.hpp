#pragma once

#include <ashlar/device/memory_properties.hpp>
#include <ashlar/export.hpp>

#include <cstdint>

namespace ashlar {

/// What memory is for; decides which memory types are asked for, and in which order.
enum class MemoryUsage : std::uint8_t {
  DeviceOnly,  ///< Used by the device alone: the fastest for it. The host may not be able to touch it.
  Upload,      ///< Written by the host, read by the device, perhaps often: uniform buffers, streamed vertices.
  Download,    ///< Written by the device, read by the host.
  Staging,     ///< Written by the host once, to be copied from into `DeviceOnly` memory.
};

/// A wish beyond `MemoryUsage`, for who knows better: it wins over the usage's own preferences.
struct MemoryTypeFilter {
  MemoryPropertyFlags required{};       ///< Types without all of these are not used.
  MemoryPropertyFlags preferred{};      ///< Types with more of these come first.
  MemoryPropertyFlags not_preferred{};  ///< Types with fewer of these come first.

  [[nodiscard]] friend constexpr bool operator==(MemoryTypeFilter const&, MemoryTypeFilter const&) noexcept = default;
};

/// Everything that the order of the memory types depends on, beside the device's `MemoryProperties`.
struct MemoryTypeRequest {
  MemoryUsage usage = MemoryUsage::DeviceOnly;
  MemoryTypeFilter filter{};
  std::uint32_t resource_type_bits = ~std::uint32_t{0};  ///< VkMemoryRequirements::memoryTypeBits.
  std::uint32_t user_type_bits = ~std::uint32_t{0};      ///< AllocationCreateInfo::memory_type_bits.
  std::uint64_t size = 0;                                ///< Bytes that are wanted.
  std::uint64_t heap_use[max_memory_heaps] = {};         ///< Bytes already in use, per heap.
};

/// Memory types, best first; empty when none fits.
class MemoryTypeRanking {
 public:
  [[nodiscard]] constexpr std::uint32_t const* begin() const noexcept { return types_; }
  [[nodiscard]] constexpr std::uint32_t const* end() const noexcept { return types_ + count_; }
  [[nodiscard]] constexpr std::uint32_t size() const noexcept { return count_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return count_ == 0; }

  /// \pre `index < size()`.
  [[nodiscard]] constexpr std::uint32_t operator[](std::uint32_t index) const noexcept { return types_[index]; }

  /// \pre `size() < max_memory_types`.
  constexpr void push_back(std::uint32_t type) noexcept { types_[count_++] = type; }

 private:
  std::uint32_t types_[max_memory_types] = {};
  std::uint32_t count_ = 0;
};

// clang-format off: a table
/// The memory types that a request may use, best first. Pure: equal arguments, equal result.
///
/// | usage | requires | prefers, in this order | avoids |
/// |---|---|---|---|
/// | DeviceOnly | | DEVICE_LOCAL; on unified memory HOST_VISIBLE, if that heap is at least as large as that of any DEVICE_LOCAL type that may be used | HOST_VISIBLE, unless unified; HOST_CACHED |
/// | Upload | HOST_VISIBLE | DEVICE_LOCAL, HOST_COHERENT | HOST_CACHED, unless unified |
/// | Download | HOST_VISIBLE | HOST_CACHED, HOST_COHERENT | DEVICE_LOCAL, unless unified |
/// | Staging | HOST_VISIBLE | HOST_COHERENT | DEVICE_LOCAL, unless unified; HOST_CACHED |
///
/// Then come fewer properties that nobody asked for, the larger heap, the lower index. Types with PROTECTED,
/// LAZILY_ALLOCATED, DEVICE_COHERENT_AMD, DEVICE_UNCACHED_AMD or RDMA_CAPABLE_NV are left out, unless the
/// filter names that property, or `user_type_bits` names no type without one.
///
/// Memory is unified where every heap is DEVICE_LOCAL or the device is integrated or a CPU. A DEVICE_LOCAL heap of
/// at most 512 MiB and less than a quarter of the largest heap is small: a type whose small heap
/// would get a piece of more than 1/16 of it, or be filled beyond 1/2, comes after all others that the filter likes as
/// well; on unified memory with a small heap, heaps that are not DEVICE_LOCAL count as if they were.
// clang-format on
[[nodiscard]] ASHLAR_API MemoryTypeRanking rank_memory_types(MemoryProperties const& memory,
                                                             MemoryTypeRequest const& request) noexcept;

/// Whether the host and the device share one memory: every heap is DEVICE_LOCAL, or the device is integrated or a CPU.
[[nodiscard]] ASHLAR_API bool is_unified(MemoryProperties const& memory) noexcept;

/// Whether a heap is a small DEVICE_LOCAL window: at most 512 MiB, and less than a quarter of the largest heap.
/// \pre `heap < memory.heap_count`.
[[nodiscard]] ASHLAR_API bool is_small_heap(MemoryProperties const& memory, std::uint32_t heap) noexcept;

/// Whether any heap is small.
[[nodiscard]] ASHLAR_API bool has_small_heap(MemoryProperties const& memory) noexcept;

/// The most that one allocation should take of a small heap, and all together; bytes.
[[nodiscard]] constexpr std::uint64_t small_heap_piece(MemoryHeap const& heap) noexcept { return heap.size / 16; }
[[nodiscard]] constexpr std::uint64_t small_heap_total(MemoryHeap const& heap) noexcept { return heap.size / 2; }

/// Whether a request would take more of a small heap than is good: more than 1/16 of it at once, or 1/2 with
/// `heap_use`.
/// \pre `heap < memory.heap_count`.
[[nodiscard]] ASHLAR_API bool exceeds_small_heap(MemoryProperties const& memory, MemoryTypeRequest const& request,
                                                 std::uint32_t heap) noexcept;

}  // namespace ashlar
