#pragma once

#include <ashlar/buffer/access.hpp>

#include "device/device_work.hpp"

namespace ashlar::detail {

/// Bytes of a buffer that a submission uses. First a thread holds it, as it would hold a guard; then, perhaps, it is
/// queued in a transfer; then it is in flight, as a part of the device's work.
struct DeviceEntry : AccessEntry {
  DeviceEntry() noexcept { device = true; }

  /// The transfer on whose behalf it is asked for, whose own queued entries do not stand in its way; or null.
  Awaited* transfer = nullptr;
  bool queued = false;         ///< Nobody's thread holds it: it waits for `transfer` to be submitted.
  DeviceWork* work = nullptr;  ///< Of which it is a part, in flight.
};

}  // namespace ashlar::detail
