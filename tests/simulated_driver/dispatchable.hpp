#pragma once

#include <vulkan/vk_icd.h>

#include <memory>
#include <type_traits>
#include <utility>

#include "device/vulkan.hpp"

namespace ashlar::simulated {

/// What a dispatchable handle points to: the loader and layers keep their own in its first word. The driver's own
/// state is found by the handle's value.
struct Dispatchable {
  VK_LOADER_DATA loader_data{ICD_LOADER_MAGIC};
};

template <class Handle>
[[nodiscard]] Handle dispatchable_handle(Dispatchable* object) {
  return reinterpret_cast<Handle>(object);
}

/// Takes memory from the application's callbacks, if it gave any; null if they have none.
[[nodiscard]] inline Dispatchable* create_dispatchable(VkAllocationCallbacks const* callbacks,
                                                       VkSystemAllocationScope scope) {
  void* const memory = callbacks != nullptr ? callbacks->pfnAllocation(callbacks->pUserData, sizeof(Dispatchable),
                                                                       alignof(Dispatchable), scope)
                                            : ::operator new(sizeof(Dispatchable));
  return memory != nullptr ? new (memory) Dispatchable : nullptr;
}

inline void destroy_dispatchable(VkAllocationCallbacks const* callbacks, Dispatchable* object) {
  if (callbacks != nullptr) {
    callbacks->pfnFree(callbacks->pUserData, object);
  } else {
    ::operator delete(object);
  }
}

}  // namespace ashlar::simulated
