#include "failure_sweep/sweep.hpp"

#include <algorithm>
#include <cstdio>
#include <future>
#include <map>
#include <utility>

#include "failure_sweep/signature.hpp"
#include "failure_sweep/watchdog.hpp"

namespace ashlar::test {

namespace {

std::string point_name(std::string const& mode, Chapter const& chapter, std::size_t step,
                       std::vector<Injection> const& injections) {
  std::string name = mode + "/" + chapter.name + "/" + chapter.steps[step].name + "/";
  for (Injection const& injection : injections) {
    name += (&injection == injections.data() ? "" : "+") + to_words(injection);
  }
  return name;
}

/// What drivers answer beyond maxMemoryAllocationCount is not in the registry.
std::vector<VkResult> results_of(std::string const& function, RegisteredFunction const& registered) {
  std::vector<VkResult> results = registered.failures;
  if (function == "vkAllocateMemory") {
    results.push_back(VK_ERROR_TOO_MANY_OBJECTS);
  }
  if (registered.may_be_incomplete) {
    results.push_back(VK_INCOMPLETE);
  }
  return results;
}

/// Does it on a thread of its own, which keeps no spare memory of what was done before: allocations are counted.
template <class F>
auto on_fresh_thread(F const& f) {
  return std::async(std::launch::async, f).get();
}

}  // namespace

Sweep::Sweep(SweepOptions options) : options_{std::move(options)}, coverage_{options_.all || !options_.only.empty()} {}

void Sweep::run(Gpu const& gpu, std::string const& mode) {
  gpu_ = gpu;
  mode_ = mode;
  for (Chapter const& chapter : script()) {
    run_chapter(chapter);
  }
}

void Sweep::run_chapter(Chapter const& chapter) {
  std::string const name = mode_ + "/" + chapter.name;
  begin(gpu_.name, name);
  std::vector<StepRecord> clean;
  try {
    clean = on_fresh_thread([&] { return ChapterRun{chapter, gpu_}.record(); });
  } catch (std::exception const& error) {
    report(name, error.what());
    return;
  }
  for (std::size_t step = 0; step < chapter.steps.size(); ++step) {
    run_step(chapter, step, clean);
  }
}

void Sweep::run_step(Chapter const& chapter, std::size_t step, std::vector<StepRecord> const& clean) {
  StepSignatures const signatures{gpu_, clean[step]};
  std::vector<Injection> injections = injections_of(clean[step].calls);
  for (std::uint64_t nth = 1; nth <= clean[step].host_allocations.size(); ++nth) {
    injections.push_back({.nth = nth});
  }
  for (Injection const& injection : injections) {
    std::string const name = point_name(mode_, chapter, step, {injection});
    bool const is_asked_for = options_.only.empty() || name == options_.only;
    std::string const alike = chapter.name + "/" + chapter.steps[step].name + "/" + signatures.of(injection);
    if (is_asked_for && coverage_.take(injection, alike)) {
      run_point(chapter, step, {injection}, clean);
    }
    bool const pairs = options_.only.empty() ? options_.pairs : options_.only.starts_with(name + "+");
    if (pairs && !injection.of_host_memory() && injection.result != VK_ERROR_DEVICE_LOST) {
      run_pairs(chapter, step, injection, clean);
    }
  }
}

void Sweep::run_point(Chapter const& chapter, std::size_t step, std::vector<Injection> const& injections,
                      std::vector<StepRecord> const& clean) {
  ++points_;
  std::string const name = point_name(mode_, chapter, step, injections);
  begin(gpu_.name, name);
  try {
    on_fresh_thread([&] {
      ChapterRun run{chapter, gpu_};
      run.inject(step, injections, clean);
      if (run.has_lost_device()) {
        static_cast<void>(ChapterRun{chapter, gpu_}.record());
      }
    });
  } catch (std::exception const& error) {
    report(name, error.what());
  }
}

/// A second failure at each call that the step still makes after the first, that its repetition makes, and that the
/// next step makes then: other calls than without the first, maybe.
void Sweep::run_pairs(Chapter const& chapter, std::size_t step, Injection const& first,
                      std::vector<StepRecord> const& clean) {
  ChapterRun run{chapter, gpu_};
  try {
    on_fresh_thread([&] { run.inject(step, {first}, clean); });
  } catch (std::exception const& error) {
    report(point_name(mode_, chapter, step, {first}), error.what());
    return;
  }
  std::vector<std::string> const& calls = run.calls();
  std::map<std::string, std::uint64_t> before;
  for (auto call = calls.begin(); call != calls.end() && before[first.function] < first.nth; ++call) {
    ++before[*call];
  }
  for (Injection const& second : injections_of(calls)) {
    std::string const name = point_name(mode_, chapter, step, {first, second});
    if (second.nth > before[second.function] && (options_.only.empty() || name == options_.only) &&
        coverage_.take(second, name)) {
      run_point(chapter, step, {first, second}, clean);
    }
  }
}

std::vector<Injection> Sweep::injections_of(std::vector<std::string> const& calls) const {
  std::vector<Injection> injections;
  std::map<std::string, std::uint64_t> counts;
  for (std::string const& function : calls) {
    std::uint64_t const nth = ++counts[function];
    RegisteredFunction const registered = registry_.find(function);
    for (VkResult const result : results_of(function, registered)) {
      injections.push_back({function, nth, result, 0});
      if (registered.takes_array) {
        injections.push_back({function, nth, result, 1});
      }
    }
  }
  return injections;
}

/// The driver is one for the program: what is leaked would count against every run to come.
void Sweep::report(std::string const& point, char const* problem) {
  ++failures_;
  std::printf("FAILED on %s: %s\n  %s\n  Again: ./tests/sweep --only '%s' '%s'\n", gpu_.name.c_str(), point.c_str(),
              problem, point.c_str(), gpu_.name.c_str());
  std::fflush(stdout);
  if (Driver const driver{{gpu_}}; driver.live_objects() != 0) {
    std::puts("It left objects in the simulated driver: nothing more can be swept.");
    std::exit(1);
  }
}

}  // namespace ashlar::test
