#include "simulated_driver/command_check.hpp"

#include <string>
#include <vector>

#include "simulated_driver/memory_access.hpp"
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
  MemoryRange const range = range_in_memory(device, use.resource, use.offset, use.size);
  auto const memory = device.memories.find(range.memory);
  if (memory == device.memories.end()) {
    return;
  }
  std::string const conflict =
      device.accesses.add({.function = command.function,
                           .moment = moment,
                           .stage = command.stage,
                           .range = range,
                           .writes = use.writes,
                           .host_visible = memory->second.type.properties.contains(MemoryProperty::HostVisible)});
  if (!conflict.empty()) {
    driver().violation(conflict);
  }
  check_owner(queue, command, use, device.resources.at(use.resource));
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

}  // namespace

void check(QueueState const& queue, Moment const& moment, Command const& command) {
  DeviceState& device = queue.device;
  std::vector<OrderedScopes> barriers;
  for (Dependency const& barrier : command.dependencies) {
    barriers.push_back({{expand_source_stages(barrier.source_stages), expand_access(barrier.source_access),
                         expand_target_stages(barrier.target_stages), expand_access(barrier.target_access)},
                        range_in_memory(device, barrier.resource, barrier.offset, barrier.size)});
    transfer_ownership(queue, command, barrier);
  }
  device.accesses.order(moment, barriers);
  for (ResourceUse const& use : command.uses) {
    check_use(queue, moment, command, use);
  }
}

}  // namespace ashlar::simulated
