// Two statements of the rules, and the stored expectations of the 26 real GPUs, have to agree.

#include "memory/memory_type_rules.hpp"

#include <ashlar/memory/memory_type.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "memory/memory_type_expectations.hpp"
#include "suballocator/split_mix_64.hpp"
#include "support/catch.hpp"
#include "support/simulated_driver.hpp"

namespace ashlar::test {
namespace {

using Types = std::vector<std::uint32_t>;

Types ranked(MemoryProperties const& memory, MemoryTypeRequest const& request) {
  auto const ranking = rank_memory_types(memory, request);
  return {ranking.begin(), ranking.end()};
}

MemoryPropertyFlags random_properties(SplitMix64& random, std::uint32_t one_in) {
  MemoryPropertyFlags properties;
  for (std::uint32_t bit = 0; bit < 9; ++bit) {
    if (random.below(one_in) == 0) {
      properties |= MemoryPropertyFlags::from_mask(1U << bit);
    }
  }
  return properties;
}

/// Sizes that are often equal, or at a limit, or beside it.
std::uint64_t random_size(SplitMix64& random) {
  std::uint64_t const size = std::uint64_t{1} << random.below(36);
  return size + random.below(4) * size / 4 + (random.below(4) == 0 ? random.below(5) : 0) - random.below(2);
}

/// Of each ordinary property half of the types have it, of each special one every sixteenth.
MemoryType random_type(SplitMix64& random, MemoryProperties const& memory) {
  MemoryType type;
  type.heap = random.below(memory.heap_count);
  type.properties = MemoryPropertyFlags::from_mask(random.below(16));
  if (!type.properties.contains(MemoryProperty::HostVisible)) {
    type.properties = type.properties.without(MemoryProperty::HostCoherent | MemoryProperty::HostCached);
  }
  if (random.below(4) != 0) {  // As the specification wants it.
    type.properties = type.properties.without(MemoryProperty::DeviceLocal);
    if (memory.heaps[type.heap].flags.contains(MemoryHeapFlag::DeviceLocal)) {
      type.properties |= MemoryProperty::DeviceLocal;
    }
  }
  if (random.below(4) == 0) {
    type.properties |= random_properties(random, 4) & MemoryPropertyFlags::from_mask(0x1F0);
  }
  return type;
}

MemoryProperties random_memory(SplitMix64& random) {
  MemoryProperties memory;
  memory.device_type = static_cast<DeviceType>(random.below(5));
  memory.heap_count = 1 + random.below(random.below(2) == 0 ? 3 : max_memory_heaps);
  memory.type_count = 1 + random.below(random.below(2) == 0 ? 6 : max_memory_types);
  bool const all_device_local = random.below(4) == 0;
  for (std::uint32_t heap = 0; heap < memory.heap_count; ++heap) {
    memory.heaps[heap].size = random.below(20) == 0 ? 0 : random_size(random);
    if (all_device_local || random.below(2) == 0) {
      memory.heaps[heap].flags = MemoryHeapFlag::DeviceLocal;
    }
  }
  for (std::uint32_t type = 0; type < memory.type_count; ++type) {
    bool const is_duplicate = type > 0 && random.below(4) == 0;
    memory.types[type] = is_duplicate ? memory.types[random.below(type)] : random_type(random, memory);
  }
  return memory;
}

std::uint32_t random_bits(SplitMix64& random) {
  return random.below(3) == 0 ? static_cast<std::uint32_t>(random.next()) : ~std::uint32_t{0};
}

MemoryTypeRequest random_request(SplitMix64& random, MemoryProperties const& memory) {
  MemoryTypeRequest request;
  request.usage = all_usages[random.below(4)];
  request.resource_type_bits = random_bits(random);
  request.user_type_bits = random.below(8) == 0 ? 1U << random.below(32) : random_bits(random);
  if (random.below(3) == 0) {
    request.filter.required = random_properties(random, 8);
    request.filter.preferred = random_properties(random, 4);
    request.filter.not_preferred = random_properties(random, 4);
  }
  request.size = random.below(2) == 0 ? 64 : random_size(random);
  for (std::uint32_t heap = 0; heap < memory.heap_count; ++heap) {
    std::uint64_t const size = memory.heaps[heap].size;
    request.heap_use[heap] = random.below(2) == 0 ? 0 : random.below(2) == 0 ? size / 2 : size / 8 * random.below(9);
  }
  return request;
}

std::string describe(MemoryProperties const& memory, MemoryTypeRequest const& request) {
  std::string text = std::string{to_words(request.usage)} + " of " + std::to_string(request.size) +
                     " bytes, device type " + std::to_string(static_cast<int>(memory.device_type)) + "; required " +
                     to_words(request.filter.required) + "; preferred " + to_words(request.filter.preferred) +
                     "; not preferred " + to_words(request.filter.not_preferred);
  for (std::uint32_t heap = 0; heap < memory.heap_count; ++heap) {
    text += "\nheap " + std::to_string(heap) + ": " + std::to_string(memory.heaps[heap].size) +
            (memory.heaps[heap].flags.empty() ? "" : " DEVICE_LOCAL") + ", used " +
            std::to_string(request.heap_use[heap]);
  }
  for (std::uint32_t type = 0; type < memory.type_count; ++type) {
    text += "\ntype " + std::to_string(type) + ": heap " + std::to_string(memory.types[type].heap) + ", " +
            to_words(memory.types[type].properties);
  }
  return text;
}

void check(MemoryProperties const& memory, MemoryTypeRequest const& request) {
  Types const by_rules = MemoryTypeRules{memory, request}.order();
  if (ranked(memory, request) != by_rules) {
    INFO(describe(memory, request));
    CHECK(ranked(memory, request) == by_rules);
  }
}

}  // namespace

TEST_CASE("the rules give the stored orders of the real GPUs", "[memory_type][rules]") {
  for (MemoryTypeExpectation const& expected : memory_type_expectations()) {
    MemoryProperties const& memory = gpu_profile(expected.gpu).memory;
    for (auto const& [usage, order] : {std::pair{MemoryUsage::DeviceOnly, &expected.device_only},
                                       {MemoryUsage::Upload, &expected.upload},
                                       {MemoryUsage::Download, &expected.download},
                                       {MemoryUsage::Staging, &expected.staging}}) {
      INFO(expected.gpu << ", " << to_words(usage) << ": " << order->reason);
      CHECK(MemoryTypeRules{memory, {.usage = usage, .size = 64 * 1024}}.order() == order->types);
    }
    CHECK(rules_call_unified(memory) == expected.unified);
  }
}

TEST_CASE("the library ranks as the rules say on the real GPUs, coherent or not", "[memory_type][rules]") {
  SplitMix64 random{1};
  for (GpuProfile const& profile : gpu_profiles()) {
    INFO(profile.name);
    Gpu non_coherent{profile};
    non_coherent.make_non_coherent();
    for (int i = 0; i < 300; ++i) {
      check(profile.memory, random_request(random, profile.memory));
      check(non_coherent.memory, random_request(random, profile.memory));
    }
  }
}

TEST_CASE("the library ranks as the rules say on memory that nobody has built", "[memory_type][rules]") {
  SplitMix64 random{2};
  for (int i = 0; i < 5000; ++i) {
    MemoryProperties const memory = random_memory(random);
    CHECK(is_unified(memory) == rules_call_unified(memory));
    for (std::uint32_t heap = 0; heap < memory.heap_count; ++heap) {
      INFO("heap " << heap << " of " << describe(memory, {}));
      CHECK(is_small_heap(memory, heap) == rules_call_small(memory, heap));
    }
    for (int j = 0; j < 4; ++j) {
      check(memory, random_request(random, memory));
    }
  }
}

TEST_CASE("the rules say why", "[memory_type][rules]") {
  MemoryProperties const& memory = gpu_profile("NVIDIA GeForce RTX 4070").memory;  // 0 -, 1 D, 2 VC, 3 VC$, 4 DVC
  auto const why = [&](MemoryUsage usage, std::uint32_t a, std::uint32_t b) {
    return MemoryTypeRules{memory, {.usage = usage, .size = 64}}.why(a, b);
  };
  CHECK(why(MemoryUsage::DeviceOnly, 1, 0) == "is DEVICE_LOCAL, which is preferred");
  CHECK(why(MemoryUsage::DeviceOnly, 0, 1).empty());
  CHECK(why(MemoryUsage::DeviceOnly, 1, 4) == "is not HOST_VISIBLE, which is avoided");
  CHECK(why(MemoryUsage::Staging, 2, 4) == "is not DEVICE_LOCAL, which is avoided");
  CHECK(MemoryTypeRules{memory, {.filter = {.not_preferred = MemoryProperty::DeviceLocal}}}.why(0, 1) ==
        "has less of what the filter does not prefer");
}

}  // namespace ashlar::test
