#pragma once

#include <string_view>

#include "device/vulkan.hpp"

namespace ashlar::bench {

/// A device function that only buffers need, as a driver would have it that does nothing but hand out new handles; null
/// for any other.
[[nodiscard]] PFN_vkVoidFunction no_op_buffer_function(std::string_view name) noexcept;

}  // namespace ashlar::bench
