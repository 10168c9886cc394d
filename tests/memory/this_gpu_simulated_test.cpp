#include <ashlar/memory/standard_memory_allocator.hpp>

#include "support/catch.hpp"
#include "support/simulated_driver.hpp"

namespace ashlar::test {

TEST_CASE("a small buffer for each usage works on this GPU", "[this_gpu]") {
  SimulatedDriver driver{this_gpu()};
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  CHECK(allocator.allocate({.size = 16}, {}));
}

}  // namespace ashlar::test
