#include "simulated_driver/command_check.hpp"

#include <string>
#include <vector>

#include "simulated_driver/stages.hpp"

namespace ashlar::simulated {

namespace {

void check_owner(QueueState const& queue, Command const& command, ResourceUse const& use, Resource const& resource) {
  if (!resource.families.empty()) {
    if (!resource.families.contains(queue.family)) {
      driver().violation(std::string{command.function} +
                         ": uses a resource that is not shared with the queue's family "
                         "(VUID-vkQueueSubmit-pSubmits-04626)");
    }
    return;
  }
  if (queue.device.owners.use(use, queue.family) == QueueFamilyOwnership::Verdict::Right) {
    return;
  }
  if (!use.writes) {
    driver().violation(std::string{command.function} +
                       ": reads a resource that another queue family owns (VUID-vkQueueSubmit-pSubmits-02808)");
  } else if (driver().has_owner) {  // Vulkan lets a program write to what it then has no claim to.
    driver().violation(std::string{command.function} +
                       ": writes to a resource that another queue family owns (ASHLAR-family-write)");
  }
}

void check_use(QueueState const& queue, Moment const& moment, Command const& command, ResourceUse const& use) {
  DeviceState& device = queue.device;
  auto const found = device.resources.find(use.resource);
  auto const memory =
      found != device.resources.end() ? device.memories.find(found->second.memory) : device.memories.end();
  if (memory == device.memories.end()) {
    return;
  }
  VkDeviceSize const begin = found->second.offset + use.offset;
  std::string const conflict =
      device.accesses.add({.function = command.function,
                           .moment = moment,
                           .stage = command.stage,
                           .range = {memory->first, begin, begin + use.size},
                           .writes = use.writes,
                           .host_visible = memory->second.type.properties.contains(MemoryProperty::HostVisible)});
  if (!conflict.empty()) {
    driver().violation(conflict);
  }
  check_owner(queue, command, use, found->second);
}

void transfer_ownership(QueueState const& queue, Command const& command, Dependency const& barrier) {
  bool const transfers = barrier.resource != 0 && barrier.source_family != barrier.target_family;
  if (transfers && barrier.source_family == queue.family) {
    queue.device.owners.release(barrier);
  } else if (transfers && barrier.target_family == queue.family &&
             barrier.source_family < VK_QUEUE_FAMILY_FOREIGN_EXT &&
             queue.device.owners.acquire(barrier) != QueueFamilyOwnership::Verdict::Right) {
    driver().violation(std::string{command.function} +
                       ": acquires what the other queue family has not released (VUID-vkQueueSubmit-pSubmits-02207, "
                       "VUID-vkQueueSubmit2-commandBuffer-03879)");
  }
}

/// The bytes that a barrier is about; of all memory if it names no resource.
MemoryRange range_of(DeviceState const& device, Dependency const& barrier) {
  auto const found = device.resources.find(barrier.resource);
  if (found == device.resources.end()) {
    return {};
  }
  VkDeviceSize const begin = found->second.offset + barrier.offset;
  return {found->second.memory, begin, begin + barrier.size};
}

}  // namespace

void check(QueueState const& queue, Moment const& moment, Command const& command) {
  DeviceState& device = queue.device;
  std::vector<OrderedScopes> barriers;
  for (Dependency const& barrier : command.dependencies) {
    barriers.push_back({{expand_source_stages(barrier.source_stages), expand_access(barrier.source_access),
                         expand_target_stages(barrier.target_stages), expand_access(barrier.target_access)},
                        range_of(device, barrier)});
    transfer_ownership(queue, command, barrier);
  }
  device.accesses.order(moment, barriers);
  for (ResourceUse const& use : command.uses) {
    check_use(queue, moment, command, use);
  }
}

}  // namespace ashlar::simulated
