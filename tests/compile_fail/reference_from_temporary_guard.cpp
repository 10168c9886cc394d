// expect: lvalue reference
#include <ashlar/ashlar.hpp>

#include <cstdint>

void test(ashlar::MemoryAllocator const& allocator) {
  ashlar::BufferCreateInfo const buffer{.usage = ashlar::BufferUsage::UniformBuffer};
  ashlar::AllocationCreateInfo const allocation{.usage = ashlar::MemoryUsage::Upload};
  auto const number = ashlar::Buffer::from_data(allocator, buffer, allocation, std::uint32_t{12});
#ifdef ASHLAR_CONTROL
  auto guard = number.write();
  auto& content = *guard;
#else
  auto& content = *number.write();  // the guard dies here, and the lock with it
#endif
  content = 13;
}
