// Runs one case, and prints what it measured as one line of JSON. See tests/README.md, "Benchmarks".

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/cases.hpp"
#include "benchmarks/options.hpp"

namespace ashlar::bench {
namespace {

struct Case {
  char const* name;
  Figures (*run)(Options const& options);
  bool takes_threads;
  Options defaults;
  char const* summary;
};

std::vector<Case> const& cases() {
  static Options const large{.passes = 9, .bytes = std::uint64_t{256} << 20U};
  static std::vector<Case> const all{
      {"null", run_null, true, {}, "the loop alone: what to take off"},
      {"suballocate", run_suballocate, false, {}, "FreeListAllocator: random slots"},
      {"suballocate-buddy", run_suballocate_buddy, false, {}, "BuddyAllocator: the same"},
      {"suballocate-bump", run_suballocate_bump, false, {}, "BumpAllocator: rounds of --live, the oldest freed first"},
      {"fifo", run_fifo, false, {}, "FreeListAllocator: the oldest is freed"},
      {"lifo", run_lifo, false, {}, "FreeListAllocator: rounds of --live, the newest freed first"},
      {"latency", run_latency, false, {.live = 100'000}, "FreeListAllocator: each allocation timed alone"},
      {"bookkeeping", run_bookkeeping, false, {}, "FreeListAllocator: bytes of the host for each piece"},
      {"memory", run_memory, true, {.sizes = {.hi = 16}}, "StandardMemoryAllocator: random slots, one memory type"},
      {"buffers", run_buffers, true, {}, "Buffer::create of 256 bytes: random slots"},
      {"buffers-floor", run_buffers_floor, true, {}, "the Vulkan calls of that alone"},
      {"first-buffer", run_first_buffer, false, {}, "device memory that the first buffer of 4 bytes takes"},
      {"guards", run_guards, false, {.ops = 1'000'000}, "read() and write() beside std::shared_mutex"},
      {"c1", run_c1, true, {.ops = 1'000'000}, "StandardMemoryAllocator: device memory for 512 MiB"},
      {"c2", run_c2, false, {.sizes = {.hi = 22}}, "FreeListAllocator: fill at the first failure, seeds 1 to 32"},
      {"c3", run_c3, false, {.ops = 300'000, .sizes = {.hi = 22}}, "FreeListAllocator: failures at --fill"},
      {"upload", run_upload, true, large,
       "Transfer::upload_to of --bytes, by --threads, beside memcpy and the device's copy"},
      {"download", run_download, true, large, "Transfer::download_to, the same"},
      {"upload-latency", run_upload_latency, false, {.ops = 1000}, "upload_to and a wait, beside Vulkan's calls alone"},
      {"uploads", run_uploads, false, {.ops = 10'000, .passes = 3}, "--ops of upload_to, beside as many submissions"},
      {"upload-in-place", run_upload_in_place, false, {.ops = 1000}, "upload_to where the host can write"},
  };
  return all;
}

void print_help() {
  std::printf("usage: ashlar_bench CASE [--OPTION VALUE]...\n\nCASE is one of\n");
  for (Case const& one : cases()) {
    std::printf("  %-17s  %s\n", one.name, one.summary);
  }
  std::printf("\nEach prints one line of JSON. OPTION is one of\n%s", options_text);
}

Case const& case_named(std::string_view name) {
  for (Case const& one : cases()) {
    if (name == one.name) {
      return one;
    }
  }
  throw UsageError{"there is no case '" + std::string{name} + "'"};
}

/// What was asked for, before what it gave.
Figures described(Case const& one, Options const& options) {
  Figures line;
  line["case"] = one.name;
  line["live"] = options.live;
  line["ops"] = options.ops;
  line["passes"] = options.passes;
  line["sizes"] = options.sizes.rounded ? "r256" : "raw";
  line["hi"] = options.sizes.hi;
  line["threads"] = options.threads;
  line["remote"] = options.remote;
  line["strategy"] = options.strategy == SuballocationStrategy::MinMemory ? "min-memory" : "default";
  line["granule"] = options.granule;
  line["granularity"] = options.granularity;
  line["fill"] = options.fill;
  line["bytes"] = options.bytes;
  return line;
}

int run(std::vector<std::string> const& arguments) {
  if (arguments.empty()) {
    throw UsageError{"no case is named"};
  }
  for (std::string const& argument : arguments) {
    if (argument == "--help") {
      print_help();
      return 0;
    }
  }
  Case const& one = case_named(arguments[0]);
  Options const options = parse_options(one.defaults, {arguments.begin() + 1, arguments.end()});
  if (!one.takes_threads && (options.threads != 1 || options.remote != 0)) {
    throw UsageError{std::string{one.name} + " is for one thread"};
  }
  Figures line = described(one, options);
  line.update(one.run(options));
  std::printf("%s\n", line.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace ashlar::bench

int main(int count, char** arguments) {
  try {
    return ashlar::bench::run({arguments + 1, arguments + count});
  } catch (ashlar::bench::UsageError const& error) {
    std::fprintf(stderr, "ashlar_bench: %s; --help lists what there is\n", error.what());
    return 2;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "ashlar_bench: %s\n", error.what());
    return 1;
  }
}
