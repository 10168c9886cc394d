#include <ashlar/suballocator/bump_allocator.hpp>

#include <cstdint>

#include "suballocator/offset_of.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using enum ResourceTiling;

TEST_CASE("Bump pieces lie one behind the other", "[suballocator][bump]") {
  BumpAllocator bump{SuballocatorCreateInfo{.region = {100, 1000}}};
  CHECK(offset_of(bump.allocate(10, 1, Linear)) == 100);
  CHECK(offset_of(bump.allocate(10, 4, Linear)) == 112);
  CHECK(offset_of(bump.allocate(100, 256, Linear)) == 256);
  CHECK(offset_of(bump.allocate(744, 1, Linear)) == 356);
  CHECK_FALSE(bump.allocate(1, 1, Linear));
}

TEST_CASE("A bump allocator starts over when its last piece is gone", "[suballocator][bump]") {
  BumpAllocator bump{SuballocatorCreateInfo{.region = {0, 300}}};
  Suballocation const first = bump.allocate(100, 1, Linear);
  Suballocation const second = bump.allocate(100, 1, Optimal);
  Suballocation const third = bump.allocate(100, 1, Linear);
  bump.deallocate(first);
  bump.deallocate(second);
  CHECK(bump.free_size() == 200);
  CHECK_FALSE(bump.allocate(1, 1, Linear));
  bump.deallocate(third);
  CHECK(offset_of(bump.allocate(300, 1, Optimal)) == 0);
}

TEST_CASE("Pieces given back in reverse leave no trace", "[suballocator][bump]") {
  BumpAllocator bump{SuballocatorCreateInfo{.region = {0, 8192}, .granularity = 1024}};
  REQUIRE(offset_of(bump.allocate(10, 1, Linear)) == 0);
  for (int round = 0; round != 100; ++round) {
    Suballocation const optimal = bump.allocate(10, 1, Optimal);
    CHECK(offset_of(optimal) == 1024);
    Suballocation const linear = bump.allocate(10, 1, Linear);
    CHECK(offset_of(linear) == 2048);
    Suballocation const more_linear = bump.allocate(10, 2048, Linear);
    CHECK(offset_of(more_linear) == 4096);
    bump.deallocate(more_linear);
    bump.deallocate(linear);
    bump.deallocate(optimal);
  }
  CHECK(offset_of(bump.allocate(10, 1, Linear)) == 10);
}

TEST_CASE("What lies below a piece comes back with the start over", "[suballocator][bump]") {
  BumpAllocator bump{SuballocatorCreateInfo{.region = {0, 400}}};
  Suballocation const first = bump.allocate(100, 1, Linear);
  Suballocation const second = bump.allocate(100, 1, Linear);
  Suballocation const third = bump.allocate(100, 1, Linear);
  bump.deallocate(second);
  CHECK(offset_of(bump.allocate(100, 1, Linear)) == 300);
  CHECK_FALSE(bump.allocate(1, 1, Linear));
  CHECK_FALSE(bump.empty());
  bump.deallocate(first);
  bump.deallocate(third);
  CHECK(bump.free_size() == 300);
}

TEST_CASE("A bump allocator keeps tilings apart, also after a step back", "[suballocator][bump]") {
  BumpAllocator bump{SuballocatorCreateInfo{.region = {0, 8192}, .granularity = 1024}};
  REQUIRE(offset_of(bump.allocate(100, 1, Linear)) == 0);
  Suballocation const optimal = bump.allocate(100, 1, Optimal);
  CHECK(offset_of(optimal) == 1024);
  CHECK(offset_of(bump.allocate(100, 1, Optimal)) == 1124);
  Suballocation const linear = bump.allocate(100, 1, Linear);
  CHECK(offset_of(linear) == 2048);
  bump.deallocate(linear);
  CHECK(offset_of(bump.allocate(100, 1, Linear)) == 2048);
}

}  // namespace
}  // namespace ashlar::test
