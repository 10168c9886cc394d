#include <ashlar/memory/generic_memory_allocator.hpp>

#include <utility>

#include "memory/memory_fixture.hpp"

namespace ashlar::test {

TEST_CASE("an empty allocator tests false", "[generic_memory_allocator]") {
  CHECK_FALSE(StandardMemoryAllocator{});
  Gpu gpu;
  gpu.memory = discrete_memory();
  SimulatedDriver driver{gpu};
  StandardMemoryAllocator allocator{driver.create_device()};
  CHECK(allocator);
  StandardMemoryAllocator const taken = std::move(allocator);
  CHECK(taken);
  CHECK_FALSE(allocator);  // NOLINT(bugprone-use-after-move): a promise of the class
}

}  // namespace ashlar::test
