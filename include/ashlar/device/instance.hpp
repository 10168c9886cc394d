#pragma once

#include <ashlar/array_view.hpp>
#include <ashlar/counted.hpp>
#include <ashlar/device/physical_device.hpp>
#include <ashlar/export.hpp>
#include <ashlar/vulkan_handles.hpp>

#include <cstdint>

namespace ashlar {

namespace detail {
struct InstanceState;
ASHLAR_API void retain(InstanceState& state) noexcept;
ASHLAR_API void release(InstanceState& state) noexcept;
}  // namespace detail

/// What the Khronos validation layer is asked to check.
enum class Validation : std::uint8_t {
  Off,
  Core,             ///< Every rule of the specification that the layer knows.
  Synchronization,  ///< The same, and memory hazards between commands.
};

/// VkDebugUtilsMessageSeverityFlagBitsEXT; only these two are asked for.
enum class MessageSeverity : std::uint32_t { Warning = 0x100, Error = 0x1000 };

/// A message of the validation layer or the driver.
struct Message {
  MessageSeverity severity = MessageSeverity::Warning;
  char const* id = "";    ///< The VUID, or the layer's name for the check.
  char const* text = "";  ///< Valid during the call.
};

/// Receives messages. May be called by any thread that is inside a Vulkan call; must not call Vulkan, nor throw.
using MessageCallback = void (*)(Message const& message, void* user_data);

struct InstanceCreateInfo {
  char const* application_name = "";

  /// Instance extensions to enable. An unknown one is a `NotFoundError`.
  ArrayView<char const*> extensions{};

  Validation validation = Validation::Off;

  /// Where the messages of layers, loader and drivers go. Null prints them on stderr, but only if `validation` is on:
  /// loaders warn of many things that are no fault of the program.
  MessageCallback message_callback = nullptr;
  void* message_user_data = nullptr;

  /// Passed to every Vulkan call that takes it; has to live as long as the instance.
  VkAllocationCallbacks const* allocation_callbacks = nullptr;

  /// Where Vulkan's functions come from; null opens the system's loader at run time.
  PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;
};

class PhysicalDevices;

/// VkInstance: the connection to the drivers. A counted handle; lives as long as any device made from it.
///
/// Threads: all members may be called by several threads at once.
class ASHLAR_API Instance {
 public:
  /// Empty: tests false.
  Instance() noexcept = default;

  /// Creates an instance of the newest Vulkan version up to 1.3 that the loader offers.
  ///
  /// Enables VK_EXT_debug_utils where it is there, so that objects get names.
  /// \throws NotFoundError if there is no Vulkan loader or driver, no Vulkan 1.1, no validation layer though it was
  ///   asked for, or an extension is unknown; the text says what to install.
  /// \throws VulkanError if a Vulkan call fails.
  [[nodiscard]] static Instance create(InstanceCreateInfo const& info = {});

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(state_); }
  [[nodiscard]] friend bool operator==(Instance const&, Instance const&) noexcept = default;

  [[nodiscard]] VkInstance handle() const noexcept;

  /// The Vulkan version that may be used with this instance, as VK_MAKE_API_VERSION.
  [[nodiscard]] std::uint32_t api_version() const noexcept;

  /// Whether VK_EXT_debug_utils is enabled.
  [[nodiscard]] bool debug_utils() const noexcept;

  /// The devices, in the driver's order; none where there is a driver, but it has not come up.
  [[nodiscard]] PhysicalDevices physical_devices() const noexcept;

  /// A function of Vulkan by its name, or null: to be cast to its PFN type.
  [[nodiscard]] PFN_vkVoidFunction proc_addr(char const* name) const noexcept;

 private:
  friend struct detail::Access;
  explicit Instance(detail::Counted<detail::InstanceState> state) noexcept;

  detail::Counted<detail::InstanceState> state_;
};

}  // namespace ashlar
