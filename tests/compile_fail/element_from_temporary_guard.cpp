// expect: lvalue reference
#include <ashlar/ashlar.hpp>

#include <cstdint>

void test(ashlar::MemoryAllocator const& allocator) {
  ashlar::BufferCreateInfo const buffer{.usage = ashlar::BufferUsage::UniformBuffer};
  ashlar::AllocationCreateInfo const allocation{.usage = ashlar::MemoryUsage::Upload};
  auto const numbers = ashlar::Buffer::from_iter(allocator, buffer, allocation, {std::uint32_t{1}, std::uint32_t{2}});
#ifdef ASHLAR_CONTROL
  auto guard = numbers.write();
  auto& element = guard[1];
#else
  auto& element = numbers.write()[1];  // the guard dies here, and the lock with it
#endif
  element = 3;
}
