// expect: ArrayStrideOfFieldDiffers<.*Weights::weights.*InCpp<4>.*InShader<16>
#include <ashlar/ashlar.hpp>

struct Weights {
#ifdef ASHLAR_CONTROL
  ashlar::Padded<float> weights[3];
#else
  float weights[3];
#endif
};
ASHLAR_BUFFER_CONTENTS(Weights, weights);

void test(ashlar::MemoryAllocator const& allocator) {
  (void)ashlar::Buffer::new_sized<ashlar::Padded<Weights, 16>>(allocator, {.usage = ashlar::BufferUsage::UniformBuffer},
                                                               {.usage = ashlar::MemoryUsage::Upload});
}
