#include <ashlar/memory/memory_type.hpp>

#include <algorithm>
#include <bit>
#include <tuple>

namespace ashlar {
namespace {

constexpr MemoryPropertyFlags device_local = MemoryProperty::DeviceLocal;
constexpr MemoryPropertyFlags host_visible = MemoryProperty::HostVisible;
constexpr MemoryPropertyFlags host_coherent = MemoryProperty::HostCoherent;
constexpr MemoryPropertyFlags host_cached = MemoryProperty::HostCached;

/// Types with these behave in ways that only who asked for them can want.
constexpr MemoryPropertyFlags special = MemoryProperty::LazilyAllocated | MemoryProperty::Protected |
                                        MemoryProperty::DeviceCoherentAmd | MemoryProperty::DeviceUncachedAmd |
                                        MemoryProperty::RdmaCapableNv;

constexpr std::uint64_t small_heap_size_limit = std::uint64_t{512} << 20U;

/// One row of the table at `rank_memory_types`; up to two preferences and two avoidances, in order.
struct UsageRule {
  MemoryPropertyFlags required;
  MemoryPropertyFlags preferred[2];
  MemoryPropertyFlags avoided[2];
};

UsageRule rule_of(MemoryUsage usage, bool unified) noexcept {
  auto const unless_unified = [unified](MemoryPropertyFlags flags) { return unified ? MemoryPropertyFlags{} : flags; };
  switch (usage) {
    case MemoryUsage::Upload:
      return {host_visible, {device_local, host_coherent}, {unless_unified(host_cached), {}}};
    case MemoryUsage::Download:
      return {host_visible, {host_cached, host_coherent}, {unless_unified(device_local), {}}};
    case MemoryUsage::Staging:
      return {host_visible, {host_coherent, {}}, {unless_unified(device_local), host_cached}};
    case MemoryUsage::DeviceOnly:
      break;
  }
  return {
      {}, {device_local, unified ? host_visible : MemoryPropertyFlags{}}, {unless_unified(host_visible), host_cached}};
}

/// The memory as a request sees it.
class View {
 public:
  View(MemoryProperties const& memory, MemoryTypeRequest const& request) noexcept
      : memory_{memory},
        request_{request},
        unified_{is_unified(memory)},
        carve_out_{unified_ && has_small_heap(memory)},
        rule_{rule_of(request.usage, unified_)},
        allows_special_{user_names_only_special()} {
    for (std::uint32_t type = 0; type < memory.type_count; ++type) {
      if (may_use(type) && counted_properties(type).contains(device_local)) {
        largest_device_local_heap_ = std::max(largest_device_local_heap_, heap_of(type).size);
      }
    }
  }

  [[nodiscard]] bool may_use(std::uint32_t type) const noexcept {
    std::uint32_t const bits = request_.resource_type_bits & request_.user_type_bits;
    return ((bits >> type) & 1U) != 0 &&
           memory_.types[type].properties.contains(rule_.required | request_.filter.required) &&
           (allows_special_ || !is_special(type));
  }

  /// Smaller is better.
  [[nodiscard]] auto key(std::uint32_t type) const noexcept {
    MemoryPropertyFlags const own = memory_.types[type].properties;
    MemoryPropertyFlags const counted = counted_properties(type);
    MemoryTypeFilter const& filter = request_.filter;
    auto const lacks = [&](MemoryPropertyFlags wish) { return !counted.contains(wish); };
    auto const has = [&](MemoryPropertyFlags avoided) { return !avoided.empty() && own.contains(avoided); };
    MemoryPropertyFlags const asked =
        rule_.required | rule_.preferred[0] | rule_.preferred[1] | filter.required | filter.preferred;
    return std::tuple{std::popcount(filter.preferred.without(own).mask()),
                      std::popcount((filter.not_preferred & own).mask()),
                      exceeds_small_heap(memory_, request_, memory_.types[type].heap),
                      lacks(rule_.preferred[0]),
                      lacks(rule_.preferred[1]),
                      has(rule_.avoided[0]),
                      has(rule_.avoided[1]),
                      std::popcount(own.without(asked).mask()),
                      ~heap_of(type).size,
                      type};
  }

 private:
  [[nodiscard]] bool is_special(std::uint32_t type) const noexcept {
    auto const asked = request_.filter.required | request_.filter.preferred;
    return memory_.types[type].properties.without(asked).intersects(special);
  }

  [[nodiscard]] bool user_names_only_special() const noexcept {
    for (std::uint32_t type = 0; type < memory_.type_count; ++type) {
      if (((request_.user_type_bits >> type) & 1U) != 0 && !is_special(type)) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] MemoryHeap const& heap_of(std::uint32_t type) const noexcept {
    return memory_.heaps[memory_.types[type].heap];
  }

  /// The type's properties as far as preferences are concerned: next to a carve-out of unified memory every heap is
  /// as good as device-local, and host-visible counts for device-only memory only on a heap as large as any.
  [[nodiscard]] MemoryPropertyFlags counted_properties(std::uint32_t type) const noexcept {
    MemoryPropertyFlags counted = memory_.types[type].properties;
    if (carve_out_) {
      counted |= device_local;
    }
    if (request_.usage == MemoryUsage::DeviceOnly && heap_of(type).size < largest_device_local_heap_) {
      counted = counted.without(host_visible);
    }
    return counted;
  }

  MemoryProperties const& memory_;
  MemoryTypeRequest const& request_;
  bool unified_;
  bool carve_out_;
  UsageRule rule_;
  bool allows_special_;
  std::uint64_t largest_device_local_heap_ = 0;
};

}  // namespace

bool is_unified(MemoryProperties const& memory) noexcept {
  if (memory.device_type == DeviceType::IntegratedGpu || memory.device_type == DeviceType::Cpu) {
    return true;
  }
  return std::all_of(memory.heaps, memory.heaps + memory.heap_count,
                     [](MemoryHeap const& heap) { return heap.flags.contains(MemoryHeapFlag::DeviceLocal); });
}

bool is_small_heap(MemoryProperties const& memory, std::uint32_t heap) noexcept {
  std::uint64_t largest = 0;
  for (std::uint32_t other = 0; other < memory.heap_count; ++other) {
    largest = std::max(largest, memory.heaps[other].size);
  }
  MemoryHeap const& candidate = memory.heaps[heap];
  return candidate.flags.contains(MemoryHeapFlag::DeviceLocal) && candidate.size <= small_heap_size_limit &&
         candidate.size * 4 < largest;
}

bool has_small_heap(MemoryProperties const& memory) noexcept {
  for (std::uint32_t heap = 0; heap < memory.heap_count; ++heap) {
    if (is_small_heap(memory, heap)) {
      return true;
    }
  }
  return false;
}

bool exceeds_small_heap(MemoryProperties const& memory, MemoryTypeRequest const& request, std::uint32_t heap) noexcept {
  if (!is_small_heap(memory, heap)) {
    return false;
  }
  std::uint64_t const limit = small_heap_total(memory.heaps[heap]);
  std::uint64_t const use = request.heap_use[heap];
  return request.size > small_heap_piece(memory.heaps[heap]) || use > limit || request.size > limit - use;
}

MemoryTypeRanking rank_memory_types(MemoryProperties const& memory, MemoryTypeRequest const& request) noexcept {
  View const view{memory, request};
  std::uint32_t types[max_memory_types];
  std::uint32_t count = 0;
  for (std::uint32_t type = 0; type < memory.type_count; ++type) {
    if (view.may_use(type)) {
      types[count++] = type;
    }
  }
  std::sort(types, types + count, [&](std::uint32_t a, std::uint32_t b) { return view.key(a) < view.key(b); });
  MemoryTypeRanking ranking;
  for (std::uint32_t i = 0; i < count; ++i) {
    ranking.push_back(types[i]);
  }
  return ranking;
}

}  // namespace ashlar
