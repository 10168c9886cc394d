#include <ashlar/memory/memory_type.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>

#include <cstdint>
#include <utility>
#include <vector>

#include "memory/memory_allocator_state.hpp"
#include "memory/memory_fixture.hpp"
#include "suballocator/split_mix_64.hpp"

// The short way of an allocation: the memory type that was best before for a request of its kind.

namespace ashlar::test {
namespace {

struct Kind {
  std::uint32_t resource_type_bits;
  AllocationCreateInfo info;
};

/// Some property that is ordinary; none three times in four.
MemoryPropertyFlags any_property(SplitMix64& random) {
  using enum MemoryProperty;
  constexpr MemoryProperty all[] = {DeviceLocal, HostVisible, HostCoherent, HostCached};
  return random.below(4) == 0 ? MemoryPropertyFlags{all[random.below(4)]} : MemoryPropertyFlags{};
}

Kind any_kind(SplitMix64& random) {
  auto const bits = [&] {
    return random.below(3) == 0 ? static_cast<std::uint32_t>(random.next()) : ~std::uint32_t{0};
  };
  return {bits(),
          {.usage = static_cast<MemoryUsage>(random.below(4)),
           .filter = {.required = any_property(random),
                      .preferred = any_property(random),
                      .not_preferred = any_property(random)},
           .memory_type_bits = bits()}};
}

/// The best memory type for a request now, by the ranking; all of them if none fits.
std::uint32_t best_type(MemoryAllocator const& allocator, Kind const& kind, std::uint64_t size) {
  MemoryProperties const& memory = allocator.device().physical_device().memory();
  MemoryStatistics const statistics = allocator.statistics();
  MemoryTypeRequest request{.usage = kind.info.usage,
                            .filter = kind.info.filter,
                            .resource_type_bits = kind.resource_type_bits,
                            .user_type_bits = kind.info.memory_type_bits,
                            .size = size};
  for (std::uint32_t type = 0; type < memory.type_count; ++type) {
    request.heap_use[memory.types[type].heap] +=
        statistics.types[type].suballocation_bytes + statistics.types[type].dedicated_bytes;
  }
  MemoryTypeRanking const ranking = rank_memory_types(memory, request);
  return ranking.empty() ? memory.type_count : ranking[0];
}

}  // namespace

TEST_CASE("the memory type of an allocation is the best by the ranking, on each GPU, whatever came before",
          "[memory_allocator][choices]") {
  for (GpuProfile const& profile : gpu_profiles()) {
    SimulatedDriver driver{profile};
    StandardMemoryAllocator const allocator{driver.create_device()};
    SplitMix64 random{profile.name.size()};
    std::vector<Kind> kinds;
    for (int i = 0; i != 24; ++i) {
      kinds.push_back(any_kind(random));
    }
    std::vector<MemoryAllocation> kept;
    for (int step = 0; step != 400; ++step) {
      Kind const kind = random.below(20) == 0 ? any_kind(random) : kinds[random.below(24)];
      std::uint64_t const size = random.of_any_length(random.below(4) == 0 ? 26 : 18);
      std::uint32_t const expected = best_type(allocator, kind, size);
      INFO(profile.name << ", step " << step);
      if (expected == profile.memory.type_count) {
        CHECK_THROWS_AS(allocator.allocate({.size = size, .memory_type_bits = kind.resource_type_bits}, kind.info),
                        ValidationError);
        continue;
      }
      MemoryAllocation made =
          allocator.allocate({.size = size, .memory_type_bits = kind.resource_type_bits}, kind.info);
      // Of a small heap blocks have a half, of which some is unused; then another type serves.
      std::uint32_t const heap = profile.memory.types[expected].heap;
      bool const is_small = is_small_heap(profile.memory, heap);
      if (!is_small || driver.heap_use(heap) + (std::uint64_t{32} << 20U) < profile.memory.heaps[heap].size / 2) {
        REQUIRE(made.memory_type() == expected);
      }
      kept.push_back(std::move(made));
      if (kept.size() > 20) {
        kept.erase(kept.begin() + random.below(20));
      }
    }
  }
}

TEST_CASE("what needs dedicated memory gets it although a block of the best memory type has room",
          "[memory_allocator][choices]") {
  Gpu gpu;
  gpu.memory = discrete_memory();
  SimulatedDriver driver{gpu};
  StandardMemoryAllocator const allocator{driver.create_device()};
  MemoryAllocation const in_block = allocator.allocate({.size = 1}, {});
  auto const is_dedicated = [&](MemoryRequirements const& requirements, AllocationCreateInfo const& info = {}) {
    return allocator.allocate(requirements, info).is_dedicated();
  };
  CHECK_FALSE(is_dedicated({.size = 1}));
  CHECK_FALSE(is_dedicated({.size = 1}, {.allocate_preference = AllocatePreference::NeverAllocate}));
  CHECK(driver.calls("vkAllocateMemory") == 1);
  CHECK(is_dedicated({.size = 1}, {.allocate_preference = AllocatePreference::AlwaysAllocate}));
  CHECK(is_dedicated({.size = 1, .prefers_dedicated = true}));
  CHECK(is_dedicated({.size = 1, .requires_dedicated = true}));
  CHECK(is_dedicated({.size = 1, .export_handle_types = ExternalMemoryHandleType::OpaqueFd}));
  CHECK_FALSE(is_dedicated({.size = 128 * mib}));
  CHECK(is_dedicated({.size = 128 * mib + 1}));
  CHECK_THROWS_AS(allocator.allocate({.size = 0}, {}), ValidationError);
  CHECK_THROWS_AS(allocator.allocate({.size = 1, .alignment = 3}, {}), ValidationError);
  CHECK_THROWS_AS(allocator.allocate({.size = 1, .memory_type_bits = 0}, {}), ValidationError);
}

TEST_CASE("a piece lies on a small heap while that may have it, however often its kind has come",
          "[memory_allocator][choices]") {
  GpuProfile const& gpu = gpu_profile("AMD Radeon RX 6650 XT");
  constexpr std::uint32_t bar = 2;
  SimulatedDriver driver{gpu};
  StandardMemoryAllocator const allocator{driver.create_device()};
  auto const allocate = [&](std::uint64_t size) {
    return allocator.allocate({.size = size}, {.usage = MemoryUsage::Upload});
  };
  auto const is_on_bar = [&](MemoryAllocation const& allocation) {
    return gpu.memory.types[allocation.memory_type()].heap == bar;
  };
  std::vector<MemoryAllocation> kept;
  for (int i = 0; i != 128; ++i) {
    kept.push_back(allocate(mib));
    REQUIRE(is_on_bar(kept.back()));
  }
  CHECK_FALSE(is_on_bar(allocate(1)));
  kept.pop_back();
  CHECK(is_on_bar(allocate(mib)));
  CHECK_FALSE(is_on_bar(allocate(mib + 1)));
  kept.clear();
  CHECK(is_on_bar(allocate(16 * mib)));
  CHECK_FALSE(is_on_bar(allocate(16 * mib + 1)));
}

TEST_CASE("so many kinds of requests are known, and the others are served all the same",
          "[memory_allocator][choices]") {
  Gpu gpu;
  gpu.memory = discrete_memory();
  SimulatedDriver driver{gpu};
  StandardMemoryAllocator const allocator{driver.create_device()};
  detail::MemoryTypeChoices& choices = detail::Access::state(allocator).choices;
  auto const bits = [](std::uint32_t kind) { return kind << 3U | type_bit(kind % 3); };
  CHECK(choices.find(0, {}) == nullptr);
  std::vector<detail::MemoryTypeChoices::Choice const*> known;
  for (std::uint32_t kind = 0; kind != 32; ++kind) {
    known.push_back(choices.find(bits(kind), {}));
    REQUIRE(known.back() != nullptr);
    CHECK(known.back()->type == kind % 3);
    CHECK(known.back()->pool == &detail::Access::state(allocator).pools[kind % 3]);
  }
  for (std::uint32_t kind = 32; kind != 40; ++kind) {
    CHECK(choices.find(bits(kind), {}) == nullptr);
    CHECK(allocator.allocate({.size = 1, .memory_type_bits = bits(kind)}, {}).memory_type() == kind % 3);
  }
  for (std::uint32_t kind = 0; kind != 32; ++kind) {
    CHECK(choices.find(bits(kind), {}) == known[kind]);
  }
}

}  // namespace ashlar::test
