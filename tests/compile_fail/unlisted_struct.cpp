// expect: ItIsNotListedWithAshlarBufferContents
#include <ashlar/ashlar.hpp>

struct Light {
  float strength;
};
#ifdef ASHLAR_CONTROL
ASHLAR_BUFFER_CONTENTS(Light, strength);
#endif

void test(ashlar::MemoryAllocator const& allocator) {
  (void)ashlar::Buffer::from_data(allocator, {.usage = ashlar::BufferUsage::StorageBuffer},
                                  {.usage = ashlar::MemoryUsage::Upload}, Light{});
}
