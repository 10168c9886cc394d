// expect: ArrayStrideOfFieldDiffers<.*Light::weights.*InCpp<4>.*InShader<16>
#include <ashlar/ashlar.hpp>

struct Light {
#ifdef ASHLAR_CONTROL
  ashlar::Padded<float, 12> weights[4];
#else
  float weights[4];
#endif
};
ASHLAR_BUFFER_CONTENTS(Light, weights);

static_assert(ashlar::matches_std140<Light>);
