#include "memory/buffer_requirements.hpp"

#include "memory/bound_buffer.hpp"
#include "memory/memory_allocator_state.hpp"
#include "memory/memory_fixture.hpp"

namespace ashlar::test {
namespace {

Gpu discrete(bool maintenance4 = true) {
  Gpu info;
  info.memory = discrete_memory();
  if (!maintenance4) {
    info.hidden.insert("maintenance4");
  }
  return info;
}

std::uint64_t queries(SimulatedDriver const& driver) { return driver.calls("vkGetBufferMemoryRequirements2"); }

}  // namespace

TEST_CASE("without maintenance4 every buffer is asked for", "[buffer_requirements][counts_queries]") {
  SimulatedDriver driver{discrete(false)};
  driver.set_buffer_requirements({.padding = 1000});  // Which maintenance4 forbids.
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  BoundBuffer const first{allocator, 4};
  BoundBuffer const second{allocator, 4};
  CHECK(queries(driver) == 2);
  CHECK(second.memory().size() >= 1004);
}

TEST_CASE("large buffers are asked for, since they may prefer dedicated memory",
          "[buffer_requirements][counts_queries]") {
  SimulatedDriver driver{discrete()};
  driver.set_buffer_requirements({.prefers_dedicated_from = 4 * mib});
  Device const device = driver.create_device();
  StandardMemoryAllocator const allocator{device};
  BoundBuffer const small{allocator, 4};
  BoundBuffer const large{allocator, 4 * mib};
  CHECK(queries(driver) == 2);
  CHECK(large.memory().is_dedicated());
  CHECK(driver.allocations().back().dedicated_buffer != VK_NULL_HANDLE);
}

}  // namespace ashlar::test
