#pragma once

#include <string>

/// \file
/// What a program that hangs, crashes or terminates was about, so that this can be repeated.

namespace ashlar::test {

/// Ends the program, with the name of what was begun last, if it terminates, crashes or nothing new begins for minutes.
void start_watchdog();

/// Begins something.
void begin(std::string const& gpu, std::string const& point);

}  // namespace ashlar::test
