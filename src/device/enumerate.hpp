#pragma once

#include "device/check.hpp"

#include <cstdint>
#include <vector>

namespace ashlar::detail {

/// All elements of a Vulkan enumeration. `call(count, elements)` is asked for the count, then, if there are any, for
/// the elements, and for both again if there came to be more in between.
template <class Element, class Call>
[[nodiscard]] std::vector<Element> enumerate(char const* function, Call call) {
  std::vector<Element> elements;
  VkResult result = VK_INCOMPLETE;
  while (result == VK_INCOMPLETE) {
    std::uint32_t count = 0;
    result = call(&count, nullptr);
    check(result, function);
    elements.resize(count);
    if (count != 0) {  // Else there would be no array, and this would ask for the count once more.
      result = call(&count, elements.data());
      check(result, function);
      elements.resize(count);
    }
  }
  return elements;
}

}  // namespace ashlar::detail
