#include "memory/memory_type_choices.hpp"

namespace ashlar::detail {
namespace {

/// So many kinds are kept: a program has few, and all of them are looked through.
constexpr std::uint32_t most_choices = 32;

}  // namespace

MemoryTypeChoices::Choice const* MemoryTypeChoices::choose(Key const& key) {
  MemoryTypeRanking const ranking =
      rank_memory_types(memory_, {.usage = key.usage,
                                  .filter = {key.required, key.preferred, key.not_preferred},
                                  .resource_type_bits = key.resource_type_bits,
                                  .user_type_bits = key.user_type_bits});
  if (ranking.empty() || count_.load(std::memory_order_relaxed) >= most_choices) {
    return nullptr;
  }
  std::uint32_t const type = ranking[0];
  count_.fetch_add(1, std::memory_order_relaxed);
  return &entries_.add({key, {type, &pools_[type], is_small_heap(memory_, memory_.types[type].heap)}}).choice;
}

}  // namespace ashlar::detail
