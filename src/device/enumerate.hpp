#pragma once

#include "device/check.hpp"

#include <cstdint>
#include <vector>

namespace ashlar::detail {

/// All elements of a Vulkan enumeration. `call(count, elements)` is asked for the count, then for the elements, and
/// again if there came to be more in between.
template <class Element, class Call>
[[nodiscard]] std::vector<Element> enumerate(char const* function, Call call) {
  std::vector<Element> elements;
  VkResult result = VK_INCOMPLETE;
  while (result == VK_INCOMPLETE) {
    std::uint32_t count = 0;
    check(call(&count, nullptr), function);
    elements.resize(count);
    result = call(&count, elements.data());
    check(result, function);
    elements.resize(count);
  }
  return elements;
}

}  // namespace ashlar::detail
