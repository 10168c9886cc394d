#pragma once

/// \file
/// Compiler-specific spellings. `ASHLAR_SHARED` is defined for everyone who uses the shared library,
/// `ASHLAR_BUILDING` only while the library itself is compiled; the CMake targets set both.

#if defined(_WIN32)
#  if !defined(ASHLAR_SHARED)
#    define ASHLAR_API
#  elif defined(ASHLAR_BUILDING)
#    define ASHLAR_API __declspec(dllexport)
#  else
#    define ASHLAR_API __declspec(dllimport)
#  endif
#else
#  define ASHLAR_API __attribute__((visibility("default")))
#endif

/// Marks a result that points into the object it was asked of: Clang warns when it outlives it.
#if defined(__clang__)
#  define ASHLAR_LIFETIMEBOUND [[clang::lifetimebound]]
#else
#  define ASHLAR_LIFETIMEBOUND
#endif
