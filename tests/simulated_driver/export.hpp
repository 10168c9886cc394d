#pragma once

/// What a test that links the driver may call. Beside it only the three functions of a Vulkan driver are exported.
#define ASHLAR_SIM_API __attribute__((visibility("default")))
