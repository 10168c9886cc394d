#include <ashlar/buffer/buffer.hpp>

#include <array>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "benchmarks/bench_device.hpp"
#include "benchmarks/cases.hpp"

namespace ashlar::bench {

namespace {

struct Light {
  float position[3];
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, position, strength);

/// Lets the compiler know nothing of what is read.
void look_at(Light const& light) { asm volatile("" : : "r"(&light) : "memory"); }

enum Way : std::size_t { Read, LockShared, Write, Lock, way_count };
constexpr char const* way_names[] = {"read", "lock_shared", "write", "lock"};

/// Nanoseconds of one of `count` calls.
template <class Do>
double nanoseconds_of(std::uint64_t count, Do once) {
  Clock::time_point const begin = Clock::now();
  for (std::uint64_t i = 0; i < count; ++i) {
    once();
  }
  return std::chrono::duration<double, std::nano>{Clock::now() - begin}.count() / static_cast<double>(count);
}

}  // namespace

Figures run_guards(Options const& options) {
  BenchDevice bench{options};
  std::array<std::vector<double>, way_count> times;
  {
    auto const buffer = Buffer::from_data(bench.allocator(), {.usage = BufferUsage::StorageBuffer},
                                          {.usage = MemoryUsage::Upload}, Light{});
    Light light{};
    std::shared_mutex mutex;
    for (std::uint32_t pass = 0; pass < options.passes; ++pass) {
      times[Read].push_back(nanoseconds_of(options.ops, [&] {
        auto const guard = buffer.read();
        look_at(*guard);
      }));
      times[LockShared].push_back(nanoseconds_of(options.ops, [&] {
        std::shared_lock const lock{mutex};
        look_at(light);
      }));
      times[Write].push_back(nanoseconds_of(options.ops, [&] {
        auto const guard = buffer.write();
        look_at(*guard);
      }));
      times[Lock].push_back(nanoseconds_of(options.ops, [&] {
        std::lock_guard const lock{mutex};
        look_at(light);
      }));
    }
  }
  Figures figures;
  for (std::size_t way = 0; way < way_count; ++way) {
    if (options.passes > 1) {
      times[way].erase(times[way].begin());
    }
    add_nanoseconds(figures, std::string{way_names[way]} + "_ns", times[way]);
  }
  for (Way const way : {Read, Write}) {
    std::string const name = std::string{way_names[way]} + "_over_" + way_names[way + 1];
    figures[name + "_min"] = rounded(minimum(times[way]) / minimum(times[way + 1]));
    figures[name + "_median"] = rounded(median(times[way]) / median(times[way + 1]));
  }
  bench.finish(figures);
  return figures;
}

}  // namespace ashlar::bench
