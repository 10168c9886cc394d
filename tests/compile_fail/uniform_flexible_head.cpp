// expect: ArrayStrideOfFieldDiffers<.*Weights::weights.*InCpp<4>.*InShader<16>
#include <ashlar/ashlar.hpp>

struct Weights {
  float weights[4];
};
ASHLAR_BUFFER_CONTENTS(Weights, weights);

void test(ashlar::MemoryAllocator const& allocator) {
#ifdef ASHLAR_CONTROL
  constexpr auto usage = ashlar::BufferUsage::StorageBuffer;
#else
  constexpr auto usage = ashlar::BufferUsage::StorageBuffer | ashlar::BufferUsage::UniformBuffer;
#endif
  (void)ashlar::Buffer::new_flexible<Weights, float>(allocator, {.usage = usage},
                                                     {.usage = ashlar::MemoryUsage::Upload}, 7);
}
