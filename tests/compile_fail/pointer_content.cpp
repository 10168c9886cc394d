// expect: BufferContents
#include <ashlar/ashlar.hpp>

#include <cstdint>

struct Node {
  std::uint32_t value;
#ifndef ASHLAR_CONTROL
  Node* next;  // an address of this process means nothing to a device
#endif
};

void test(ashlar::MemoryAllocator const& allocator) {
  ashlar::BufferCreateInfo const buffer{.usage = ashlar::BufferUsage::UniformBuffer};
  ashlar::AllocationCreateInfo const allocation{.usage = ashlar::MemoryUsage::Upload};
  (void)ashlar::Buffer::from_data(allocator, buffer, allocation, Node{});
}
