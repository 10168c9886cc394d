#include "failure_sweep/recorded_commands.hpp"

namespace ashlar::test {

RecordedCommands::RecordedCommands(Device const& device, std::uint32_t family) : device_{device}, family_{family} {
  VkCommandPoolCreateInfo const info{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, nullptr, 0, family};
  call<PFN_vkCreateCommandPool>("vkCreateCommandPool", device_.handle(), &info, nullptr, &pool_);
}

RecordedCommands::~RecordedCommands() {
  call<PFN_vkDestroyCommandPool>("vkDestroyCommandPool", device_.handle(), pool_, nullptr);
}

VkCommandBuffer RecordedCommands::fill(Buffer const& buffer, std::uint32_t word) const {
  VkCommandBuffer const commands = begin();
  record_fill(commands, buffer, word);
  end(commands);
  return commands;
}

VkCommandBuffer RecordedCommands::fill_tracked(Buffer const& buffer, std::uint32_t word) const {
  VkCommandBuffer const commands = begin();
  record_barrier(commands,
                 {VK_STRUCTURE_TYPE_MEMORY_BARRIER, nullptr, VK_ACCESS_MEMORY_WRITE_BIT,
                  VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT},
                 VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
  record_fill(commands, buffer, word);
  record_barrier(commands,
                 {VK_STRUCTURE_TYPE_MEMORY_BARRIER, nullptr, VK_ACCESS_MEMORY_WRITE_BIT,
                  VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT},
                 VK_PIPELINE_STAGE_HOST_BIT);
  end(commands);
  return commands;
}

VkCommandBuffer RecordedCommands::copy(Buffer const& from, Buffer const& to) const {
  VkCommandBuffer const commands = begin();
  VkBufferCopy const region{0, 0, from.size()};
  call<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer", commands, from.handle(), to.handle(), 1U, &region);
  end(commands);
  return commands;
}

VkCommandBuffer RecordedCommands::fill_and_release(Buffer const& buffer, std::uint32_t word,
                                                   std::uint32_t to_family) const {
  VkCommandBuffer const commands = begin();
  record_fill(commands, buffer, word);
  record_transfer(commands, buffer, family_, to_family);
  end(commands);
  return commands;
}

VkCommandBuffer RecordedCommands::acquire_and_fill(Buffer const& buffer, std::uint32_t word,
                                                   std::uint32_t from_family) const {
  VkCommandBuffer const commands = begin();
  record_transfer(commands, buffer, from_family, family_);
  record_fill(commands, buffer, word);
  end(commands);
  return commands;
}

VkCommandBuffer RecordedCommands::begin() const {
  VkCommandBuffer commands = nullptr;
  VkCommandBufferAllocateInfo const info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, nullptr, pool_,
                                         VK_COMMAND_BUFFER_LEVEL_PRIMARY, 1};
  call<PFN_vkAllocateCommandBuffers>("vkAllocateCommandBuffers", device_.handle(), &info, &commands);
  VkCommandBufferBeginInfo const begin_info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, nullptr,
                                            VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT, nullptr};
  call<PFN_vkBeginCommandBuffer>("vkBeginCommandBuffer", commands, &begin_info);
  return commands;
}

void RecordedCommands::record_fill(VkCommandBuffer commands, Buffer const& buffer, std::uint32_t word) const {
  call<PFN_vkCmdFillBuffer>("vkCmdFillBuffer", commands, buffer.handle(), VkDeviceSize{0}, VkDeviceSize{buffer.size()},
                            word);
}

void RecordedCommands::record_barrier(VkCommandBuffer commands, VkMemoryBarrier const& barrier,
                                      VkPipelineStageFlags next_stage) const {
  call<PFN_vkCmdPipelineBarrier>("vkCmdPipelineBarrier", commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, next_stage, 0U,
                                 1U, &barrier, 0U, nullptr, 0U, nullptr);
}

void RecordedCommands::record_transfer(VkCommandBuffer commands, Buffer const& buffer, std::uint32_t from_family,
                                       std::uint32_t to_family) const {
  VkBufferMemoryBarrier const barrier{VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
                                      nullptr,
                                      VK_ACCESS_TRANSFER_WRITE_BIT,
                                      VK_ACCESS_TRANSFER_WRITE_BIT,
                                      from_family,
                                      to_family,
                                      buffer.handle(),
                                      0,
                                      VK_WHOLE_SIZE};
  call<PFN_vkCmdPipelineBarrier>("vkCmdPipelineBarrier", commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                                 VK_PIPELINE_STAGE_TRANSFER_BIT, 0U, 0U, nullptr, 1U, &barrier, 0U, nullptr);
}

void RecordedCommands::end(VkCommandBuffer commands) const {
  call<PFN_vkEndCommandBuffer>("vkEndCommandBuffer", commands);
}

}  // namespace ashlar::test
