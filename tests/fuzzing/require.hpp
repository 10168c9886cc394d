#pragma once

#include <cstdlib>
#include <iostream>
#include <source_location>
#include <string_view>

namespace ashlar::fuzzing {

/// Ends the program, as a crash that libFuzzer reports, if what must hold does not.
inline void require(bool holds, std::string_view what, std::source_location where = std::source_location::current()) {
  if (!holds) {
    std::cerr << where.file_name() << ':' << where.line() << ": does not hold: " << what << std::endl;
    std::abort();
  }
}

}  // namespace ashlar::fuzzing
