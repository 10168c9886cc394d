#pragma once

#include <ashlar/device/instance.hpp>

namespace ashlar::detail {

/// The device that `wanted` names: its index if it is a number, else a part of its name, without regard to case; if
/// it is empty, the environment variable ASHLAR_DEVICE says so, and after that any device will do. Of several it
/// is the one of the best type, then the first.
/// \throws NotFoundError if there is none; the text lists all devices.
[[nodiscard]] PhysicalDevice select_device(Instance const& instance, char const* wanted);

}  // namespace ashlar::detail
