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
    std::uint32_t type;
    MemoryPool* pool;
    bool on_small_heap;  ///< The best only as long as `exceeds_small_heap` says no.
  };

  /// The arguments have to outlive this; the pools are of all memory types, in order.
  MemoryTypeChoices(MemoryProperties const& memory, std::deque<MemoryPool>& pools) noexcept
      : memory_{memory}, pools_{pools} {}

  /// Null if no type fits, or there were too many kinds to keep.
  /// \throws std::bad_alloc
  [[nodiscard]] Choice const* find(std::uint32_t resource_type_bits, AllocationCreateInfo const& info) {
    Key const key{info.usage,         info.filter.required, info.filter.preferred, info.filter.not_preferred,
                  resource_type_bits, info.memory_type_bits};
    Entry const* const known = entries_.find([&](Entry const& entry) { return entry.key == key; });
    return known != nullptr ? &known->choice : choose(key);
  }

 private:
  /// What the order of the types depends on, but for sizes.
  struct Key {
    MemoryUsage usage;
    MemoryPropertyFlags required;
    MemoryPropertyFlags preferred;
    MemoryPropertyFlags not_preferred;
    std::uint32_t resource_type_bits;
    std::uint32_t user_type_bits;

    [[nodiscard]] bool operator==(Key const&) const noexcept = default;
  };

  struct Entry {
    Key key;
    Choice choice;
  };

  [[nodiscard]] Choice const* choose(Key const& key);

  MemoryProperties const& memory_;
  std::deque<MemoryPool>& pools_;
  AppendOnlyList<Entry> entries_;
  std::atomic<std::uint32_t> count_{0};
};

}  // namespace ashlar::detail
