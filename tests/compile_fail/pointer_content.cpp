// expect: BufferContents|constraints not satisfied
#include <ashlar/ashlar.hpp>

#include <cstdint>

void test(ashlar::MemoryAllocator const& allocator, std::uint32_t const& number) {
  ashlar::BufferCreateInfo const buffer{.usage = ashlar::BufferUsage::UniformBuffer};
  ashlar::AllocationCreateInfo const allocation{.usage = ashlar::MemoryUsage::Upload};
#ifdef ASHLAR_CONTROL
  auto const data = number;
#else
  auto const data = &number;  // an address of this process means nothing to a device
#endif
  (void)ashlar::Buffer::from_data(allocator, buffer, allocation, data);
}
