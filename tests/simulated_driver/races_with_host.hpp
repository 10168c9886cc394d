#pragma once

// ASHLAR_SIM_RACES_WITH_HOST: a function that reads mapped memory while threads of the program may write to it, as the
// processor's caches and the device do. Inside it bytes move by loops, since ThreadSanitizer sees what std::memcpy
// reads.
#if defined(__has_attribute)
#  if __has_attribute(no_sanitize)
#    define ASHLAR_SIM_RACES_WITH_HOST __attribute__((no_sanitize("thread"), noinline))
#  endif
#endif
#ifndef ASHLAR_SIM_RACES_WITH_HOST
#  define ASHLAR_SIM_RACES_WITH_HOST
#endif
