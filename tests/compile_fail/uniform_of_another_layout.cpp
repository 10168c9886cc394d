// expect: FieldIsLaidOutForAnotherLayout
#include <ashlar/ashlar.hpp>

struct Weights {
  float weights[4];
};
ASHLAR_BUFFER_CONTENTS(Weights, weights);

void test(ashlar::MemoryAllocator const& allocator) {
#ifdef ASHLAR_CONTROL
  auto const weights = ashlar::std140(Weights{});
#else
  auto const weights = ashlar::std430(Weights{});
#endif
  (void)ashlar::Buffer::from_data(allocator, {.usage = ashlar::BufferUsage::UniformBuffer},
                                  {.usage = ashlar::MemoryUsage::Upload}, weights);
}
