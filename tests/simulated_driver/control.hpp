#pragma once

#include <cstdint>

#include "device/vulkan.hpp"
#include "simulated_driver/export.hpp"

namespace ashlar::simulated {

/// What a test tells the driver to do, as C functions: they can be had through the loader and layers, from
/// vkGetDeviceProcAddr under `control_name`. `DeviceControl` is the same for C++. Threads: any number.
///
/// They throw std::invalid_argument for a handle, a heap or a function that the driver does not have.
///
/// Layers do not change VkDevice and VkQueue. VkDeviceMemory has to be the driver's own: not one that a layer has
/// wrapped.
struct ControlTable {
  /// Lets the `nth` call of a function from now on fail, or every call from that one on; null: of all devices
  /// together, and of what belongs to no device. Of a call that takes an array, `elements` are done before.
  /// VK_ERROR_DEVICE_LOST loses the device.
  void (*fail)(VkDevice device, char const* function, VkResult result, std::uint64_t nth, VkBool32 from_then_on,
               std::uint32_t elements);
  /// Takes back all that `fail` was told.
  void (*cancel_failures)(VkDevice device);
  /// How often a function was called; null: by all devices together.
  std::uint64_t (*calls)(VkDevice device, char const* function);

  /// Holds the next call of a function, and only that, until the gate is opened. No lock of the driver's is held.
  void (*close_gate)(char const* function);
  /// Waits until a call is held; false after that many nanoseconds.
  VkBool32 (*wait_at_gate)(char const* function, std::uint64_t timeout);
  void (*open_gate)(char const* function);

  /// Lets the queue begin that many more submissions (each VkSubmitInfo is one), and then none until `release`.
  void (*hold)(VkQueue queue, std::uint64_t submissions);
  /// Waits until the queue has come to its hold, with a submission behind it; false after that many nanoseconds.
  VkBool32 (*wait_at_hold)(VkQueue queue, std::uint64_t timeout);
  void (*release)(VkQueue queue);

  /// Loses the device: every wait ends with VK_ERROR_DEVICE_LOST, and what has not begun is dropped.
  void (*lose)(VkDevice device);

  /// Bytes of a heap that other processes use from now on.
  void (*occupy_heap)(VkDevice device, std::uint32_t heap, VkDeviceSize bytes);
  /// What VK_EXT_memory_budget answers from now on: an estimate, which no allocation is measured by.
  void (*set_heap_budget)(VkDevice device, std::uint32_t heap, VkDeviceSize bytes);

  /// Reads and writes memory as the device sees it.
  void (*read_memory)(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size, void* bytes);
  void (*write_memory)(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size,
                       void const* bytes);
};

inline constexpr char const* control_name = "vkAshlarSimulatedDriverControl";

/// What vkGetDeviceProcAddr answers to `control_name`.
using PFN_deviceControl = ControlTable const*(VKAPI_PTR*)();
[[nodiscard]] ASHLAR_SIM_API ControlTable const* VKAPI_CALL device_control();

}  // namespace ashlar::simulated
