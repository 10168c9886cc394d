#include <ashlar/memory/memory_type.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <tuple>
#include <utility>
#include <vector>

#include "memory/memory_type_expectations.hpp"
#include "support/catch.hpp"
#include "support/simulated_driver.hpp"

namespace ashlar::test {
namespace {

using enum MemoryProperty;
using enum MemoryUsage;

using Types = std::vector<std::uint32_t>;

constexpr std::uint64_t KiB = 1024;
constexpr std::uint64_t MiB = 1024 * KiB;
constexpr std::uint64_t GiB = 1024 * MiB;

constexpr MemoryPropertyFlags amd_uncached = DeviceCoherentAmd | DeviceUncachedAmd;

Types ranked(MemoryProperties const& memory, MemoryTypeRequest const& request) {
  auto const ranking = rank_memory_types(memory, request);
  return {ranking.begin(), ranking.end()};
}

/// The order for a buffer of `size` bytes on an otherwise empty GPU.
Types ranked(MemoryProperties const& memory, MemoryUsage usage, std::uint64_t size = 64 * KiB) {
  return ranked(memory, MemoryTypeRequest{.usage = usage, .size = size});
}

Types ranked(MemoryProperties const& memory, MemoryUsage usage, MemoryTypeFilter const& filter) {
  return ranked(memory, MemoryTypeRequest{.usage = usage, .filter = filter, .size = 64 * KiB});
}

Types ranked_of_resource(MemoryProperties const& memory, MemoryUsage usage, std::uint32_t resource_type_bits) {
  return ranked(memory, MemoryTypeRequest{.usage = usage, .resource_type_bits = resource_type_bits, .size = 64 * KiB});
}

Types ranked_for_user(MemoryProperties const& memory, MemoryUsage usage, std::uint32_t user_type_bits) {
  return ranked(memory, MemoryTypeRequest{.usage = usage, .user_type_bits = user_type_bits, .size = 64 * KiB});
}

constexpr std::uint32_t bits(std::initializer_list<std::uint32_t> types) {
  std::uint32_t result = 0;
  for (std::uint32_t const type : types) {
    result |= std::uint32_t{1} << type;
  }
  return result;
}

MemoryProperties memory_of(char const* gpu_name_start) { return gpu_profile(gpu_name_start).memory; }

MemoryProperties make_memory(DeviceType device_type, std::initializer_list<MemoryHeap> heaps,
                             std::initializer_list<MemoryType> types) {
  MemoryProperties memory;
  memory.device_type = device_type;
  memory.heap_count = static_cast<std::uint32_t>(heaps.size());
  memory.type_count = static_cast<std::uint32_t>(types.size());
  std::copy(heaps.begin(), heaps.end(), memory.heaps);
  std::copy(types.begin(), types.end(), memory.types);
  return memory;
}

MemoryProperties with_type(MemoryProperties memory, MemoryType type) {
  memory.types[memory.type_count++] = type;
  return memory;
}

/// An APU that sets 256 MiB aside for itself and calls the other 8 GiB of the same memory the host's.
MemoryProperties apu_with_carve_out() {
  return make_memory(DeviceType::IntegratedGpu, {{256 * MiB, MemoryHeapFlag::DeviceLocal}, {8 * GiB, {}}},
                     {{DeviceLocal, 0},
                      {HostVisible | HostCoherent, 1},
                      {DeviceLocal | HostVisible | HostCoherent, 0},
                      {HostVisible | HostCoherent | HostCached, 1}});
}

}  // namespace

TEST_CASE("a small buffer gets the memory types that the rules give it on each GPU", "[memory_type]") {
  CHECK(memory_type_expectations().size() == gpu_profiles().size());
  for (auto const& expected : memory_type_expectations()) {
    auto const memory = memory_of(expected.gpu);
    for (auto const& [usage, name, order] :
         {std::tuple{DeviceOnly, "DeviceOnly", &expected.device_only}, std::tuple{Upload, "Upload", &expected.upload},
          std::tuple{Download, "Download", &expected.download}, std::tuple{Staging, "Staging", &expected.staging}}) {
      INFO(expected.gpu << ", " << name << ": " << order->reason);
      CHECK(ranked(memory, usage) == order->types);
    }
  }
}

TEST_CASE("unified memory and small heaps are recognised on each GPU", "[memory_type]") {
  for (auto const& expected : memory_type_expectations()) {
    INFO(expected.gpu);
    auto const& profile = gpu_profile(expected.gpu);
    CHECK(is_unified(profile.memory) == expected.unified);
    Types small;
    for (std::uint32_t heap = 0; heap < profile.memory.heap_count; ++heap) {
      if (is_small_heap(profile.memory, heap)) {
        small.push_back(heap);
      }
    }
    CHECK(small == expected.small_heaps);
    CHECK(profile.is_a("small_bar") == !expected.small_heaps.empty());
  }
}

TEST_CASE("memory is unified by its heaps or by the device's type", "[memory_type]") {
  MemoryHeap const local{4 * GiB, MemoryHeapFlag::DeviceLocal};
  MemoryHeap const host{4 * GiB, {}};
  CHECK(is_unified(memory_of("PowerVR Rogue GE8300")));  // says that it is discrete
  CHECK(is_unified(make_memory(DeviceType::VirtualGpu, {local, local}, {})));
  CHECK(is_unified(make_memory(DeviceType::Other, {local}, {})));
  CHECK(is_unified(make_memory(DeviceType::IntegratedGpu, {local, host}, {})));
  CHECK(is_unified(make_memory(DeviceType::Cpu, {local, host}, {})));
  CHECK_FALSE(is_unified(make_memory(DeviceType::DiscreteGpu, {local, host}, {})));
  CHECK_FALSE(is_unified(make_memory(DeviceType::VirtualGpu, {host, local}, {})));
  CHECK_FALSE(is_unified(make_memory(DeviceType::Other, {local, host}, {})));
}

TEST_CASE("a heap is small up to 512 MiB and below a quarter of the largest", "[memory_type]") {
  auto const is_small = [](MemoryHeap heap, MemoryHeap other) {
    return is_small_heap(make_memory(DeviceType::DiscreteGpu, {other, heap}, {}), 1);
  };
  MemoryHeap const host{16 * GiB, {}};
  CHECK(is_small({256 * MiB, MemoryHeapFlag::DeviceLocal}, host));
  CHECK(is_small({512 * MiB, MemoryHeapFlag::DeviceLocal}, host));
  CHECK_FALSE(is_small({512 * MiB + 1, MemoryHeapFlag::DeviceLocal}, host));
  CHECK_FALSE(is_small({256 * MiB, {}}, host));
  CHECK_FALSE(is_small({512 * MiB, MemoryHeapFlag::DeviceLocal}, {2 * GiB, {}}));
  CHECK(is_small({512 * MiB, MemoryHeapFlag::DeviceLocal}, {2 * GiB + 1, {}}));
  CHECK(is_small({256 * MiB, MemoryHeapFlag::DeviceLocal}, {16 * GiB, MemoryHeapFlag::DeviceLocal}));
  CHECK_FALSE(is_small_heap(make_memory(DeviceType::Cpu, {{64 * MiB, MemoryHeapFlag::DeviceLocal}}, {}), 0));
}

TEST_CASE("a small heap takes pieces of up to 1/16 and is filled up to 1/2", "[memory_type]") {
  struct SmallBar {
    char const* gpu;
    std::uint32_t heap;
    std::uint64_t sixteenth;
    std::uint64_t half;
    Types upload;              // the window comes first
    Types upload_beyond;       // the window comes last
    Types device_only;         // the window comes after the VRAM
    Types device_only_beyond;  // and now after the host's types too
  };
  std::vector<SmallBar> const small_bars = {
      {"AMD RADV PITCAIRN", 1, 16 * MiB, 128 * MiB, {2, 1, 3}, {1, 3, 2}, {0, 2, 1, 3}, {0, 1, 3, 2}},
      {"AMD Radeon RX 6650 XT",
       2,
       16 * MiB,
       128 * MiB,
       {2, 10, 1, 9, 3, 11},
       {1, 9, 3, 11, 2, 10},
       {0, 8, 2, 10, 1, 9, 3, 11},
       {0, 8, 1, 9, 3, 11, 2, 10}},
      {"NVIDIA GeForce RTX 3060", 2, 14'024'704, 112'197'632, {4, 2, 3}, {2, 3, 4}, {1, 4, 0, 2, 3}, {1, 0, 2, 3, 4}},
      {"Intel Arc A770", 2, 16 * MiB, 128 * MiB, {2, 1}, {1, 2}, {0, 2, 1}, {0, 1, 2}},
      {"Android emulator gfxstream",
       2,
       14'024'704,
       112'197'632,
       {4, 2, 3},
       {2, 3, 4},
       {1, 4, 0, 2, 3},
       {1, 0, 2, 3, 4}},
  };
  auto const known = std::count_if(gpu_profiles().begin(), gpu_profiles().end(),
                                   [](GpuProfile const& profile) { return profile.is_a("small_bar"); });
  CHECK(known == static_cast<std::ptrdiff_t>(small_bars.size()));

  for (auto const& bar : small_bars) {
    INFO(bar.gpu);
    auto const memory = memory_of(bar.gpu);
    auto const in_use = [&](MemoryUsage usage, std::uint32_t heap, std::uint64_t used) {
      MemoryTypeRequest request{.usage = usage, .size = 64 * KiB};
      request.heap_use[heap] = used;
      return ranked(memory, request);
    };
    CHECK(ranked(memory, Upload, bar.sixteenth) == bar.upload);
    CHECK(ranked(memory, Upload, bar.sixteenth + 1) == bar.upload_beyond);
    CHECK(ranked(memory, DeviceOnly, bar.sixteenth) == bar.device_only);
    CHECK(ranked(memory, DeviceOnly, bar.sixteenth + 1) == bar.device_only_beyond);
    CHECK(ranked(memory, Upload, ~std::uint64_t{0}) == bar.upload_beyond);

    CHECK(in_use(Upload, bar.heap, bar.half - 64 * KiB) == bar.upload);
    CHECK(in_use(Upload, bar.heap, bar.half - 64 * KiB + 1) == bar.upload_beyond);
    CHECK(in_use(DeviceOnly, bar.heap, bar.half - 64 * KiB) == bar.device_only);
    CHECK(in_use(DeviceOnly, bar.heap, bar.half - 64 * KiB + 1) == bar.device_only_beyond);
    CHECK(in_use(Upload, bar.heap, memory.heaps[bar.heap].size) == bar.upload_beyond);
    CHECK(in_use(Upload, bar.heap, ~std::uint64_t{0}) == bar.upload_beyond);
    for (std::uint32_t heap = 0; heap < memory.heap_count; ++heap) {
      if (heap != bar.heap) {
        CHECK(in_use(Upload, heap, memory.heaps[heap].size) == bar.upload);
      }
    }
  }
}

TEST_CASE("a request exceeds a small heap by its own size or by what is in use", "[memory_type]") {
  auto const memory = memory_of("AMD RADV PITCAIRN");  // heap 0 VRAM, 1 a window of 256 MiB, 2 the host's
  auto const exceeds = [&](std::uint32_t heap, std::uint64_t size, std::uint64_t used) {
    MemoryTypeRequest request{.size = size};
    request.heap_use[heap] = used;
    return exceeds_small_heap(memory, request, heap);
  };
  CHECK_FALSE(exceeds(1, 16 * MiB, 0));
  CHECK(exceeds(1, 16 * MiB + 1, 0));
  CHECK_FALSE(exceeds(1, 16 * MiB, 112 * MiB));
  CHECK(exceeds(1, 16 * MiB, 112 * MiB + 1));
  CHECK(exceeds(1, 0, 128 * MiB + 1));
  CHECK_FALSE(exceeds(0, GiB, GiB));  // not small
  CHECK_FALSE(exceeds(2, GiB, GiB));  // not the device's
}

TEST_CASE("a small heap that is full still serves who can use nothing else", "[memory_type]") {
  auto const memory = memory_of("AMD Radeon RX 6650 XT");
  CHECK(ranked(memory, MemoryTypeRequest{.usage = Upload, .user_type_bits = bits({2, 10}), .size = 100 * MiB}) ==
        Types{2, 10});
  CHECK(ranked(memory, MemoryTypeRequest{.usage = DeviceOnly,
                                         .filter = {.required = DeviceLocal | HostVisible},
                                         .size = 100 * MiB}) == Types{2, 10});
}

TEST_CASE("the filter wins over the limits of a small heap", "[memory_type]") {
  auto const ranked_large = [](MemoryTypeFilter const& filter) {  // 0 -, 1 D, 2 VC, 3 VC$, 4 DVC in a small heap
    return ranked(memory_of("NVIDIA GeForce RTX 3060"),
                  MemoryTypeRequest{.usage = Upload, .filter = filter, .size = 100 * MiB});
  };
  CHECK(ranked_large({}) == Types{2, 3, 4});
  CHECK(ranked_large({.preferred = DeviceLocal}) == Types{4, 2, 3});
  CHECK(ranked_large({.not_preferred = HostCached}) == Types{2, 4, 3});
}

TEST_CASE("a large heap has no limit for one piece and none for all", "[memory_type]") {
  auto const memory = memory_of("NVIDIA GeForce RTX 2050");
  MemoryTypeRequest request{.usage = Upload, .size = GiB};
  request.heap_use[0] = 3 * GiB;
  CHECK(ranked(memory, request) == Types{5, 3, 4});
}

TEST_CASE("a resource's type bits leave only those types, in the same order", "[memory_type]") {
  CHECK(ranked_of_resource(memory_of("NVIDIA GeForce RTX 4070"), Upload, bits({0, 1, 2, 3})) == Types{2, 3});
  CHECK(ranked_of_resource(memory_of("NVIDIA GeForce RTX 4070"), DeviceOnly, bits({0, 2, 3})) == Types{0, 2, 3});
  // The duplicates are not interchangeable: 7 is the same as 8, but not for this resource.
  CHECK(ranked_of_resource(memory_of("GeForce GTX 1080 Ti"), DeviceOnly, bits({5, 8, 10})) == Types{8, 5, 10});
  CHECK(ranked_of_resource(memory_of("AMD Radeon RX 6700 XT"), Upload, bits({9, 10, 11, 14})) == Types{10, 9, 11});
  CHECK(ranked_of_resource(memory_of("Adreno (TM) 540"), DeviceOnly, bits({0, 1, 3})) == Types{1, 0, 3});
}

TEST_CASE("the user's type bits win over the usage's preferences", "[memory_type]") {
  auto const memory = memory_of("AMD Radeon RX 6700 XT");
  CHECK(ranked_for_user(memory, DeviceOnly, bits({1})) == Types{1});
  CHECK(ranked_for_user(memory, DeviceOnly, bits({3, 1})) == Types{1, 3});
  CHECK(ranked_for_user(memory, Upload, bits({8, 9, 10, 11, 12, 13, 14, 15})) == Types{10, 9, 11});
  CHECK(ranked(memory, MemoryTypeRequest{.usage = Upload,
                                         .resource_type_bits = bits({0, 1, 2, 3}),
                                         .user_type_bits = bits({2, 3, 10, 11}),
                                         .size = 64 * KiB}) == Types{2, 3});
}

TEST_CASE("types without a required property are not used", "[memory_type]") {
  CHECK(ranked(memory_of("NVIDIA GeForce RTX 4070"), DeviceOnly, {.required = HostVisible | HostCoherent}) ==
        Types{4, 2, 3});
  CHECK(ranked(memory_of("NVIDIA GeForce RTX 4070"), Upload, {.required = HostCached}) == Types{3});
  CHECK(ranked(memory_of("NVIDIA GeForce RTX 4070"), Download, {.required = DeviceLocal}) == Types{4});
  CHECK(ranked(memory_of("Apple M1"), Download, {.required = HostCoherent}) == Types{1});
}

TEST_CASE("what the filter prefers wins over what the usage prefers and avoids", "[memory_type]") {
  auto const discrete = memory_of("NVIDIA GeForce RTX 4070");  // 0 -, 1 D, 2 VC, 3 VC$, 4 DVC
  CHECK(ranked(discrete, DeviceOnly, {.preferred = HostVisible}) == Types{4, 2, 3, 1, 0});
  CHECK(ranked(discrete, Download, {.preferred = DeviceLocal}) == Types{4, 3, 2});
  CHECK(ranked(discrete, Staging, {.preferred = HostCached}) == Types{3, 2, 4});
  CHECK(ranked(memory_of("AMD Radeon RX 6700 XT"), Staging, {.preferred = DeviceLocal}) == Types{2, 10, 1, 9, 3, 11});
  // More of the preferred properties come first, and only equal counts are left to the usage.
  auto const adreno = memory_of("Adreno (TM) 540");  // 0 D, 1 DV$, 2 DVC$, 3 D, 4 DVC
  CHECK(ranked(adreno, Upload, {.preferred = HostCoherent | HostCached}) == Types{2, 4, 1});
  CHECK(ranked(discrete, Upload, {.preferred = DeviceLocal | HostCached}) == Types{4, 3, 2});
  CHECK(ranked(discrete, Upload, {.preferred = HostCoherent | HostCached}) == Types{3, 4, 2});
}

TEST_CASE("what the filter does not prefer comes late, before the usage is asked", "[memory_type]") {
  auto const discrete = memory_of("NVIDIA GeForce RTX 4070");  // 0 -, 1 D, 2 VC, 3 VC$, 4 DVC
  CHECK(ranked(discrete, Upload, {.not_preferred = DeviceLocal}) == Types{2, 3, 4});
  CHECK(ranked(discrete, DeviceOnly, {.not_preferred = DeviceLocal}) == Types{0, 2, 3, 1, 4});
  CHECK(ranked(memory_of("NVIDIA GeForce RTX 3060"), Upload, {.not_preferred = DeviceLocal}) == Types{2, 3, 4});
  CHECK(ranked(memory_of("Intel(R) Iris(R) Xe"), DeviceOnly, {.not_preferred = HostVisible}) == Types{0, 1, 2});
  // Fewer of them come first.
  CHECK(ranked(discrete, Upload, {.not_preferred = DeviceLocal | HostVisible}) == Types{2, 3, 4});
  CHECK(ranked(memory_of("Adreno (TM) 540"), DeviceOnly, {.not_preferred = HostCoherent | HostCached}) ==
        Types{0, 3, 4, 1, 2});
}

TEST_CASE("what the filter prefers counts before what it does not prefer", "[memory_type]") {
  CHECK(ranked(memory_of("NVIDIA GeForce RTX 4070"), DeviceOnly,
               {.preferred = HostVisible, .not_preferred = DeviceLocal}) == Types{2, 3, 4, 0, 1});
}

TEST_CASE("special memory is used when the filter names it", "[memory_type]") {
  auto const m2 = memory_of("Apple M2");  // 0 D, 1 DVC$, 2 D lazily allocated
  CHECK(ranked(m2, DeviceOnly, {.required = LazilyAllocated}) == Types{2});
  CHECK(ranked(m2, DeviceOnly, {.preferred = LazilyAllocated}) == Types{2, 1, 0});
  CHECK(ranked(memory_of("Mali-T760"), DeviceOnly, {.required = LazilyAllocated}) == Types{2});
  CHECK(ranked(memory_of("Intel iGPU with LLC"), DeviceOnly, {.required = Protected}) == Types{3});
  auto const amd = memory_of("AMD Radeon RX 6700 XT");
  CHECK(ranked(amd, DeviceOnly, {.required = amd_uncached}) == Types{4, 12, 6, 14, 5, 13, 7, 15});
  CHECK(ranked(amd, Upload, {.required = amd_uncached}) == Types{6, 14, 5, 13, 7, 15});
  CHECK(ranked(amd, Upload, {.preferred = amd_uncached}) == Types{6, 14, 5, 13, 7, 15, 2, 10, 1, 9, 3, 11});
}

TEST_CASE("memory for RDMA is used only when it is named", "[memory_type]") {
  auto const memory = with_type(memory_of("NVIDIA GeForce RTX 4070"), {DeviceLocal | RdmaCapableNv, 0});
  CHECK(ranked(memory, DeviceOnly) == Types{1, 4, 0, 2, 3});
  CHECK(ranked(memory, DeviceOnly, {.required = RdmaCapableNv}) == Types{5});
}

TEST_CASE("naming one special property does not let in another", "[memory_type]") {
  auto const memory = with_type(memory_of("Mali-T760"), {DeviceLocal | LazilyAllocated | Protected, 0});
  CHECK(ranked(memory, DeviceOnly, {.required = LazilyAllocated}) == Types{2});
  CHECK(ranked(memory, DeviceOnly, {.required = LazilyAllocated | Protected}) == Types{3});
}

TEST_CASE("special memory is used when the user's type bits leave nothing else", "[memory_type]") {
  CHECK(ranked_for_user(memory_of("Apple M2"), DeviceOnly, bits({2})) == Types{2});
  CHECK(ranked_for_user(memory_of("Apple M2"), DeviceOnly, bits({0, 2})) == Types{0});
  CHECK(ranked_for_user(memory_of("Intel iGPU with LLC"), DeviceOnly, bits({3})) == Types{3});
  auto const amd = memory_of("AMD Radeon RX 6700 XT");
  CHECK(ranked_for_user(amd, DeviceOnly, bits({4, 5, 6, 7})) == Types{4, 6, 5, 7});
  CHECK(ranked_for_user(amd, Upload, bits({4, 5, 6, 7})) == Types{6, 5, 7});
  CHECK(ranked_for_user(amd, Download, bits({4, 5, 6, 7})) == Types{7, 5, 6});
  CHECK(ranked_for_user(amd, Staging, bits({4, 5, 6, 7})) == Types{5, 7, 6});
}

TEST_CASE("a request that nothing can satisfy gets no memory type", "[memory_type]") {
  auto const k620 = memory_of("Quadro K620");
  CHECK(ranked_of_resource(k620, Upload, bits({0, 1, 2, 3, 4, 5, 6, 7, 8})).empty());
  CHECK(ranked(k620, Upload, {.required = DeviceLocal}).empty());
  CHECK(ranked_for_user(k620, Upload, bits({7})).empty());
  CHECK(ranked(k620, MemoryTypeRequest{.resource_type_bits = bits({7}), .user_type_bits = bits({8})}).empty());
  CHECK(ranked_for_user(k620, DeviceOnly, bits({20})).empty());
  CHECK(ranked_for_user(k620, DeviceOnly, 0).empty());
  CHECK(ranked(memory_of("PowerVR Rogue GE8300"), Download, {.required = HostCached}).empty());
  CHECK(ranked(memory_of("Android emulator gfxstream"), Upload, {.required = HostCoherent}).empty());
  CHECK(ranked(memory_of("Mali-T760"), Upload, {.required = LazilyAllocated}).empty());
  CHECK(ranked_for_user(memory_of("Apple M2"), Upload, bits({2})).empty());
  CHECK(ranked_of_resource(memory_of("Apple M2"), DeviceOnly, bits({2})).empty());  // lazily allocated
  CHECK(ranked(MemoryProperties{}, DeviceOnly).empty());
}

TEST_CASE("the other heap of an APU with a small carve-out counts as device-local", "[memory_type]") {
  auto const memory = apu_with_carve_out();  // 0 D carve-out, 1 VC, 2 DVC carve-out, 3 VC$
  CHECK(is_unified(memory));
  CHECK(is_small_heap(memory, 0));
  CHECK_FALSE(is_small_heap(memory, 1));
  // All four count as D. V is preferred where the heap is the largest: 1 and 3; of these $ is avoided. Then nobody
  // asked for the V and C of 2.
  CHECK(ranked(memory, DeviceOnly) == Types{1, 3, 0, 2});
  // All count as D and are C; nobody asked for $; of 1 and 2 the larger heap wins.
  CHECK(ranked(memory, Upload) == Types{1, 2, 3});
  // $ first; then 1 and 2 are equal but for the larger heap.
  CHECK(ranked(memory, Download) == Types{3, 1, 2});
  CHECK(ranked(memory, Staging) == Types{1, 2, 3});
}

TEST_CASE("a large piece does not go into an APU's carve-out", "[memory_type]") {
  auto const memory = apu_with_carve_out();
  CHECK(ranked(memory, DeviceOnly, 16 * MiB + 1) == Types{1, 3, 0, 2});
  CHECK(ranked(memory, Upload, 16 * MiB + 1) == Types{1, 3, 2});
  CHECK(ranked(memory, Download, 16 * MiB + 1) == Types{3, 1, 2});
  CHECK(ranked(memory, Staging, 16 * MiB + 1) == Types{1, 3, 2});
}

TEST_CASE("the host's heap stays the host's where the device's is not small, or memory not unified", "[memory_type]") {
  auto memory = apu_with_carve_out();
  memory.heaps[0].size = 2 * GiB;
  CHECK(ranked(memory, Upload) == Types{2, 1, 3});
  CHECK(ranked(memory, DeviceOnly) == Types{2, 0, 1, 3});
  memory = apu_with_carve_out();
  memory.device_type = DeviceType::DiscreteGpu;
  CHECK(ranked(memory, Upload) == Types{2, 1, 3});
  CHECK(ranked(memory, DeviceOnly) == Types{0, 2, 1, 3});
}

TEST_CASE("host-visible unified memory is not preferred in a smaller heap", "[memory_type]") {
  auto memory = make_memory(DeviceType::IntegratedGpu,
                            {{8 * GiB, MemoryHeapFlag::DeviceLocal}, {4 * GiB, MemoryHeapFlag::DeviceLocal}},
                            {{DeviceLocal | HostVisible | HostCoherent, 1}, {DeviceLocal, 0}});
  CHECK(ranked(memory, DeviceOnly) == Types{1, 0});
  memory.heaps[1].size = 8 * GiB;
  CHECK(ranked(memory, DeviceOnly) == Types{0, 1});
}

TEST_CASE("properties that nobody asked for, known or not, come after equals without them", "[memory_type]") {
  auto const unknown = MemoryPropertyFlags::from_mask(0x4000);
  auto const memory = make_memory(DeviceType::DiscreteGpu, {{8 * GiB, MemoryHeapFlag::DeviceLocal}, {8 * GiB, {}}},
                                  {{DeviceLocal | unknown, 0},
                                   {DeviceLocal, 0},
                                   {HostVisible | HostCoherent | HostCached | unknown, 1},
                                   {HostVisible | HostCoherent | HostCached, 1}});
  CHECK(ranked(memory, DeviceOnly) == Types{1, 0, 3, 2});
  CHECK(ranked(memory, Download) == Types{3, 2});
}

TEST_CASE("uploads prefer device-local memory before coherent memory", "[memory_type]") {
  auto const memory = make_memory(DeviceType::DiscreteGpu, {{8 * GiB, MemoryHeapFlag::DeviceLocal}, {8 * GiB, {}}},
                                  {{HostVisible | HostCoherent, 1}, {DeviceLocal | HostVisible, 0}});
  CHECK(ranked(memory, Upload) == Types{1, 0});
}

TEST_CASE("the heap of a type that is left out is none that others have to be as large as", "[memory_type]") {
  auto const memory = make_memory(DeviceType::IntegratedGpu,
                                  {{4 * GiB, MemoryHeapFlag::DeviceLocal}, {2 * GiB, MemoryHeapFlag::DeviceLocal}},
                                  {{DeviceLocal | Protected, 0}, {DeviceLocal, 1}, {DeviceLocal | HostVisible, 1}});
  CHECK(ranked(memory, DeviceOnly) == Types{2, 1});
}

TEST_CASE("what is avoided weighs more than any number of properties that nobody asked for", "[memory_type]") {
  // Type 0 has two properties that nobody asked for; type 1 has one, which some usages avoid, unless memory is unified.
  auto const unknown = MemoryPropertyFlags::from_mask(0xC000);
  auto const memory = [&](DeviceType device_type, MemoryPropertyFlags common, MemoryPropertyFlags avoided) {
    return make_memory(device_type, {{8 * GiB, MemoryHeapFlag::DeviceLocal}, {8 * GiB, {}}},
                       {{common | unknown, 0}, {common | avoided, 0}});
  };
  CHECK(ranked(memory(DeviceType::DiscreteGpu, DeviceLocal, HostVisible), DeviceOnly) == Types{0, 1});
  CHECK(ranked(memory(DeviceType::DiscreteGpu, HostVisible, HostCached), Upload) == Types{0, 1});
  CHECK(ranked(memory(DeviceType::IntegratedGpu, HostVisible, HostCached), Upload) == Types{1, 0});
  CHECK(ranked(memory(DeviceType::DiscreteGpu, HostVisible, DeviceLocal), Download) == Types{0, 1});
  CHECK(ranked(memory(DeviceType::IntegratedGpu, HostVisible, DeviceLocal), Download) == Types{1, 0});
}

TEST_CASE("of equal types the one in the larger heap comes first, then the lower index", "[memory_type]") {
  auto const memory =
      make_memory(DeviceType::DiscreteGpu,
                  {{2 * GiB, MemoryHeapFlag::DeviceLocal}, {4 * GiB, MemoryHeapFlag::DeviceLocal}, {16 * GiB, {}}},
                  {{DeviceLocal, 0}, {DeviceLocal, 1}, {DeviceLocal, 0}, {DeviceLocal, 1}});
  CHECK(ranked(memory, DeviceOnly) == Types{1, 3, 0, 2});
}

TEST_CASE("a GPU may have 32 types in 16 heaps", "[memory_type]") {
  MemoryProperties memory;
  memory.device_type = DeviceType::DiscreteGpu;
  memory.heap_count = max_memory_heaps;
  memory.type_count = max_memory_types;
  for (std::uint32_t heap = 0; heap < max_memory_heaps; ++heap) {
    memory.heaps[heap] = {(heap + 1) * GiB, {}};
  }
  for (std::uint32_t type = 0; type < max_memory_types; ++type) {
    memory.types[type] = {HostVisible | HostCoherent, type / 2};
  }
  memory.types[31].properties |= HostCached;
  Types expected;  // the larger heaps are the last ones, two types in each
  for (std::uint32_t heap = max_memory_heaps; heap-- > 0;) {
    expected.insert(expected.end(), {2 * heap, 2 * heap + 1});
  }
  expected.erase(expected.begin() + 1);  // the cached one
  expected.push_back(31);
  CHECK(ranked(memory, Upload) == expected);
}

TEST_CASE("the order in which a driver lists its types does not matter", "[memory_type]") {
  // What each chosen type is, as far as it can be told apart.
  auto const chosen = [](MemoryProperties const& memory, MemoryTypeRequest const& request) {
    std::vector<std::pair<std::uint32_t, std::uint64_t>> result;
    for (std::uint32_t const type : rank_memory_types(memory, request)) {
      result.emplace_back(memory.types[type].properties.mask(), memory.heaps[memory.types[type].heap].size);
    }
    return result;
  };
  for (auto const& profile : gpu_profiles()) {
    for (auto const usage : {DeviceOnly, Upload, Download, Staging}) {
      for (auto const size : {64 * KiB, 64 * MiB}) {
        MemoryTypeRequest const request{.usage = usage, .size = size};
        auto const expected = chosen(profile.memory, request);
        REQUIRE_FALSE(expected.empty());
        auto permuted = profile.memory;
        std::reverse(permuted.types, permuted.types + permuted.type_count);
        for (std::uint32_t rotation = 0; rotation < permuted.type_count; ++rotation) {
          INFO(profile.name << ", reversed and rotated by " << rotation);
          CHECK(chosen(permuted, request) == expected);
          std::rotate(permuted.types, permuted.types + 1, permuted.types + permuted.type_count);
        }
      }
    }
  }
}

TEST_CASE("of duplicate types the one with the lower index comes first", "[memory_type]") {
  for (auto const& profile : gpu_profiles()) {
    INFO(profile.name);
    auto const& types = profile.memory.types;
    for (auto const usage : {DeviceOnly, Upload, Download, Staging}) {
      auto const order = ranked(profile.memory, usage);
      for (std::size_t i = 1; i < order.size(); ++i) {
        bool const duplicates = types[order[i - 1]].properties == types[order[i]].properties &&
                                types[order[i - 1]].heap == types[order[i]].heap;
        CHECK((!duplicates || order[i - 1] < order[i]));
      }
    }
  }
}

}  // namespace ashlar::test
