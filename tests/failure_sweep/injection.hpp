#pragma once

#include <cstdint>
#include <string>

#include "device/vulkan.hpp"

namespace ashlar::test {

/// The `nth` call of a Vulkan function, or the `nth` allocation of host memory, from some moment on is to fail.
struct Injection {
  std::string function{};  ///< Empty: operator new.
  std::uint64_t nth = 1;
  VkResult result = VK_SUCCESS;
  std::uint32_t elements = 0;  ///< Of a call that takes an array: how many are done before it fails.

  [[nodiscard]] bool of_host_memory() const { return function.empty(); }
  [[nodiscard]] friend bool operator==(Injection const&, Injection const&) = default;
};

/// "vkMapMemory:2:VK_ERROR_MEMORY_MAP_FAILED", "vkFlushMappedMemoryRanges:1:VK_ERROR_OUT_OF_HOST_MEMORY:1", "new:7".
[[nodiscard]] std::string to_words(Injection const& injection);

}  // namespace ashlar::test
