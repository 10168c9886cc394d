// expect: OffsetOfFieldDiffers<.*Light::place.*InCpp<4>.*InShader<16>
#include <ashlar/ashlar.hpp>

struct Place {
  float x, y, z, w;
};
ASHLAR_BUFFER_CONTENTS(Place, x, y, z, w);

struct Light {
  float strength;
#ifdef ASHLAR_CONTROL
  alignas(16) Place place;
#else
  Place place;
#endif
};
ASHLAR_BUFFER_CONTENTS(Light, strength, place);

static_assert(ashlar::matches_std140<Light>);
