#pragma once

#include <ashlar/layout.hpp>

#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <type_traits>

#include "support/fake_driver.hpp"

namespace ashlar::test {

/// Zeroed host memory that costs nothing until it is touched.
class FakeStorage {
 public:
  /// The first byte, at a multiple of `alignment`; null where the host has no memory. Made by the first call.
  [[nodiscard]] std::byte* bytes(VkDeviceSize size, VkDeviceSize alignment);

 private:
  std::unique_ptr<void, void (*)(void*)> memory_{nullptr, std::free};
};

struct FakeResource {
  VkMemoryRequirements requirements{};
  bool prefers_dedicated = false;
  bool requires_dedicated = false;
  bool is_image = false;
  bool optimal = false;
  bool device_address = false;
  VkExternalMemoryHandleTypeFlags handle_types = 0;
  std::uint64_t memory = 0;  ///< That it is bound to.
  VkDeviceSize offset = 0;
};

struct FakeMemory {
  RecordedAllocation info;
  FakeStorage device_view;
  FakeStorage host_view;  ///< Unused where memory is coherent.
  VkDeviceSize map_offset = 0;
  VkDeviceSize map_size = 0;                        ///< 0: not mapped.
  std::map<VkDeviceSize, std::uint64_t> resources;  ///< That are bound, by offset.
};

struct FakeGate {
  bool armed = false;
  bool holds = false;
};

struct FakeDriverState {
  explicit FakeDriverState(FakeDriverInfo const& from) : info{from} {}

  [[nodiscard]] MemoryType const& type_of(FakeMemory const& memory) const {
    return info.memory.types[memory.info.memory_type];
  }
  [[nodiscard]] bool has_two_views(FakeMemory const& memory) const {
    return !type_of(memory).properties.contains(MemoryProperty::HostCoherent);
  }
  /// The memory's first byte as the device, or the host, sees it.
  [[nodiscard]] std::byte* view(FakeMemory& memory, bool host);

  void violation(std::string const& text) { violations.push_back(text); }
  /// The object, or null and a violation.
  template <class Object>
  [[nodiscard]] Object* find(std::map<std::uint64_t, Object>& objects, std::uint64_t id, char const* function) {
    auto const found = objects.find(id);
    if (found == objects.end()) {
      violation(std::string{function} + ": unknown handle");
      return nullptr;
    }
    return &found->second;
  }

  FakeDriverInfo const info;

  std::mutex mutex;  ///< Guards what follows.
  std::condition_variable changed;
  FakeRequirements buffer_requirements;
  FakeRequirements image_requirements;
  VkDeviceSize occupied[max_memory_heaps] = {};
  VkDeviceSize used[max_memory_heaps] = {};
  std::map<std::string, std::uint64_t, std::less<>> calls;
  std::map<std::string, std::map<std::uint64_t, VkResult>, std::less<>> failures;  ///< By the number of the call.
  std::map<std::string, FakeGate, std::less<>> gates;
  std::vector<RecordedAllocation> allocations;
  std::vector<RecordedRange> flushes;
  std::vector<RecordedRange> invalidations;
  std::vector<std::string> violations;

  DeviceFeatures enabled;  ///< By the device that was last created.
  std::uint64_t last_id = 0;
  std::set<std::uint64_t> instances;
  std::set<std::uint64_t> devices;
  std::map<std::uint64_t, FakeMemory> memories;
  std::map<std::uint64_t, FakeResource> resources;
};

/// The driver that lives.
[[nodiscard]] FakeDriverState& fake_driver();

/// One call of a Vulkan function: counted, and held if it is to be. Has the driver's mutex while it lives.
class FakeCall {
 public:
  explicit FakeCall(char const* function);

  [[nodiscard]] FakeDriverState& driver() const { return driver_; }
  /// With what the call is to fail, or VK_SUCCESS.
  [[nodiscard]] VkResult result() const { return result_; }

 private:
  FakeDriverState& driver_;
  std::unique_lock<std::mutex> lock_;
  VkResult result_ = VK_SUCCESS;
};

/// Vulkan's handles are pointers, but on 32-bit platforms the non-dispatchable ones are integers.
template <class Handle>
[[nodiscard]] Handle to_handle(std::uint64_t id) {
  if constexpr (std::is_pointer_v<Handle>) {
    return reinterpret_cast<Handle>(static_cast<std::uintptr_t>(id));
  } else {
    return id;
  }
}
template <class Handle>
[[nodiscard]] std::uint64_t to_id(Handle handle) {
  if constexpr (std::is_pointer_v<Handle>) {
    return reinterpret_cast<std::uintptr_t>(handle);
  } else {
    return handle;
  }
}

/// The struct of a pNext chain, or null.
template <class Struct>
[[nodiscard]] Struct const* find_struct(void const* chain, VkStructureType type) {
  for (auto const* link = static_cast<VkBaseInStructure const*>(chain); link != nullptr; link = link->pNext) {
    if (link->sType == type) {
      return reinterpret_cast<Struct const*>(link);
    }
  }
  return nullptr;
}
template <class Struct>
[[nodiscard]] Struct* find_struct(void* chain, VkStructureType type) {
  return const_cast<Struct*>(find_struct<Struct>(const_cast<void const*>(chain), type));
}

using FakeFunctions = std::map<std::string_view, PFN_vkVoidFunction>;
[[nodiscard]] FakeFunctions fake_instance_functions();
[[nodiscard]] FakeFunctions fake_memory_functions();

template <class Function>
[[nodiscard]] PFN_vkVoidFunction void_function(Function function) {
  return reinterpret_cast<PFN_vkVoidFunction>(function);
}

}  // namespace ashlar::test
