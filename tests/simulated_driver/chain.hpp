#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "device/vulkan.hpp"

namespace ashlar::simulated {

/// The struct of a pNext chain, or null. What the driver does not know in a chain it skips.
template <class Struct>
[[nodiscard]] Struct const* find_struct(void const* chain, VkStructureType type) {
  for (auto const* link = static_cast<VkBaseInStructure const*>(chain); link != nullptr; link = link->pNext) {
    if (link->sType == type) {
      void const* const at = link;
      return static_cast<Struct const*>(at);
    }
  }
  return nullptr;
}
template <class Struct>
[[nodiscard]] Struct* find_struct(void* chain, VkStructureType type) {
  return const_cast<Struct*>(find_struct<Struct>(const_cast<void const*>(chain), type));
}

/// Vulkan's two calls: the count, then the elements.
template <class Element, class Fill>
VkResult enumerate(std::size_t available, std::uint32_t* count, Element* elements, Fill fill) {
  if (elements == nullptr) {
    *count = static_cast<std::uint32_t>(available);
    return VK_SUCCESS;
  }
  *count = std::min(*count, static_cast<std::uint32_t>(available));
  for (std::uint32_t i = 0; i < *count; ++i) {
    fill(elements[i], i);
  }
  return *count < available ? VK_INCOMPLETE : VK_SUCCESS;
}

}  // namespace ashlar::simulated
