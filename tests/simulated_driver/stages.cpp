#include "simulated_driver/stages.hpp"

namespace ashlar::simulated {

namespace {

constexpr VkPipelineStageFlags2 transfer_stages = VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT | VK_PIPELINE_STAGE_2_COPY_BIT |
                                                  VK_PIPELINE_STAGE_2_RESOLVE_BIT | VK_PIPELINE_STAGE_2_BLIT_BIT |
                                                  VK_PIPELINE_STAGE_2_CLEAR_BIT;
constexpr VkPipelineStageFlags2 device_stages = ~VK_PIPELINE_STAGE_2_HOST_BIT;

VkPipelineStageFlags2 expand(VkPipelineStageFlags2 mask, VkPipelineStageFlags2 of_all_commands) {
  if ((mask & (VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT | of_all_commands)) != 0) {
    return mask | device_stages;
  }
  return (mask & VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT) != 0 ? mask | transfer_stages : mask;
}

}  // namespace

VkPipelineStageFlags2 expand_source_stages(VkPipelineStageFlags2 mask) {
  return expand(mask, VK_PIPELINE_STAGE_2_BOTTOM_OF_PIPE_BIT);
}

VkPipelineStageFlags2 expand_target_stages(VkPipelineStageFlags2 mask) {
  return expand(mask, VK_PIPELINE_STAGE_2_TOP_OF_PIPE_BIT);
}

VkAccessFlags2 expand_access(VkAccessFlags2 mask) {
  constexpr VkAccessFlags2 reads = VK_ACCESS_2_TRANSFER_READ_BIT | VK_ACCESS_2_HOST_READ_BIT;
  constexpr VkAccessFlags2 writes = VK_ACCESS_2_TRANSFER_WRITE_BIT | VK_ACCESS_2_HOST_WRITE_BIT;
  return mask | ((mask & VK_ACCESS_2_MEMORY_READ_BIT) != 0 ? reads : 0) |
         ((mask & VK_ACCESS_2_MEMORY_WRITE_BIT) != 0 ? writes : 0);
}

bool stages_support(VkPipelineStageFlags2 stages, VkAccessFlags2 access) {
  constexpr VkAccessFlags2 transfer = VK_ACCESS_2_TRANSFER_READ_BIT | VK_ACCESS_2_TRANSFER_WRITE_BIT;
  constexpr VkAccessFlags2 host = VK_ACCESS_2_HOST_READ_BIT | VK_ACCESS_2_HOST_WRITE_BIT;
  bool const has_transfer = (stages & (transfer_stages | VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT)) != 0;
  bool const has_host = (stages & VK_PIPELINE_STAGE_2_HOST_BIT) != 0;
  return ((access & transfer) == 0 || has_transfer) && ((access & host) == 0 || has_host);
}

bool queue_supports(VkQueueFlags queue, VkPipelineStageFlags2 stages) {
  VkPipelineStageFlags2 supported = transfer_stages | VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT |
                                    VK_PIPELINE_STAGE_2_TOP_OF_PIPE_BIT | VK_PIPELINE_STAGE_2_BOTTOM_OF_PIPE_BIT |
                                    VK_PIPELINE_STAGE_2_HOST_BIT;
  if ((queue & VK_QUEUE_COMPUTE_BIT) != 0) {
    supported |= VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_2_DRAW_INDIRECT_BIT;
  }
  return (queue & VK_QUEUE_GRAPHICS_BIT) != 0 || (stages & ~supported) == 0;
}

}  // namespace ashlar::simulated
