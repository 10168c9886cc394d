// Prints, for each GPU that the environment chooses (see simulated_driver/environment.hpp), its memory, and the memory
// types that each MemoryUsage gets by the rules, each with the reason why it comes before the next. Where the library
// ranks otherwise it says so, and the program fails.

#include <ashlar/memory/memory_type.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "memory/memory_type_rules.hpp"
#include "simulated_driver/environment.hpp"

namespace ashlar::test {
namespace {

using simulated::Gpu;

/// What the table is for: small buffers on a GPU that is otherwise empty.
constexpr std::uint64_t size = 64 * 1024;

std::string bytes(std::uint64_t count) {
  constexpr char const* units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(count);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(units); ++unit) {
    value /= 1024;
  }
  char text[32];
  std::snprintf(text, sizeof text,
                value < 10 && value != static_cast<double>(static_cast<int>(value)) ? "%.2f %s" : "%.0f %s", value,
                units[unit]);
  return text;
}

char const* device_type_text(DeviceType type) {
  constexpr char const* words[] = {"other device", "integrated GPU", "discrete GPU", "virtual GPU", "CPU"};
  return words[static_cast<std::size_t>(type)];
}

std::string type_text(Gpu const& gpu, std::uint32_t type) {
  MemoryType const& one = gpu.memory.types[type];
  return to_words(one.properties) + ", heap " + std::to_string(one.heap) + " (" +
         bytes(gpu.memory.heaps[one.heap].size) + ")";
}

void print_memory(Gpu const& gpu) {
  std::printf("%s\n", gpu.name.c_str());
  std::printf("  %s, memory %sunified; atom %s, granularity %s; up to %u allocations, of up to %s\n",
              device_type_text(gpu.memory.device_type), rules_call_unified(gpu.memory) ? "" : "not ",
              bytes(gpu.limits.non_coherent_atom_size).c_str(), bytes(gpu.limits.buffer_image_granularity).c_str(),
              gpu.limits.max_memory_allocation_count, bytes(gpu.max_memory_allocation_size()).c_str());
  for (std::uint32_t heap = 0; heap < gpu.memory.heap_count; ++heap) {
    std::printf("  heap %2u  %9s  %s%s\n", heap, bytes(gpu.memory.heaps[heap].size).c_str(),
                gpu.memory.heaps[heap].flags.contains(MemoryHeapFlag::DeviceLocal) ? "DEVICE_LOCAL" : "no flags",
                rules_call_small(gpu.memory, heap) ? ", small: 1/16 for one allocation, 1/2 for all" : "");
  }
  for (std::uint32_t type = 0; type < gpu.memory.type_count; ++type) {
    std::printf("  type %2u  heap %2u     %s\n", type, gpu.memory.types[type].heap,
                to_words(gpu.memory.types[type].properties).c_str());
  }
}

/// Whether the library agrees.
bool print_usage(Gpu const& gpu, MemoryUsage usage) {
  MemoryTypeRequest const request{.usage = usage, .size = size};
  MemoryTypeRules const rules{gpu.memory, request};
  std::vector<std::uint32_t> const order = rules.order();
  std::string const name{to_words(usage)};
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::string const reason = i + 1 < order.size()
                                   ? "before " + std::to_string(order[i + 1]) + ": " + rules.why(order[i], order[i + 1])
                               : order.size() == 1 ? "the only one"
                                                   : "the last";
    std::printf("  %-10s  %s %2u  %-72s  %s\n", i == 0 ? name.c_str() : "", i == 0 ? "->" : "  ", order[i],
                type_text(gpu, order[i]).c_str(), reason.c_str());
  }
  if (order.empty()) {
    std::printf("  %-10s  no memory type has what it requires\n", name.c_str());
  }
  MemoryTypeRanking const ranking = rank_memory_types(gpu.memory, request);
  bool const agreed = std::equal(order.begin(), order.end(), ranking.begin(), ranking.end());
  if (!agreed) {
    std::printf("  %-10s  THE LIBRARY RANKS OTHERWISE:", "");
    for (std::uint32_t const type : ranking) {
      std::printf(" %u", type);
    }
    std::printf("\n");
  }
  return agreed;
}

}  // namespace
}  // namespace ashlar::test

int main() {
  try {
    bool agreed = true;
    for (auto const& gpu : ashlar::simulated::gpus_of_environment()) {
      ashlar::test::print_memory(gpu);
      for (ashlar::MemoryUsage const usage : ashlar::test::all_usages) {
        agreed = ashlar::test::print_usage(gpu, usage) && agreed;
      }
      std::printf("\n");
    }
    return agreed ? 0 : 1;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
