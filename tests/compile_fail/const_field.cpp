// expect: Light::range is const or volatile
#include <ashlar/ashlar.hpp>

struct Light {
#ifdef ASHLAR_CONTROL
  float range;
#else
  float const range;
#endif
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, range, strength);
