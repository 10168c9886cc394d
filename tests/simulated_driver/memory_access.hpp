#pragma once

#include <cstddef>
#include <memory>

#include "simulated_driver/state.hpp"

namespace ashlar::simulated {

/// Where bytes of a resource lie; no memory if it does not live or has none.
/// \pre The caller has the driver's mutex.
[[nodiscard]] MemoryRange range_in_memory(DeviceState const& device, std::uint64_t resource, VkDeviceSize offset,
                                          VkDeviceSize size);

/// Bytes of a resource in the device's copy of its memory. They stay valid while this lives, whatever is freed.
struct DeviceBytes {
  std::shared_ptr<Backing> backing;
  std::byte* bytes = nullptr;  ///< Null, after a violation, where there are none; null on a lost device.
};

/// \pre The caller has the driver's mutex.
[[nodiscard]] DeviceBytes device_bytes(DeviceState& device, std::uint64_t resource, VkDeviceSize offset,
                                       VkDeviceSize size, char const* command);

/// Moves the whole atoms of a mapped range from the host's copy to the device's, or back. An atom that the range
/// covers only in part does not move, unless it is the memory's last.
/// \pre The caller has the driver's mutex.
void move_atoms(DeviceState& device, Memory& memory, VkDeviceSize begin, VkDeviceSize end, bool to_device);

/// Moves a pseudo-random half of the dirty atoms to the device's copy, if the GPU has a `write_back_seed`.
/// \pre The caller has the driver's mutex.
void write_back_some(DeviceState& device);

}  // namespace ashlar::simulated
