#pragma once

#include <ashlar/counted.hpp>
#include <ashlar/device/memory_properties.hpp>
#include <ashlar/export.hpp>
#include <ashlar/flags.hpp>
#include <ashlar/vulkan_handles.hpp>

#include <cstddef>
#include <cstdint>

namespace ashlar {

class Instance;

namespace detail {
struct InstanceState;
struct PhysicalDeviceState;
ASHLAR_API void retain(InstanceState& state) noexcept;
ASHLAR_API void release(InstanceState& state) noexcept;
}  // namespace detail

/// VkQueueFlagBits.
enum class QueueFlag : std::uint32_t {
  Graphics = 0x1,
  Compute = 0x2,
  Transfer = 0x4,
  SparseBinding = 0x8,
  Protected = 0x10,
};
template <>
inline constexpr bool enable_flags<QueueFlag> = true;

/// VkQueueFamilyProperties. Families with Graphics or Compute can transfer; ashlar sets that bit for them.
struct QueueFamily {
  Flags<QueueFlag> flags{};
  std::uint32_t queue_count = 0;
};

/// The limits that buffers and memory depend on, in bytes unless the name says count.
struct PhysicalDeviceLimits {
  std::uint64_t max_memory_allocation_count = 0;
  std::uint64_t max_memory_allocation_size = 0;  ///< Of maintenance3 (Vulkan 1.1).
  std::uint64_t max_buffer_size = 0;             ///< Of maintenance4; the largest 64-bit value where it is missing.
  std::uint64_t non_coherent_atom_size = 1;
  std::uint64_t buffer_image_granularity = 1;
  std::uint64_t min_memory_map_alignment = 64;
  std::uint64_t min_uniform_buffer_offset_alignment = 1;
  std::uint64_t min_storage_buffer_offset_alignment = 1;
  std::uint64_t min_texel_buffer_offset_alignment = 1;
  std::uint64_t max_uniform_buffer_range = 0;
  std::uint64_t max_storage_buffer_range = 0;
};

/// The optional abilities that ashlar profits from: on a `PhysicalDevice`, what it offers; on a `Device`, what is
/// enabled.
struct DeviceFeatures {
  bool buffer_device_address = false;
  bool timeline_semaphore = false;
  bool synchronization2 = false;
  bool maintenance4 = false;
  bool memory_budget = false;
  bool memory_priority = false;

  [[nodiscard]] friend bool operator==(DeviceFeatures const&, DeviceFeatures const&) noexcept = default;
};

/// VkPhysicalDevice: a GPU, or a software one, and what it can do. A handle that keeps its instance alive.
///
/// Everything is read once, when the instance is created. Threads: all members may be called by several threads
/// at once.
class ASHLAR_API PhysicalDevice {
 public:
  /// Empty: tests false.
  PhysicalDevice() noexcept = default;

  [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }
  [[nodiscard]] friend bool operator==(PhysicalDevice const& a, PhysicalDevice const& b) noexcept {
    return a.state_ == b.state_;
  }

  [[nodiscard]] VkPhysicalDevice handle() const noexcept;
  [[nodiscard]] Instance instance() const noexcept;

  /// VkPhysicalDeviceProperties::deviceName.
  [[nodiscard]] char const* name() const noexcept;
  [[nodiscard]] DeviceType type() const noexcept;

  /// The Vulkan version that may be used with this device through its instance, as VK_MAKE_API_VERSION.
  [[nodiscard]] std::uint32_t api_version() const noexcept;

  /// Everything that vkGetPhysicalDeviceProperties says; include a Vulkan header to use it.
  [[nodiscard]] VkPhysicalDeviceProperties const& properties() const noexcept;

  [[nodiscard]] MemoryProperties const& memory() const noexcept;
  [[nodiscard]] PhysicalDeviceLimits const& limits() const noexcept;

  /// What the device offers, whether or not a `Device` enabled it.
  [[nodiscard]] DeviceFeatures const& features() const noexcept;

  [[nodiscard]] std::uint32_t queue_family_count() const noexcept;
  /// \pre `family < queue_family_count()`.
  [[nodiscard]] QueueFamily const& queue_family(std::uint32_t family) const noexcept;

  [[nodiscard]] bool has_extension(char const* name) const noexcept;

 private:
  friend struct detail::Access;
  PhysicalDevice(detail::Counted<detail::InstanceState> instance, detail::PhysicalDeviceState const& state) noexcept;

  detail::Counted<detail::InstanceState> instance_;
  detail::PhysicalDeviceState const* state_ = nullptr;
};

/// The physical devices of an instance, to be iterated.
class ASHLAR_API PhysicalDevices {
 public:
  class Iterator {
   public:
    Iterator(PhysicalDevices const& range, std::size_t index) noexcept : range_{&range}, index_{index} {}
    [[nodiscard]] PhysicalDevice operator*() const noexcept { return (*range_)[index_]; }
    Iterator& operator++() noexcept {
      ++index_;
      return *this;
    }
    [[nodiscard]] friend bool operator==(Iterator const&, Iterator const&) noexcept = default;

   private:
    PhysicalDevices const* range_;
    std::size_t index_;
  };

  explicit PhysicalDevices(detail::Counted<detail::InstanceState> instance) noexcept;

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// \pre `index < size()`.
  [[nodiscard]] PhysicalDevice operator[](std::size_t index) const noexcept;
  [[nodiscard]] Iterator begin() const noexcept { return {*this, 0}; }
  [[nodiscard]] Iterator end() const noexcept { return {*this, size()}; }

 private:
  detail::Counted<detail::InstanceState> instance_;
};

}  // namespace ashlar
