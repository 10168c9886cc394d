#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/vulkan.hpp"
#include "simulated_driver/control.hpp"
#include "simulated_driver/export.hpp"
#include "simulated_driver/gpu.hpp"
#include "simulated_driver/records.hpp"

namespace ashlar::simulated {

/// The driver in the hands of a test that links it: while this lives, every instance of this process has these GPUs,
/// whether it was made with `get_instance_proc_addr` or through the loader, and what happens is recorded here.
/// One may live at a time. Threads: any number.
class ASHLAR_SIM_API Driver {
 public:
  explicit Driver(std::vector<Gpu> gpus);
  Driver(Driver const&) = delete;
  Driver& operator=(Driver const&) = delete;
  ~Driver();

  /// The GPU that instances made from now on have; those that live have a copy of their own.
  [[nodiscard]] Gpu const& gpu() const { return gpu_; }

  /// What the first GPU says of buffers, or images, made from now on, by devices that live, too.
  void set_buffer_requirements(ResourceRequirements const& requirements);
  void set_image_requirements(ResourceRequirements const& requirements);

  /// `ControlTable` for the first GPU, and for all devices together.
  void occupy_heap(std::uint32_t heap, VkDeviceSize bytes);
  void set_heap_budget(std::uint32_t heap, VkDeviceSize bytes);
  [[nodiscard]] std::uint64_t calls(char const* function) const;
  void fail_next(char const* function, VkResult result, std::uint64_t nth = 1);
  void fail_from_now_on(char const* function, VkResult result);
  /// Lets the next call do so many elements of its array, and then fail.
  void fail_half_way(char const* function, VkResult result, std::uint32_t elements);
  void cancel_failures();
  void block_next(char const* function);
  /// \throws std::runtime_error if no call comes for so long that none will.
  void wait_until_blocked(char const* function) const;
  void release(char const* function);

  /// From now on submissions begin only while the host waits for something, in a function that waits, and all that may
  /// begin then are done when it returns; a query tells of none of them before, and takes 25 us. So what is called does
  /// not depend on how fast the device is.
  void begin_when_awaited();
  /// As if the host had waited, but it has not.
  void let_work_end();

  /// The functions that were called so far, in that order.
  [[nodiscard]] std::vector<char const*> call_names() const;

  /// Every vkAllocateMemory so far, the failed ones too.
  [[nodiscard]] std::vector<RecordedAllocation> allocations() const;
  [[nodiscard]] std::vector<RecordedRange> flushes() const;
  [[nodiscard]] std::vector<RecordedRange> invalidations() const;

  /// Bytes that this process has allocated of a heap of the first GPU.
  [[nodiscard]] VkDeviceSize heap_use(std::uint32_t heap) const;
  [[nodiscard]] std::uint64_t live_memories() const;
  /// Instances, devices and their objects.
  [[nodiscard]] std::uint64_t live_objects() const;

  /// Reads and writes memory as the device sees it, of whichever device it is.
  void device_write(VkDeviceMemory memory, VkDeviceSize offset, std::string_view bytes);
  [[nodiscard]] std::string device_read(VkDeviceMemory memory, VkDeviceSize offset, std::size_t size) const;

  /// The name that vkSetDebugUtilsObjectNameEXT gave to an object of a device.
  [[nodiscard]] std::string object_name(VkDevice device, std::uint64_t object) const;

  /// Takes out what broke a rule of Vulkan so far.
  [[nodiscard]] std::vector<std::string> take_violations();

 private:
  [[nodiscard]] VkDevice device_of(VkDeviceMemory memory) const;

  Gpu gpu_;
};

}  // namespace ashlar::simulated
