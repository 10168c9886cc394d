// expect: this_uniform_buffer<.*OffsetOfFieldDiffers<.*Light::color.*InCpp<4>.*InShader<16>
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

void test(ashlar::MemoryAllocator const& allocator) {
  (void)ashlar::Buffer::from_data(allocator, {.usage = ashlar::BufferUsage::UniformBuffer},
                                  {.usage = ashlar::MemoryUsage::Upload}, Light{});
}
