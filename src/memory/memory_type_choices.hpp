#pragma once

#include <ashlar/device/memory_properties.hpp>
#include <ashlar/memory/memory_allocator.hpp>

#include "append_only_list.hpp"
#include "memory/memory_pool.hpp"

#include <atomic>
#include <cstdint>
#include <deque>

namespace ashlar::detail {

/// The best memory type for each kind of request that came, so that later ones cost no ranking.
///
/// Threads: any number.
class MemoryTypeChoices {
 public:
  struct Choice {
    std::uint32_t type = 0;
    MemoryPool* pool = nullptr;
    bool on_small_heap = false;  ///< The best only as long as `exceeds_small_heap` says no.
  };

  /// The arguments have to outlive this; the pools are of all memory types, in order.
  MemoryTypeChoices(MemoryProperties const& memory, std::deque<MemoryPool>& pools) noexcept
      : memory_{memory}, pools_{pools} {}

  /// Null if no type fits, or there were too many kinds to keep.
  /// \throws std::bad_alloc
  [[nodiscard]] Choice const* find(std::uint32_t resource_type_bits, AllocationCreateInfo const& info) {
    Entry const* const known = entries_.find([&](Entry const& entry) {
      return entry.resource_type_bits == resource_type_bits && entry.user_type_bits == info.memory_type_bits &&
             entry.usage == info.usage && entry.filter == info.filter;
    });
    return known != nullptr ? &known->choice : choose(resource_type_bits, info);
  }

 private:
  /// What the order of the types depends on, but for sizes, and the best.
  struct Entry {
    std::uint32_t resource_type_bits = 0;
    std::uint32_t user_type_bits = 0;
    MemoryUsage usage = MemoryUsage::DeviceOnly;
    MemoryTypeFilter filter;
    Choice choice;
  };

  [[nodiscard]] Choice const* choose(std::uint32_t resource_type_bits, AllocationCreateInfo const& info);

  MemoryProperties const& memory_;
  std::deque<MemoryPool>& pools_;
  AppendOnlyList<Entry> entries_;
  std::atomic<std::uint32_t> count_{0};
};

}  // namespace ashlar::detail
