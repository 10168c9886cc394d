#include "simulated_driver/transfer.hpp"

#include <algorithm>
#include <mutex>

namespace ashlar::simulated {

Resource* find_for_transfer(Call const& call, Resource* resource, TransferRules const& rules) {
  if (resource == nullptr) {
    return nullptr;
  }
  call.require((resource->usage & rules.usage) != 0, rules.has_usage);
  return call.require(call.device().memories.contains(resource->memory), rules.is_bound) ? resource : nullptr;
}

DeviceBytes find_bytes(DeviceState& device, std::uint64_t resource, VkDeviceSize offset, VkDeviceSize size,
                       char const* command) {
  std::lock_guard const lock{driver().mutex};
  write_back_some(device);
  return device_bytes(device, resource, offset, size, command);
}

bool overlap(DeviceState const& device, std::vector<ResourceUse> const& uses) {
  auto const range = [&](ResourceUse const& use) {
    return range_in_memory(device, use.resource, use.offset, use.size);
  };
  return std::any_of(uses.begin(), uses.end(), [&](ResourceUse const& read) {
    return !read.writes && std::any_of(uses.begin(), uses.end(), [&](ResourceUse const& written) {
      return written.writes && range(read).overlaps(range(written));
    });
  });
}

}  // namespace ashlar::simulated
