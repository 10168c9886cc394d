#include "failure_sweep/chapter_run.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace ashlar::test {

namespace {

std::vector<std::string> calls_since(Driver const& driver, std::size_t begin) {
  auto const names = driver.call_names();
  return {names.begin() + static_cast<std::ptrdiff_t>(begin), names.end()};
}

std::vector<std::string> described(Driver const& driver, std::vector<std::string> calls, std::size_t allocation) {
  auto const allocations = driver.allocations();
  for (std::string& call : calls) {
    if (call == "vkAllocateMemory") {
      auto const& one = allocations[allocation++];
      call += " " + std::to_string(driver.gpu().memory.types[one.memory_type].properties.mask()) + " " +
              std::to_string(one.result);
    }
  }
  return calls;
}

void require_no_violation(Driver& driver) {
  for (std::string const& violation : driver.take_violations()) {
    throw Mismatch{"the driver was used wrongly: " + violation};
  }
}

/// Whether an OutOfMemoryError tells what the part asked for.
bool tells(OutOfMemoryInfo const& info, Part const& part) {
  return info.requested == part.size && info.memory_type == part.best_type;
}

bool is_loss_of_device(FiredInjection const& fired) {
  return fired.injection.result == VK_ERROR_DEVICE_LOST && fired.injection.function != "vkCreateDevice";
}

/// Whether it says that a device is lost, as each call does that needs it from then on.
bool tells_of_lost_device(Outcome const& outcome) {
  constexpr std::string_view functions[] = {"vkQueueSubmit", "vkWaitSemaphores", "vkDeviceWaitIdle", "vkQueueWaitIdle"};
  return outcome.ending == Ending::Vulkan && outcome.result == VK_ERROR_DEVICE_LOST &&
         std::ranges::find(functions, outcome.function) != std::end(functions);
}

/// Whether an ending is the one that the failure leads to, with the failure's data.
bool is_ending_of(Outcome const& outcome, FiredInjection const& fired) {
  Injection const& injection = fired.injection;
  if (is_loss_of_device(fired) && tells_of_lost_device(outcome)) {
    return true;
  }
  if (outcome.ending != expectation(injection, fired.part).ending) {
    return false;
  }
  switch (outcome.ending) {
    case Ending::Vulkan:
      return outcome.result == injection.result && outcome.function == injection.function;
    case Ending::OutOfMemory:
      return outcome.result == injection.result && tells(outcome.info, fired.part);
    default:
      return true;
  }
}

/// Whether the figures that do not depend on the moment are those of the GPU.
bool describes(OutOfMemoryInfo const& info, Gpu const& gpu) {
  MemoryProperties const& memory = gpu.memory;
  bool const has_budget = !gpu.hidden.contains(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  return info.memory_type < memory.type_count && info.heap == memory.types[info.memory_type].heap &&
         info.heap_size == memory.heaps[info.heap].size && (info.budget != 0) == has_budget &&
         info.max_allocation_count == gpu.limits.max_memory_allocation_count &&
         info.max_allocation_size == gpu.max_memory_allocation_size();
}

/// Where one failure takes one way and another the next, memory cannot be had, or not be mapped; or what a transfer
/// could not submit by itself is in the way.
bool is_ending_of_several(Outcome const& outcome, std::vector<FiredInjection> const& fired) {
  return fired.size() > 1 && std::ranges::any_of(fired, [&](FiredInjection const& one) {
           if (one.part.keeps_some_failures && outcome.ending == Ending::Vulkan) {
             return outcome.result == one.injection.result && outcome.function == one.injection.function;
           }
           bool const of_memory =
               one.injection.function == "vkAllocateMemory" || one.injection.function == "vkMapMemory";
           return one.part.allocates && of_memory && outcome.result == one.injection.result &&
                  ((outcome.ending == Ending::OutOfMemory && tells(outcome.info, one.part)) ||
                   (outcome.ending == Ending::Vulkan && outcome.function == "vkMapMemory"));
         });
}

void require_expected(Outcome const& outcome, std::vector<FiredInjection> const& fired) {
  if (outcome.ending == Ending::Success) {
    for (FiredInjection const& one : fired) {
      Expectation const expected = expectation(one.injection, one.part);
      require(expected.ending == Ending::Success || expected.or_success, "it succeeded in spite of the failure");
    }
  } else if (std::ranges::none_of(fired, [&](auto const& one) { return is_ending_of(outcome, one); }) &&
             !is_ending_of_several(outcome, fired)) {
    throw Mismatch{(fired.empty() ? "it failed, though nothing else did: " : "it failed otherwise than documented: ") +
                   outcome.text};
  }
}

bool is_loss_of_device(std::vector<FiredInjection> const& fired) {
  return std::ranges::any_of(fired, [](FiredInjection const& one) { return is_loss_of_device(one); });
}

/// Blocks may be more by an empty one of a memory type, which the allocator keeps, or fewer by those that it gave back.
void require_unchanged(Figures const& before, Figures const& after, std::uint64_t most_kept) {
  require(after.objects() >= before.objects() && after.objects() <= before.objects() + most_kept,
          "an object is leaked, or has gone");
  require(after.memories - after.blocks() == before.memories - before.blocks(), "memory is leaked");
  require(after.live.buffers == before.live.buffers, "the count of buffers is not what it was");
  require(after.live.memory_bytes - after.block_bytes() == before.live.memory_bytes - before.block_bytes(),
          "the count of bytes is not what it was");
  require(after.types.size() == before.types.size(), "an allocator has come or gone");
  for (std::size_t i = 0; i < after.types.size(); ++i) {
    MemoryTypeStatistics const& now = after.types[i];
    MemoryTypeStatistics const& then = before.types[i];
    require(now.suballocation_count == then.suballocation_count && now.suballocation_bytes == then.suballocation_bytes,
            "the statistics count other suballocations than before");
    require(now.dedicated_count == then.dedicated_count && now.dedicated_bytes == then.dedicated_bytes,
            "the statistics count other dedicated memory than before");
    require(now.block_count <= then.block_count + 1, "more than one empty block is kept");
  }
}

/// What a step leaves behind, by whichever way it came to it.
void require_same(Figures const& clean, Figures const& now, std::uint64_t most_kept) {
  require(now.objects() >= clean.objects() && now.objects() <= clean.objects() + most_kept,
          "other objects live than otherwise");
  require(now.live.buffers == clean.live.buffers, "other buffers live than otherwise");
  require(now.resources() == clean.resources(), "other resources have memory than otherwise");
}

}  // namespace

ChapterRun::ChapterRun(Chapter const& chapter, Gpu const& gpu) : chapter_{chapter}, gpu_{gpu} {
  std::uint32_t& most = gpu_.limits.max_memory_allocation_count;
  most = std::clamp(most, chapter.least_allocations, chapter.most_allocations);
}

std::vector<StepRecord> ChapterRun::record() {
  Driver driver{{gpu_}};
  std::unique_ptr<Stage> stage = chapter_.make_stage(driver);
  std::vector<StepRecord> records;
  for (Step const& step : chapter_.steps) {
    if (step.prepare) {
      step.prepare(*stage);
    }
    std::size_t const calls = driver.call_names().size();
    std::size_t const allocations = driver.allocations().size();
    host_memory::start_noting_places();
    Outcome const outcome = attempt(*stage, step);
    StepRecord record{.host_allocations = host_memory::stop_noting_places()};
    record.calls = calls_since(driver, calls);
    record.described_calls = described(driver, record.calls, allocations);
    if (outcome.ending != Ending::Success) {
      throw Mismatch{step.name + ": " + outcome.text};
    }
    require_no_violation(driver);
    stage->check();
    record.figures = stage->figures();
    records.push_back(std::move(record));
  }
  finish(std::move(stage), driver);
  return records;
}

void ChapterRun::inject(std::size_t first, std::vector<Injection> const& injections,
                        std::vector<StepRecord> const& clean) {
  Driver driver{{gpu_}};
  std::unique_ptr<Stage> stage = chapter_.make_stage(driver);
  for (std::size_t i = 0; i < chapter_.steps.size() && !lost_; ++i) {
    if (i == first) {
      pending_ = injections;
    }
    if (chapter_.steps[i].prepare) {
      chapter_.steps[i].prepare(*stage);
    }
    if (pending_.empty() && i != first) {
      std::size_t const calls = driver.call_names().size();
      chapter_.steps[i].run(*stage);
      if (i == first + 1) {
        note_calls(driver, calls);
      }
      stage->settle();
      if (chapter_.steps[i].makes_up) {
        require_same(clean[i].figures, stage->figures(), 0);
      }
    } else {
      run_step(*stage, chapter_.steps[i], clean[i]);
    }
    require(i != first || pending_.size() < injections.size(),
            "the failure never came: other calls are made than before");
  }
  require(lost_ || pending_.empty(), "the second failure never came: other calls are made than before");
  if (lost_) {
    stage->check_lost();
  }
  finish(std::move(stage), driver);
}

void ChapterRun::run_step(Stage& stage, Step const& step, StepRecord const& clean) {
  Ending ending = Ending::BadAlloc;
  while (ending != Ending::Success) {
    Figures const before = stage.figures();
    stage.arm(pending_);
    std::size_t const calls = stage.driver.call_names().size();
    Outcome const outcome = attempt(stage, step);
    note_calls(stage.driver, calls);
    pending_ = stage.disarm();
    ending = outcome.ending;
    require_expected(outcome, stage.fired());
    require(outcome.ending != Ending::OutOfMemory || describes(outcome.info, gpu_),
            "an OutOfMemoryError has figures of another GPU");
    require_no_violation(stage.driver);
    if (is_loss_of_device(stage.fired()) && stage.device) {
      lost_ = true;
      return;
    }
    stage.check();
    if (ending != Ending::Success) {
      require_unchanged(before, stage.figures(), step.most_kept);
    }
  }
  require_same(clean.figures, stage.figures(), step.makes_up ? 0 : step.most_kept);
  require_no_violation(stage.driver);
}

void ChapterRun::note_calls(Driver const& driver, std::size_t begin) {
  auto const made = calls_since(driver, begin);
  calls_.insert(calls_.end(), made.begin(), made.end());
}

Outcome ChapterRun::attempt(Stage& stage, Step const& step) {
  try {
    host_memory::Exposure const exposed{true};
    step.run(stage);
    return {};
  } catch (VulkanError const& error) {
    return {.ending = Ending::Vulkan,
            .result = static_cast<VkResult>(error.result()),
            .function = error.function(),
            .info = {},
            .text = error.what()};
  } catch (OutOfMemoryError const& error) {
    return {.ending = Ending::OutOfMemory,
            .result = static_cast<VkResult>(error.info().result),
            .function = {},
            .info = error.info(),
            .text = error.what()};
  } catch (NotFoundError const& error) {
    return {.ending = Ending::NotFound, .result = {}, .function = {}, .info = {}, .text = error.what()};
  } catch (std::bad_alloc const&) {
    return {.ending = Ending::BadAlloc, .result = {}, .function = {}, .info = {}, .text = "std::bad_alloc"};
  }
}

/// Nothing may be left.
void ChapterRun::finish(std::unique_ptr<Stage> stage, Driver& driver) {
  stage.reset();
  require_no_violation(driver);
  require(driver.live_objects() == 0, "objects are left when all handles are gone");
}

}  // namespace ashlar::test
