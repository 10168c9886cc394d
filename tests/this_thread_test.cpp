#include "this_thread.hpp"

#include <cstdint>
#include <future>

#include "support/catch.hpp"

namespace ashlar::detail {

TEST_CASE("a thread's number is its own", "[this_thread]") {
  auto const in_thread = [] { return std::async(std::launch::async, [] { return this_thread(); }).get(); };
  std::uint64_t const here = this_thread();
  CHECK(here != 0);
  CHECK(this_thread() == here);
  std::uint64_t const there = in_thread();
  CHECK(there != 0);
  CHECK(there != here);
  CHECK(in_thread() != there);  // Not even that of a thread that is no more.
}

}  // namespace ashlar::detail
