#pragma once

#include <ashlar/layout.hpp>

#include <concepts>
#include <cstdint>

namespace ashlar {

/// How a resource lays out its bytes. Vulkan keeps linear and optimal resources that are neighbours in one
/// memory object apart by bufferImageGranularity (Vulkan specification, "Buffer-Image Granularity").
enum class ResourceTiling : std::uint8_t {
  Linear,   ///< Buffers, and images with VK_IMAGE_TILING_LINEAR.
  Optimal,  ///< Images with VK_IMAGE_TILING_OPTIMAL or a DRM format modifier.
};

/// What is looked for among the free ranges.
enum class SuballocationStrategy : std::uint8_t {
  Default,    ///< MinTime for FreeListAllocator, MinMemory for MemoryAllocator.
  MinTime,    ///< The first good fit: fewest instructions.
  MinMemory,  ///< The lowest of several good fits: more fits into the same memory.
};

/// The range that a suballocator divides.
struct SuballocatorCreateInfo {
  ByteRange region;  ///< Alignments count from offset 0, not from the region's begin. Ends at 2^64 or below.

  /// bufferImageGranularity: a power of two. Resources of different tiling never share a unit of this size.
  std::uint64_t granularity = 1;

  /// The unit, a power of two, in which FreeListAllocator counts offsets and sizes; the other suballocators need none.
  /// It is raised as far as needed for the region to have less than 2^32 of them; 0 is the smallest that does.
  std::uint64_t granule = 0;

  /// Heeded by FreeListAllocator; the other suballocators have but one way.
  SuballocationStrategy strategy = SuballocationStrategy::Default;
};

/// A piece of a suballocator's region, to be given back to the suballocator that it came from. One that
/// tests false means "no room".
struct Suballocation {
  std::uint64_t offset = 0;  ///< Bytes; a multiple of the alignment that was asked for.
  std::uint64_t size = 0;    ///< Bytes; at least what was asked for.
  std::uint64_t handle = 0;  ///< The suballocator's own note.

  [[nodiscard]] explicit constexpr operator bool() const noexcept { return size != 0; }
};

/// Divides one region among many resources, by arithmetic alone: no Vulkan, no lock, one thread at a time.
///
/// - `S(info)`: the whole region is free. May throw std::bad_alloc.
/// - `allocate(size, alignment, tiling)`: a piece that overlaps no other, or one that tests false when there is no
///   room. `size` is at least 1, `alignment` a power of two. May throw std::bad_alloc, and then
///   nothing has changed. Who makes every piece of whole units of the granularity may ignore the tiling.
/// - `deallocate(piece)`: takes back what `allocate` gave, once. Must not fail, so it should not allocate either.
/// - `free_size()`: bytes that no piece covers.
/// - `empty()`: whether there is no piece.
///
/// For a `GenericMemoryAllocator` regions begin at 0 and end far below 2^64. It makes a block large enough for the
/// piece that it needs it for; if an empty block has no room for such a piece all the same, the resource gets dedicated
/// memory, and every such resource costs the attempt: serve any size up to the region's.
template <class S>
concept Suballocator =
    std::constructible_from<S, SuballocatorCreateInfo const&> &&
    requires(S s, S const& c, std::uint64_t size, ResourceTiling tiling, Suballocation const& piece) {
      { s.allocate(size, size, tiling) } -> std::same_as<Suballocation>;
      { s.deallocate(piece) } noexcept;
      { c.free_size() } noexcept -> std::same_as<std::uint64_t>;
      { c.empty() } noexcept -> std::same_as<bool>;
    };

}  // namespace ashlar
