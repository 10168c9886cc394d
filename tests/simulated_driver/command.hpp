#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "device/vulkan.hpp"

namespace ashlar::simulated {

struct DeviceState;

/// Bytes of a buffer or an image that a command reads or writes.
struct ResourceUse {
  std::uint64_t resource = 0;
  VkDeviceSize offset = 0;
  VkDeviceSize size = 0;
  bool writes = false;
};

/// What a barrier orders: a memory dependency.
struct Dependency {
  VkPipelineStageFlags2 source_stages = 0;
  VkAccessFlags2 source_access = 0;
  VkPipelineStageFlags2 target_stages = 0;
  VkAccessFlags2 target_access = 0;
  std::uint64_t resource = 0;  ///< Whose memory it makes available and visible; 0: all memory.
  VkDeviceSize offset = 0;
  VkDeviceSize size = 0;
  std::uint32_t source_family = VK_QUEUE_FAMILY_IGNORED;  ///< Of a queue family ownership transfer.
  std::uint32_t target_family = VK_QUEUE_FAMILY_IGNORED;
};

/// A command as it was recorded. A queue carries it out on its own thread, without the driver's mutex.
struct Command {
  char const* function = nullptr;
  VkPipelineStageFlags2 stage = 0;     ///< That `uses` happen in.
  std::vector<ResourceUse> uses = {};  ///< They all happen at once.
  std::vector<Dependency> dependencies = {};
  std::vector<std::uint64_t> objects = {};  ///< Of other kinds that it refers to.
  std::function<void(DeviceState&)> run = {};
};
using Commands = std::vector<Command>;

}  // namespace ashlar::simulated
