#pragma once

#include "simulated_driver/call.hpp"
#include "simulated_driver/memory_access.hpp"

// What the commands that copy, fill and update have in common.

namespace ashlar::simulated {

/// What a command asks of a resource that it names.
struct TransferRules {
  HandleRules handle;
  VkFlags usage = 0;
  char const* has_usage;
  char const* is_bound;
};

/// The resource, or null after a violation.
[[nodiscard]] Resource* find_for_transfer(Call const& call, Resource* resource, TransferRules const& rules);

/// Bytes of a resource, for a command that runs.
[[nodiscard]] DeviceBytes find_bytes(DeviceState& device, std::uint64_t resource, VkDeviceSize offset,
                                     VkDeviceSize size, char const* command);

/// Whether bytes that are read and bytes that are written lie in the same memory.
[[nodiscard]] bool overlap(DeviceState const& device, std::vector<ResourceUse> const& uses);

}  // namespace ashlar::simulated
