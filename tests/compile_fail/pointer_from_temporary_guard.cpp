// expect: deleted
#include <ashlar/ashlar.hpp>

#include <cstdint>

void test(ashlar::MemoryAllocator const& allocator) {
  ashlar::BufferCreateInfo const buffer{.usage = ashlar::BufferUsage::UniformBuffer};
  ashlar::AllocationCreateInfo const allocation{.usage = ashlar::MemoryUsage::Upload};
  auto const numbers = ashlar::Buffer::from_iter(allocator, buffer, allocation, {std::uint32_t{1}, std::uint32_t{2}});
#ifdef ASHLAR_CONTROL
  auto guard = numbers.write();
  std::uint32_t* const first = guard.data();
#else
  std::uint32_t* const first = numbers.write().data();  // the guard dies here, and the lock with it
#endif
  *first = 3;
}
