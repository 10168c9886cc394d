// expect: BufferContents|constraints not satisfied
#include <ashlar/ashlar.hpp>

#include <cstdint>
#include <string_view>

#ifdef ASHLAR_CONTROL
constexpr std::uint32_t data = 12;
#else
constexpr std::string_view data = "twelve";  // its characters are elsewhere: from_iter copies those
#endif

void test(ashlar::MemoryAllocator const& allocator) {
  ashlar::BufferCreateInfo const buffer{.usage = ashlar::BufferUsage::UniformBuffer};
  ashlar::AllocationCreateInfo const allocation{.usage = ashlar::MemoryUsage::Upload};
  (void)ashlar::Buffer::from_data(allocator, buffer, allocation, data);
}
