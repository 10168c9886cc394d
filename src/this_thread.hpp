#pragma once

#include <cstdint>

namespace ashlar::detail {

/// The calling thread's number; 0 until it has one. For `this_thread` alone.
extern constinit thread_local std::uint64_t thread_number;

/// Gives the calling thread its number.
std::uint64_t number_this_thread() noexcept;

/// A number for the calling thread, never 0 and never used again; the process's threads count up from 1.
[[nodiscard]] inline std::uint64_t this_thread() noexcept {
  std::uint64_t const number = thread_number;
  return number != 0 ? number : number_this_thread();
}

}  // namespace ashlar::detail
