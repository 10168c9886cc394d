// expect: this_uniform_buffer<.*ArrayStrideOfFieldDiffers<.*InCpp<4>.*InShader<16>
#include <ashlar/ashlar.hpp>

#ifdef ASHLAR_CONTROL
struct alignas(16) Light {
#else
struct Light {
#endif
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, strength);

void test(ashlar::MemoryAllocator const& allocator) {
  (void)ashlar::Buffer::new_slice<Light>(allocator, {.usage = ashlar::BufferUsage::UniformBuffer},
                                         {.usage = ashlar::MemoryUsage::Upload}, 3);
}
