#pragma once

#include "device/vulkan.hpp"

// Pipeline stages and accesses (specification, "Synchronization and Cache Control").

namespace ashlar::simulated {

/// The single stages that a mask in a first, or second, synchronization scope stands for.
[[nodiscard]] VkPipelineStageFlags2 expand_source_stages(VkPipelineStageFlags2 mask);
[[nodiscard]] VkPipelineStageFlags2 expand_target_stages(VkPipelineStageFlags2 mask);

/// The single accesses that a mask stands for.
[[nodiscard]] VkAccessFlags2 expand_access(VkAccessFlags2 mask);

/// Whether the accesses by transfers and by the host can happen in these stages; others are not looked at.
[[nodiscard]] bool stages_support(VkPipelineStageFlags2 stages, VkAccessFlags2 access);

/// Whether a queue with these capabilities has the stages.
[[nodiscard]] bool queue_supports(VkQueueFlags queue, VkPipelineStageFlags2 stages);

}  // namespace ashlar::simulated
