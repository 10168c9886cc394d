#pragma once

#include "device/vulkan.hpp"

namespace ashlar::detail {

/// vkGetInstanceProcAddr of the system's Vulkan loader, which is opened at the first call and never closed: drivers
/// and layers do not survive that.
/// \throws NotFoundError if there is no loader; the text says what to install.
[[nodiscard]] PFN_vkGetInstanceProcAddr system_loader();

/// A sentence that says how to install a Vulkan driver, and what to look at if one is installed.
[[nodiscard]] char const* driver_hint() noexcept;

}  // namespace ashlar::detail
