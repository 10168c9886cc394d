#pragma once

#include <ashlar/device/device.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/vulkan.hpp"
#include "support/gpu_profiles.hpp"

namespace ashlar::test {

struct FakeDriverState;

/// The device of a FakeDriver.
struct FakeDriverInfo {
  MemoryProperties memory;
  GpuLimits limits{.non_coherent_atom_size = 64,
                   .buffer_image_granularity = 1,
                   .max_memory_allocation_count = 4096,
                   .min_memory_map_alignment = 64,
                   .max_memory_allocation_size = {}};  ///< An absent size is 1 GiB, the least that Vulkan allows.
  std::uint32_t api_version = VK_API_VERSION_1_3;

  /// What the device offers, as a feature of its version or by an extension.
  DeviceFeatures features{.buffer_device_address = true,
                          .timeline_semaphore = true,
                          .synchronization2 = true,
                          .maintenance4 = true,
                          .memory_budget = true,
                          .memory_priority = true};

  std::vector<VkQueueFlags> queue_families{VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT};

  [[nodiscard]] VkDeviceSize max_memory_allocation_size() const {
    return limits.max_memory_allocation_size.value_or(VkDeviceSize{1} << 30);
  }
};

/// What the driver says that buffers, or images, need of memory.
struct FakeRequirements {
  VkDeviceSize alignment = 16;
  VkDeviceSize padding = 0;  ///< Bytes beyond those of the resource, before the sum is rounded up to the alignment.
  std::uint32_t memory_type_bits = ~std::uint32_t{0};
  VkDeviceSize prefers_dedicated_from = ~VkDeviceSize{0};  ///< Bytes of the resource.
  bool requires_dedicated = false;
};

/// One vkAllocateMemory: what was asked for, and how it ended.
struct RecordedAllocation {
  VkResult result = VK_SUCCESS;
  std::uint32_t memory_type = 0;
  VkDeviceSize size = 0;
  bool device_address = false;
  VkBuffer dedicated_buffer = VK_NULL_HANDLE;
  VkImage dedicated_image = VK_NULL_HANDLE;
  VkExternalMemoryHandleTypeFlags export_handle_types = 0;
  std::optional<float> priority;
};

/// A VkMappedMemoryRange.
struct RecordedRange {
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkDeviceSize offset = 0;
  VkDeviceSize size = 0;

  [[nodiscard]] friend bool operator==(RecordedRange const&, RecordedRange const&) = default;
};

/// A Vulkan driver in this process, with one device whose memory is the test's choice. What does not break a rule of
/// Vulkan that the driver knows works; what does is a violation. The test fails if there are violations that
/// it did not take, or if anything still lives, when the driver is destroyed.
///
/// Memory that is not coherent exists twice, for the host and for the device: only vkFlushMappedMemoryRanges and
/// vkInvalidateMappedMemoryRanges copy between the two, and only the ranges that they are given.
///
/// Stricter than Vulkan: two resources that live must not share a byte of memory, nor a granularity unit if they
/// differ in tiling, and maxMemoryAllocationSize is a limit.
///
/// One may live at a time: Vulkan's functions have no user data. Threads: any number.
class FakeDriver {
 public:
  explicit FakeDriver(FakeDriverInfo const& info);
  explicit FakeDriver(GpuProfile const& gpu);
  FakeDriver(FakeDriver const&) = delete;
  FakeDriver& operator=(FakeDriver const&) = delete;
  ~FakeDriver();

  /// For InstanceCreateInfo and DeviceAdoptInfo.
  [[nodiscard]] static PFN_vkVoidFunction VKAPI_CALL get_instance_proc_addr(VkInstance instance, char const* name);

  /// An ashlar::Device of this driver, as Device::create makes it.
  [[nodiscard]] static Device create_device();

  void set_buffer_requirements(FakeRequirements const& requirements);
  void set_image_requirements(FakeRequirements const& requirements);

  /// Bytes of a heap that other processes use from now on.
  void occupy_heap(std::uint32_t heap, VkDeviceSize bytes);

  /// How often a Vulkan function was called.
  [[nodiscard]] std::uint64_t calls(std::string_view function) const;

  /// Lets the nth call of a function from now on fail, without any other effect.
  void fail_next(std::string_view function, VkResult result, std::uint64_t nth = 1);

  /// Holds the next call of a function, and only that, until `release`.
  void block_next(std::string_view function);
  /// Waits until a call is held.
  /// \throws std::runtime_error if none comes for so long that none will.
  void wait_until_blocked(std::string_view function) const;
  void release(std::string_view function);

  /// Every vkAllocateMemory so far, the failed ones too.
  [[nodiscard]] std::vector<RecordedAllocation> allocations() const;
  [[nodiscard]] std::vector<RecordedRange> flushes() const;
  [[nodiscard]] std::vector<RecordedRange> invalidations() const;

  /// Bytes that this process has allocated of a heap.
  [[nodiscard]] VkDeviceSize heap_use(std::uint32_t heap) const;
  [[nodiscard]] std::uint64_t live_memories() const;
  /// Instances, devices, memories, buffers and images.
  [[nodiscard]] std::uint64_t live_objects() const;

  /// Writes and reads memory as the device sees it.
  void device_write(VkDeviceMemory memory, VkDeviceSize offset, std::string_view bytes);
  [[nodiscard]] std::string device_read(VkDeviceMemory memory, VkDeviceSize offset, std::size_t size) const;

  /// Takes out what broke a rule so far.
  [[nodiscard]] std::vector<std::string> take_violations();

 private:
  std::unique_ptr<FakeDriverState> state_;
};

}  // namespace ashlar::test
