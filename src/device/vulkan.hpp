#pragma once

// Vulkan's types and volk's VolkDeviceTable, without the prototypes: every function is reached by a table.
#ifndef VK_NO_PROTOTYPES
#  define VK_NO_PROTOTYPES
#endif
#include <volk.h>
