#pragma once

#include <ashlar/counted.hpp>
#include <ashlar/device/device.hpp>
#include <ashlar/export.hpp>
#include <ashlar/memory/memory_allocation.hpp>
#include <ashlar/memory/memory_type.hpp>
#include <ashlar/memory/statistics.hpp>
#include <ashlar/suballocator/suballocator.hpp>
#include <ashlar/vulkan_handles.hpp>

#include <cstdint>

namespace ashlar {

/// Whether an allocation may share a block, and may make a new one.
enum class AllocatePreference : std::uint8_t {
  Automatic,       ///< From a block; dedicated where the driver prefers it or the size asks for it.
  NeverAllocate,   ///< Only from blocks that are there: no call to vkAllocateMemory.
  AlwaysAllocate,  ///< Always dedicated: its own VkDeviceMemory.
};

/// Which memory a resource gets.
struct AllocationCreateInfo {
  MemoryUsage usage = MemoryUsage::DeviceOnly;
  MemoryTypeFilter filter{};
  std::uint32_t memory_type_bits = ~std::uint32_t{0};  ///< Bit i: memory type i may be used.
  AllocatePreference allocate_preference = AllocatePreference::Automatic;
};

/// What a resource needs: VkMemoryRequirements2 and VkMemoryDedicatedRequirements.
struct MemoryRequirements {
  std::uint64_t size = 0;       ///< Bytes.
  std::uint64_t alignment = 1;  ///< Bytes; a power of two.
  std::uint32_t memory_type_bits = ~std::uint32_t{0};
  ResourceTiling tiling = ResourceTiling::Linear;
  bool prefers_dedicated = false;
  bool requires_dedicated = false;

  /// The resource, if its memory may be dedicated to it by VkMemoryDedicatedAllocateInfo; at most one of them.
  VkBuffer buffer = {};
  VkImage image = {};

  /// Ways in which the memory is to be exportable; then it is dedicated.
  ExternalMemoryHandleTypes export_handle_types{};
};

struct MemoryAllocatorCreateInfo {
  /// Bytes; of the first block of a memory type, and what the sizes of later ones are multiples of.
  std::uint64_t min_block_size = std::uint64_t{1} << 20U;
  std::uint64_t max_block_size = std::uint64_t{256} << 20U;  ///< Bytes; blocks grow with demand up to this.

  /// How `StandardMemoryAllocator` divides its blocks; other suballocators are not told. MinMemory, the default, takes
  /// about 7 % less of the device than MinTime, for some 70 instructions an allocation.
  SuballocationStrategy strategy = SuballocationStrategy::Default;
};

namespace detail {

struct MemoryAllocatorState;
ASHLAR_API void retain(MemoryAllocatorState& state) noexcept;
ASHLAR_API void release(MemoryAllocatorState& state) noexcept;

/// A suballocator of any type: what a block keeps.
class ASHLAR_API AnySuballocator {
 public:
  AnySuballocator() = default;
  AnySuballocator(AnySuballocator const&) = delete;
  AnySuballocator& operator=(AnySuballocator const&) = delete;
  virtual ~AnySuballocator();

  [[nodiscard]] virtual Suballocation allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling) = 0;
  virtual void deallocate(Suballocation const& piece) noexcept = 0;
  [[nodiscard]] virtual std::uint64_t free_size() const noexcept = 0;
  [[nodiscard]] virtual bool empty() const noexcept = 0;
};

/// None stands for the free list, which divides all blocks of a memory type at once.
using SuballocatorFactory = AnySuballocator* (*)(SuballocatorCreateInfo const& info);

}  // namespace detail

/// Gives resources memory: of the best memory type, from a shared block or dedicated. A counted handle, the base of
/// every `GenericMemoryAllocator`; what it allocated keeps its state alive.
///
/// Each memory type has blocks, the first of `min_block_size`, later ones larger: by a quarter of what there is, as
/// far as that is not above 1.18 times what is live. Blocks that become empty are given back to the driver, but for one
/// of each memory type, and of each thread that allocates at the same time as others. A block that the driver
/// refuses is tried smaller, then the resource alone, then the next best memory type; memory that cannot be mapped is
/// given back, and the next best memory type tried.
///
/// Cost: a look-up of the memory type, a short lock and the suballocation, in constant time for
/// `StandardMemoryAllocator`, however many blocks there are; with another suballocator a walk over the blocks, of which
/// there is about one per `max_block_size` of live memory. Rarely a vkAllocateMemory. docs/benchmarks.md has figures.
///
/// Threads that allocate at the same time get blocks of their own, so that they do not wait for one another: each
/// takes what it needs from its own first, and from the others' before there is a new one, unless it has less than
/// an equal part. Pieces of 64 KiB and more are taken from blocks that all threads share.
///
/// Threads: all members may be called by any number of threads at once. No lock is held across vkAllocateMemory;
/// across vkMapMemory the lock of that VkDeviceMemory, on which only those wait who need it mapped or bind to it.
class ASHLAR_API MemoryAllocator {
 public:
  /// Empty: tests false.
  MemoryAllocator() noexcept = default;

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(state_); }
  [[nodiscard]] friend bool operator==(MemoryAllocator const&, MemoryAllocator const&) noexcept = default;

  [[nodiscard]] Device const& device() const noexcept ASHLAR_LIFETIMEBOUND;

  /// Memory for a resource; bind it yourself, with `MemoryAllocation::bind_buffer` or `bind_image`.
  /// \throws OutOfMemoryError if no memory type can give it.
  /// \throws ValidationError if the size is 0, the alignment not a power of two, or no memory type fits.
  /// \throws VulkanError if a Vulkan call fails otherwise, or memory is there but cannot be mapped.
  [[nodiscard]] MemoryAllocation allocate(MemoryRequirements const& requirements,
                                          AllocationCreateInfo const& info) const;

  /// Memory for a VkBuffer of your own, as its requirements ask for it, and bound to it.
  /// \throws as `allocate`.
  [[nodiscard]] MemoryAllocation allocate_for_buffer(VkBuffer buffer, AllocationCreateInfo const& info) const;

  /// Memory for a VkImage of your own, as its requirements ask for it, and bound to it. Not for disjoint images.
  /// \throws as `allocate`.
  [[nodiscard]] MemoryAllocation allocate_for_image(VkImage image, ResourceTiling tiling,
                                                    AllocationCreateInfo const& info) const;

  /// What is allocated now. Takes the lock of each memory type in turn, so that the figures of one type fit together.
  [[nodiscard]] MemoryStatistics statistics() const;

 protected:
  MemoryAllocator(Device const& device, MemoryAllocatorCreateInfo const& info, detail::SuballocatorFactory factory);

 private:
  friend struct detail::Access;

  detail::Counted<detail::MemoryAllocatorState> state_;
};

}  // namespace ashlar
