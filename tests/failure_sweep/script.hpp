#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "failure_sweep/stage.hpp"

namespace ashlar::test {

/// Some work, done in whole or not at all: what throws leaves the stage as it was, and can be tried again.
struct Step {
  std::string name;
  std::function<void(Stage&)> run;
  /// What has to be there before; no failure comes while it runs.
  std::function<void(Stage&)> prepare{};
  /// Objects that it makes once for all that follow, and that may stay where it fails, or be more where it failed
  /// before.
  std::uint64_t most_kept = 0;
  /// Whether as many objects live after it as otherwise, whatever has failed before.
  bool makes_up = false;
};

/// Steps that belong together, one after the other on one stage, which is empty in the end.
struct Chapter {
  std::string name;
  std::function<std::unique_ptr<Stage>(Driver&)> make_stage;
  std::vector<Step> steps;
  /// Of a GPU with fewer or more, maxMemoryAllocationCount is changed for it.
  std::uint32_t least_allocations = 64;
  std::uint32_t most_allocations = ~std::uint32_t{0};
};

/// A step of members of a stage.
template <class S>
[[nodiscard]] Step step(char const* name, void (S::*run)(), void (S::*prepare)() = nullptr) {
  Step made{name, [run](Stage& stage) { (static_cast<S&>(stage).*run)(); }};
  if (prepare != nullptr) {
    made.prepare = [prepare](Stage& stage) { (static_cast<S&>(stage).*prepare)(); };
  }
  return made;
}

/// The same, left out where the stage says that the GPU cannot do it.
template <class S>
[[nodiscard]] Step step_where_there(char const* name, void (S::*run)(), void (S::*prepare)() = nullptr) {
  auto const where_there = [](void (S::*member)()) {
    return [member](Stage& stage) {
      auto& own = static_cast<S&>(stage);
      if (own.is_there()) {
        (own.*member)();
      }
    };
  };
  Step made{name, where_there(run)};
  if (prepare != nullptr) {
    made.prepare = where_there(prepare);
  }
  return made;
}

template <class S>
[[nodiscard]] Chapter chapter(char const* name, std::vector<Step> steps) {
  return {name, [](Driver& driver) -> std::unique_ptr<Stage> { return std::make_unique<S>(driver); }, std::move(steps)};
}

// One for each file of steps. A new kind of work adds its steps to one of them, or its chapter here and to `script`.
[[nodiscard]] Chapter creation_chapter();
[[nodiscard]] Chapter adoption_chapter();
[[nodiscard]] Chapter buffer_chapter();
[[nodiscard]] Chapter guard_chapter();
[[nodiscard]] Chapter memory_chapter();
[[nodiscard]] Chapter growth_chapter();
[[nodiscard]] Chapter heap_chapter();
[[nodiscard]] Chapter scarce_allocations_chapter();
[[nodiscard]] Chapter thread_chapter();
[[nodiscard]] Chapter submission_chapter();
[[nodiscard]] Chapter transfer_chapter();
[[nodiscard]] Chapter large_transfer_chapter();
[[nodiscard]] Chapter transfer_end_chapter();

/// All of it.
[[nodiscard]] inline std::vector<Chapter> script() {
  return {creation_chapter(),    adoption_chapter(),   buffer_chapter(),   guard_chapter(),
          memory_chapter(),      growth_chapter(),     heap_chapter(),     scarce_allocations_chapter(),
          thread_chapter(),      submission_chapter(), transfer_chapter(), large_transfer_chapter(),
          transfer_end_chapter()};
}

}  // namespace ashlar::test
