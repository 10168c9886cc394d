#pragma once

/// What a test that links the driver may call. Beside it only the three functions of a Vulkan driver are exported.
#if defined(_WIN32)
#  ifdef ASHLAR_SIM_BUILDING
#    define ASHLAR_SIM_API __declspec(dllexport)
#  else
#    define ASHLAR_SIM_API __declspec(dllimport)
#  endif
#else
#  define ASHLAR_SIM_API __attribute__((visibility("default")))
#endif
