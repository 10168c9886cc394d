// expect: usage.* is not a constant expression|call to consteval function 'ashlar::detail::CheckedUsages<.*Light
#include <ashlar/ashlar.hpp>

struct Color {
  float red, green, blue, alpha;
};
ASHLAR_BUFFER_CONTENTS(Color, red, green, blue, alpha);

struct Light {
  float strength;
#ifdef ASHLAR_CONTROL
  alignas(16) Color color;
#else
  Color color;
#endif
};
ASHLAR_BUFFER_CONTENTS(Light, strength, color);

void test(ashlar::MemoryAllocator const& allocator, ashlar::BufferUsages usage) {
  // The compiler cannot know whether it is a uniform buffer. A named BufferCreateInfo is checked at run time.
  (void)ashlar::Buffer::from_data(allocator, {.usage = usage}, {.usage = ashlar::MemoryUsage::Upload}, Light{});
}
