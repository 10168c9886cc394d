#pragma once

#include <ashlar/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "failure_sweep/injection.hpp"

namespace ashlar::test {

/// What the part of a step that a failure falls into does, as far as the answer depends on it.
struct Part {
  /// It is a destructor, or another function that does not throw and keeps failures to itself.
  bool is_quiet = false;

  /// It submits by itself what has gathered in a transfer, or ends a guard: what fails then is kept.
  bool keeps_some_failures = false;

  /// The allocation of host memory that fails is for a name or the text of an error, which ashlar does without.
  bool is_dispensable = false;

  /// It asks for so many bytes: an OutOfMemoryError tells the size and the memory type that fits best.
  std::uint64_t size = 0;
  std::uint32_t best_type = 0;

  /// It asks an allocator for them, and these memory types could give them.
  bool allocates = false;
  std::vector<std::uint32_t> memory_types{};
  bool is_dedicated = false;  ///< Whether a memory type has but one way to give them.
  bool maps = false;          ///< Whether the allocator maps them.
};

/// How the documentation says that a failure ends: by one of these, or by success.
enum class Ending : std::uint8_t { Success, Vulkan, OutOfMemory, NotFound, BadAlloc };

/// What the documentation of ashlar says of a failure: the endings that are allowed.
struct Expectation {
  Ending ending = Ending::Vulkan;
  bool or_success = false;  ///< Where a second search of the memory types may find what the first did not.
};

/// What `injection`, which falls into `part`, must lead to.
[[nodiscard]] Expectation expectation(Injection const& injection, Part const& part);

/// How a step ended.
struct Outcome {
  Ending ending = Ending::Success;
  VkResult result = VK_SUCCESS;  ///< Of a VulkanError or an OutOfMemoryError.
  std::string function;          ///< Of a VulkanError.
  OutOfMemoryInfo info{};
  std::string text{};  ///< what().
};

}  // namespace ashlar::test
