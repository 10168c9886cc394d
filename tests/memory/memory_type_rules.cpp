#include "memory/memory_type_rules.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ashlar::test {

namespace {

using enum MemoryProperty;

struct Name {
  MemoryProperty property;
  char const* name;
};

constexpr Name names[] = {{DeviceLocal, "DEVICE_LOCAL"},
                          {HostVisible, "HOST_VISIBLE"},
                          {HostCoherent, "HOST_COHERENT"},
                          {HostCached, "HOST_CACHED"},
                          {LazilyAllocated, "LAZILY_ALLOCATED"},
                          {Protected, "PROTECTED"},
                          {DeviceCoherentAmd, "DEVICE_COHERENT_AMD"},
                          {DeviceUncachedAmd, "DEVICE_UNCACHED_AMD"},
                          {RdmaCapableNv, "RDMA_CAPABLE_NV"}};

/// Never by default.
constexpr MemoryProperty never[] = {LazilyAllocated, Protected, DeviceCoherentAmd, DeviceUncachedAmd, RdmaCapableNv};

struct Avoided {
  MemoryProperty property;
  bool on_unified;  ///< Whether it is avoided there too.
};

/// A row of the table.
struct Row {
  bool host;  ///< Whether HOST_VISIBLE is required.
  std::vector<MemoryProperty> preferred;
  std::vector<Avoided> avoided;
};

Row row_of(MemoryUsage usage, bool unified) {
  if (usage == MemoryUsage::Upload) {
    return {true, {DeviceLocal, HostCoherent}, {{HostCached, false}}};
  }
  if (usage == MemoryUsage::Download) {
    return {true, {HostCached, HostCoherent}, {{DeviceLocal, false}}};
  }
  if (usage == MemoryUsage::Staging) {
    return {true, {HostCoherent}, {{DeviceLocal, false}, {HostCached, true}}};
  }
  Row row{false, {DeviceLocal}, {{HostVisible, false}, {HostCached, true}}};
  if (unified) {
    row.preferred.push_back(HostVisible);
  }
  return row;
}

std::string name_of(MemoryProperty property) { return to_words(MemoryPropertyFlags{property}); }

std::uint64_t count(MemoryPropertyFlags properties) {
  std::uint64_t bits = 0;
  for (std::uint32_t mask = properties.mask(); mask != 0; mask /= 2) {
    bits += mask % 2;
  }
  return bits;
}

bool has_bit(std::uint32_t bits, std::uint32_t type) { return (bits >> type) % 2 == 1; }

}  // namespace

bool rules_call_unified(MemoryProperties const& memory) {
  bool all_device_local = true;
  for (std::uint32_t heap = 0; heap < memory.heap_count; ++heap) {
    all_device_local = all_device_local && memory.heaps[heap].flags.contains(MemoryHeapFlag::DeviceLocal);
  }
  return all_device_local || memory.device_type == DeviceType::IntegratedGpu || memory.device_type == DeviceType::Cpu;
}

bool rules_call_small(MemoryProperties const& memory, std::uint32_t heap) {
  std::uint64_t const size = memory.heaps[heap].size;
  bool below_a_quarter_of_one = false;
  for (std::uint32_t other = 0; other < memory.heap_count; ++other) {
    below_a_quarter_of_one = below_a_quarter_of_one || (memory.heaps[other].size + 3) / 4 > size;
  }
  return memory.heaps[heap].flags.contains(MemoryHeapFlag::DeviceLocal) && size <= 512U * 1024U * 1024U &&
         below_a_quarter_of_one;
}

MemoryTypeRules::MemoryTypeRules(MemoryProperties const& memory, MemoryTypeRequest const& request)
    : memory_{memory}, request_{request}, unified_{rules_call_unified(memory)}, carve_out_{false} {
  for (std::uint32_t heap = 0; heap < memory.heap_count; ++heap) {
    carve_out_ = carve_out_ || (unified_ && rules_call_small(memory, heap));
  }
  candidates_ = find_candidates();
  add_filter();
  add_small_heaps();
  add_usage();
  add_ties();
}

std::vector<std::uint32_t> MemoryTypeRules::find_candidates() const {
  std::vector<std::uint32_t> ordinary;
  std::vector<std::uint32_t> special;
  bool user_names_an_ordinary_one = false;
  for (std::uint32_t type = 0; type < memory_.type_count; ++type) {
    bool const is_special = std::any_of(std::begin(never), std::end(never), [&](MemoryProperty property) {
      return own(type).contains(property) && !(request_.filter.required | request_.filter.preferred).contains(property);
    });
    bool const by_user = has_bit(request_.user_type_bits, type);
    user_names_an_ordinary_one = user_names_an_ordinary_one || (by_user && !is_special);
    bool const fits = by_user && has_bit(request_.resource_type_bits, type) &&
                      (!row_of(request_.usage, unified_).host || own(type).contains(HostVisible)) &&
                      own(type).contains(request_.filter.required);
    if (fits) {
      (is_special ? special : ordinary).push_back(type);
    }
  }
  return user_names_an_ordinary_one ? ordinary : special;
}

void MemoryTypeRules::add(std::string better, auto const& shortfall) {
  Criterion criterion{std::move(better), std::vector<std::uint64_t>(memory_.type_count)};
  for (std::uint32_t const type : candidates_) {
    criterion.shortfall[type] = shortfall(type);
  }
  criteria_.push_back(std::move(criterion));
}

void MemoryTypeRules::add_filter() {
  add("has more of what the filter prefers", [this](std::uint32_t type) {
    return count(request_.filter.preferred) - count(own(type) & request_.filter.preferred);
  });
  add("has less of what the filter does not prefer",
      [this](std::uint32_t type) { return count(own(type) & request_.filter.not_preferred); });
}

void MemoryTypeRules::add_small_heaps() {
  add("its heap is not small, or has room for this", [this](std::uint32_t type) {
    std::uint32_t const heap = memory_.types[type].heap;
    std::uint64_t const size = memory_.heaps[heap].size;
    std::uint64_t const used = request_.heap_use[heap];
    bool const within = request_.size <= size / 16 && used <= size / 2 && request_.size <= size / 2 - used;
    return rules_call_small(memory_, heap) && !within ? 1U : 0U;
  });
}

void MemoryTypeRules::add_usage() {
  Row const row = row_of(request_.usage, unified_);
  for (MemoryProperty const wish : row.preferred) {
    bool const device_only = request_.usage == MemoryUsage::DeviceOnly;
    bool const of_largest_heap = device_only && wish == HostVisible;
    std::string const counts = carve_out_ && wish == DeviceLocal ? "is as good as " : "is ";
    add(counts + name_of(wish) + (of_largest_heap ? " in the largest heap" : "") + ", which is preferred",
        [&](std::uint32_t type) {
          bool const has = wish == DeviceLocal ? counts_as_device_local(type) : own(type).contains(wish);
          return has && (!of_largest_heap || has_largest_heap(type)) ? 0U : 1U;
        });
  }
  for (Avoided const& avoided : row.avoided) {
    if (!unified_ || avoided.on_unified) {
      add("is not " + name_of(avoided.property) + ", which is avoided",
          [&](std::uint32_t type) { return own(type).contains(avoided.property) ? 1U : 0U; });
    }
  }
  MemoryPropertyFlags asked = request_.filter.required | request_.filter.preferred;
  for (MemoryProperty const wish : row.preferred) {
    asked |= wish;
  }
  if (row.host) {
    asked |= HostVisible;
  }
  add("has fewer flags that nobody asked for",
      [&](std::uint32_t type) { return count(own(type)) - count(own(type) & asked); });
}

void MemoryTypeRules::add_ties() {
  add("its heap is larger", [this](std::uint32_t type) { return ~heap_size(type); });
  add("is the first of equals", [](std::uint32_t type) { return type; });
}

MemoryPropertyFlags MemoryTypeRules::own(std::uint32_t type) const { return memory_.types[type].properties; }

std::uint64_t MemoryTypeRules::heap_size(std::uint32_t type) const {
  return memory_.heaps[memory_.types[type].heap].size;
}

bool MemoryTypeRules::counts_as_device_local(std::uint32_t type) const {
  return carve_out_ || own(type).contains(DeviceLocal);
}

/// Of those that the request may use and that count as device-local.
bool MemoryTypeRules::has_largest_heap(std::uint32_t type) const {
  return std::all_of(candidates_.begin(), candidates_.end(), [&](std::uint32_t other) {
    return !counts_as_device_local(other) || heap_size(other) <= heap_size(type);
  });
}

std::string MemoryTypeRules::why(std::uint32_t a, std::uint32_t b) const {
  for (Criterion const& criterion : criteria_) {
    if (criterion.shortfall[a] != criterion.shortfall[b]) {
      return criterion.shortfall[a] < criterion.shortfall[b] ? criterion.better : "";
    }
  }
  return "";
}

std::vector<std::uint32_t> MemoryTypeRules::order() const {
  std::vector<std::uint32_t> left = candidates_;
  std::vector<std::uint32_t> order;
  while (!left.empty()) {
    auto const best = std::find_if(left.begin(), left.end(), [&](std::uint32_t type) {
      return std::all_of(left.begin(), left.end(),
                         [&](std::uint32_t other) { return other == type || !why(type, other).empty(); });
    });
    if (best == left.end()) {
      throw std::logic_error("the rules leave it open which memory type is best");
    }
    order.push_back(*best);
    left.erase(best);
  }
  return order;
}

std::string to_words(MemoryPropertyFlags properties) {
  std::string words;
  for (Name const& one : names) {
    if (properties.contains(one.property)) {
      words += (words.empty() ? "" : " ") + std::string{one.name};
    }
  }
  return words.empty() ? "no flags" : words;
}

std::string_view to_words(MemoryUsage usage) {
  constexpr std::string_view words[] = {"DeviceOnly", "Upload", "Download", "Staging"};
  return words[static_cast<std::size_t>(usage)];
}

}  // namespace ashlar::test
