// expect: BufferContents|constraints not satisfied
#include <ashlar/ashlar.hpp>

#include <cstdint>

struct Counter {
  std::uint32_t value = 0;
#ifndef ASHLAR_CONTROL
  ~Counter() { value = 0; }  // nobody would call it
#endif
};

void test(ashlar::MemoryAllocator const& allocator) {
  ashlar::BufferCreateInfo const buffer{.usage = ashlar::BufferUsage::UniformBuffer};
  ashlar::AllocationCreateInfo const allocation{.usage = ashlar::MemoryUsage::Upload};
  (void)ashlar::Buffer::from_data(allocator, buffer, allocation, Counter{});
}
