#include "memory/memory_type_choices.hpp"

namespace ashlar::detail {
namespace {

/// So many kinds are kept: a program has few, and all of them are looked through.
constexpr std::uint32_t most_choices = 32;

}  // namespace

MemoryTypeChoices::Choice const* MemoryTypeChoices::choose(std::uint32_t resource_type_bits,
                                                           AllocationCreateInfo const& info) {
  MemoryTypeRanking const ranking = rank_memory_types(memory_, {.usage = info.usage,
                                                                .filter = info.filter,
                                                                .resource_type_bits = resource_type_bits,
                                                                .user_type_bits = info.memory_type_bits});
  if (ranking.empty() || count_.load(std::memory_order_relaxed) >= most_choices) {
    return nullptr;
  }
  std::uint32_t const type = ranking[0];
  count_.fetch_add(1, std::memory_order_relaxed);
  Choice const choice{type, &pools_[type], is_small_heap(memory_, memory_.types[type].heap)};
  return &entries_.add({resource_type_bits, info.memory_type_bits, info.usage, info.filter, choice}).choice;
}

}  // namespace ashlar::detail
