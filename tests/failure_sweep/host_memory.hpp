#pragma once

#include <cstdint>
#include <vector>

/// \file
/// This program's `operator new`, which can be told to fail: on threads that are exposed to it, outside of the
/// simulated driver, whose own memory never runs out.

namespace ashlar::test::host_memory {

/// Whether this program has its own operator new: not under ThreadSanitizer.
[[nodiscard]] bool can_fail() noexcept;

/// Lets the `nth` allocation from now on fail, of all exposed threads together.
void fail(std::uint64_t nth) noexcept;

/// Nothing fails any more.
void stop_failing() noexcept;

/// Whether the allocation has failed.
[[nodiscard]] bool has_failed() noexcept;

/// Whether what failed was for a name, in Device::set_name, or the text of an error, in its constructor: both are
/// noexcept, and do without it.
[[nodiscard]] bool was_dispensable() noexcept;

/// How many allocations of exposed threads there were so far.
[[nodiscard]] std::uint64_t count() noexcept;

[[nodiscard]] bool is_exposed() noexcept;

/// Notes from now on where allocations of exposed threads come from, each as a hash of its call stack.
void start_noting_places();
/// Ends that; in the order of the allocations.
[[nodiscard]] std::vector<std::uint64_t> stop_noting_places();

/// Exposes the calling thread, or, if `exposed` is false, spares what the sweep itself allocates.
class Exposure {
 public:
  explicit Exposure(bool exposed) noexcept;
  Exposure(Exposure const&) = delete;
  Exposure& operator=(Exposure const&) = delete;
  ~Exposure();

 private:
  bool before_;
};

}  // namespace ashlar::test::host_memory
