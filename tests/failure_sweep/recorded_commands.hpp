#pragma once

#include <ashlar/buffer/buffer.hpp>
#include <ashlar/device/device.hpp>

#include <cstdint>

#include "device/vulkan.hpp"

namespace ashlar::test {

/// Command buffers for the queues of one family, as a program records them by itself: once, before anything fails.
class RecordedCommands {
 public:
  RecordedCommands(Device const& device, std::uint32_t family);
  RecordedCommands(RecordedCommands const&) = delete;
  RecordedCommands& operator=(RecordedCommands const&) = delete;
  /// \pre None is in flight, unless the device is lost.
  ~RecordedCommands();

  /// Fills all of the buffer with a word.
  [[nodiscard]] VkCommandBuffer fill(Buffer const& buffer, std::uint32_t word) const;
  /// The same between the barriers that `Device::track` asks for.
  [[nodiscard]] VkCommandBuffer fill_tracked(Buffer const& buffer, std::uint32_t word) const;
  [[nodiscard]] VkCommandBuffer copy(Buffer const& from, Buffer const& to) const;
  /// Fills the buffer, and releases it to another family; acquires it from there, and fills it.
  [[nodiscard]] VkCommandBuffer fill_and_release(Buffer const& buffer, std::uint32_t word,
                                                 std::uint32_t to_family) const;
  [[nodiscard]] VkCommandBuffer acquire_and_fill(Buffer const& buffer, std::uint32_t word,
                                                 std::uint32_t from_family) const;

 private:
  [[nodiscard]] VkCommandBuffer begin() const;
  void record_fill(VkCommandBuffer commands, Buffer const& buffer, std::uint32_t word) const;
  void record_barrier(VkCommandBuffer commands, VkMemoryBarrier const& barrier, VkPipelineStageFlags next_stage) const;
  void record_transfer(VkCommandBuffer commands, Buffer const& buffer, std::uint32_t from_family,
                       std::uint32_t to_family) const;
  void end(VkCommandBuffer commands) const;

  template <class Pointer, class... Arguments>
  auto call(char const* name, Arguments... arguments) const {
    return reinterpret_cast<Pointer>(device_.proc_addr(name))(arguments...);
  }

  Device device_;
  std::uint32_t family_;
  VkCommandPool pool_ = VK_NULL_HANDLE;
};

}  // namespace ashlar::test
