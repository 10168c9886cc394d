#pragma once

#include "simulated_driver/export.hpp"

namespace ashlar::simulated {

/// Marks the calling thread as being inside the driver while it lives.
class Inside {
 public:
  Inside() noexcept;
  Inside(Inside const&) = delete;
  Inside& operator=(Inside const&) = delete;
  ~Inside();
};

/// Whether the calling thread is inside the driver: for a test that lets the host's memory run out, but not there.
[[nodiscard]] ASHLAR_SIM_API bool is_inside() noexcept;

}  // namespace ashlar::simulated
