// expect: OffsetOfFieldDiffers<.*Light::direction.*InCpp<4>.*InShader<8>
#include <ashlar/ashlar.hpp>

#include <complex>

struct Light {
  float strength;
#ifdef ASHLAR_CONTROL
  alignas(8) std::complex<float> direction;
#else
  std::complex<float> direction;  // a vec2
#endif
};
ASHLAR_BUFFER_CONTENTS(Light, strength, direction);

static_assert(ashlar::matches_std430<Light>);
