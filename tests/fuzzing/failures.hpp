#pragma once

#include <ashlar/ashlar.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "device/vulkan.hpp"
#include "fuzzing/input.hpp"
#include "fuzzing/require.hpp"
#include "simulated_driver/driver.hpp"

namespace ashlar::fuzzing {

/// Lets calls fail and heaps be full, and says which exceptions may come of it.
class Failures {
 public:
  Failures(Input& input, simulated::Driver& driver) : input_{input}, driver_{driver} {}

  /// Whether calls may fail.
  bool any() const { return !armed_.empty(); }

  void occupy_heap() {
    std::uint32_t const heap = input_.below(driver_.gpu().memory.heap_count);
    occupied_[heap] = input_.number(35);
    driver_.occupy_heap(heap, occupied_[heap]);
  }

  void fail_a_call() {
    if (input_.one_in(2)) {
      driver_.cancel_failures();
      std::erase_if(armed_, [](Failure const& failure) { return failure.second != VK_ERROR_DEVICE_LOST; });
      return;
    }
    constexpr Failure failures[] = {{"vkAllocateMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY},
                                    {"vkAllocateMemory", VK_ERROR_OUT_OF_HOST_MEMORY},
                                    {"vkAllocateMemory", VK_ERROR_TOO_MANY_OBJECTS},
                                    {"vkMapMemory", VK_ERROR_MEMORY_MAP_FAILED},
                                    {"vkFlushMappedMemoryRanges", VK_ERROR_OUT_OF_HOST_MEMORY},
                                    {"vkInvalidateMappedMemoryRanges", VK_ERROR_OUT_OF_DEVICE_MEMORY},
                                    {"vkBindBufferMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY},
                                    {"vkBindImageMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY},
                                    {"vkCreateBuffer", VK_ERROR_OUT_OF_HOST_MEMORY},
                                    {"vkCreateImage", VK_ERROR_OUT_OF_HOST_MEMORY},
                                    {"vkCreateInstance", VK_ERROR_INITIALIZATION_FAILED},
                                    {"vkEnumeratePhysicalDevices", VK_ERROR_OUT_OF_HOST_MEMORY},
                                    {"vkCreateDevice", VK_ERROR_TOO_MANY_OBJECTS},
                                    {"vkDeviceWaitIdle", VK_ERROR_DEVICE_LOST}};
    auto const [function, result] = input_.pick(failures);
    armed_.emplace_back(function, result);
    if (input_.one_in(4)) {
      driver_.fail_from_now_on(function.data(), result);
    } else {
      driver_.fail_next(function.data(), result, 1 + input_.below(4));
    }
  }

  /// What Vulkan calls are made in.
  template <class Function>
  void may_fail(Function const& function) {
    try {
      function();
    } catch (VulkanError const& error) {
      Failure const failure{error.function(), static_cast<VkResult>(error.result())};
      require(std::ranges::find(armed_, failure) != armed_.end(), "a Vulkan call fails as it is to");
    }
  }

  /// \param exportable whether the memory is to be.
  template <class Function>
  void allocating(MemoryAllocator const& allocator, std::uint64_t size, AllocationCreateInfo const& info,
                  simulated::ResourceRequirements const& needs, bool exportable, Function const& function) {
    try {
      may_fail(function);
    } catch (OutOfMemoryError const& error) {
      require(error.requested() >= size, "the error says what was asked");
      require(memory_may_fail(info) || !has_room(allocator, size, info, needs), "memory that is there is found");
    } catch (ValidationError const&) {
      bool const forbids_dedicated = info.allocate_preference == AllocatePreference::NeverAllocate;
      require((forbids_dedicated && (exportable || needs.requires_dedicated)) || fitting_types(info, needs).empty(),
              "a memory type that fits is found");
    }
  }

  /// As bits, those that every driver lets any resource have.
  std::uint32_t ordinary_types() const {
    MemoryProperties const& memory = driver_.gpu().memory;
    std::uint32_t bits = 0;
    for (std::uint32_t type = 0; type < memory.type_count; ++type) {
      bool const ordinary = (memory.types[type].properties.mask() & ~std::uint32_t{0xF}) == 0;
      bits |= ordinary ? std::uint32_t{1} << type : 0;
    }
    return bits;
  }

 private:
  using Failure = std::pair<std::string_view, VkResult>;

  bool fails(std::string_view function) const {
    return std::ranges::any_of(armed_, [&](Failure const& failure) { return failure.first == function; });
  }

  /// Whether memory that is there may not be had. Where it cannot be mapped another memory type is tried, and that may
  /// have no room.
  bool memory_may_fail(AllocationCreateInfo const& info) const {
    return fails("vkAllocateMemory") || (info.usage != MemoryUsage::DeviceOnly && fails("vkMapMemory"));
  }

  /// The ordinary memory types that a resource may have; whoever asks for others may or may not get them.
  std::vector<std::uint32_t> fitting_types(AllocationCreateInfo const& info,
                                           simulated::ResourceRequirements const& needs) const {
    MemoryProperties const& memory = driver_.gpu().memory;
    auto const required = info.filter.required |
                          (info.usage == MemoryUsage::DeviceOnly ? MemoryPropertyFlags{}
                                                                 : MemoryPropertyFlags{MemoryProperty::HostVisible});
    std::vector<std::uint32_t> types;
    for (std::uint32_t type = 0; type < memory.type_count; ++type) {
      std::uint32_t const bits = ordinary_types() & needs.memory_type_bits & info.memory_type_bits;
      if (memory.types[type].properties.contains(required) && (bits >> type & 1) != 0) {
        types.push_back(type);
      }
    }
    return types;
  }

  /// Whether there is room for sure, with whatever the requirements add, once the allocator has given back what it does
  /// not use.
  bool has_room(MemoryAllocator const& allocator, std::uint64_t size, AllocationCreateInfo const& info,
                simulated::ResourceRequirements const& needs) const {
    simulated::Gpu const& gpu = driver_.gpu();
    std::array<std::uint64_t, max_memory_heaps> taken = occupied_;
    for (std::uint32_t heap = 0; heap < gpu.memory.heap_count; ++heap) {
      taken[heap] += driver_.heap_use(heap);
    }
    std::uint64_t memories = driver_.live_memories();
    MemoryStatistics const statistics = allocator.statistics();
    for (std::uint32_t type = 0; type < statistics.type_count; ++type) {
      if (statistics.types[type].suballocation_count == 0) {
        memories -= statistics.types[type].block_count;
        taken[gpu.memory.types[type].heap] -= statistics.types[type].block_bytes;
      }
    }
    std::uint64_t const most = size + needs.padding + needs.alignment + gpu.limits.non_coherent_atom_size;
    auto const fits = [&](std::uint32_t type) {
      std::uint32_t const heap = gpu.memory.types[type].heap;
      return most + taken[heap] <= gpu.memory.heaps[heap].size;
    };
    return info.allocate_preference != AllocatePreference::NeverAllocate && most <= gpu.max_memory_allocation_size() &&
           memories < gpu.limits.max_memory_allocation_count && std::ranges::any_of(fitting_types(info, needs), fits);
  }

  Input& input_;
  simulated::Driver& driver_;
  std::array<std::uint64_t, max_memory_heaps> occupied_{};
  std::vector<Failure> armed_;  ///< Since the last time that they were cancelled. A device that is lost stays so.
};

}  // namespace ashlar::fuzzing
