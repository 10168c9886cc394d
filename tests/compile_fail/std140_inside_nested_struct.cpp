// expect: ArrayStrideOfFieldDiffers<.*Falloff::steps.*InCpp<4>.*InShader<16>
#include <ashlar/ashlar.hpp>

struct Falloff {
#ifdef ASHLAR_CONTROL
  ashlar::Padded<float, 12> steps[2];
#else
  float steps[2];
#endif
};
ASHLAR_BUFFER_CONTENTS(Falloff, steps);

struct Light {
  Falloff falloff;
};
ASHLAR_BUFFER_CONTENTS(Light, falloff);

static_assert(ashlar::matches_std140<Light>);
