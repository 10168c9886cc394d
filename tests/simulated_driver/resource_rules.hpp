#pragma once

#include "simulated_driver/call.hpp"

namespace ashlar::simulated {

// They note the rules that a create info breaks, as far as the driver knows.

void check(Call const& call, VkBufferCreateInfo const& info);

/// Whether there can be an image of such a format and shape.
[[nodiscard]] bool check(Call const& call, VkImageCreateInfo const& info);

void check(Call const& call, VkBufferViewCreateInfo const& info, Resource const& buffer);

}  // namespace ashlar::simulated
