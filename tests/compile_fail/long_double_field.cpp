// expect: Light::range is a long double.*hold a double
#include <ashlar/ashlar.hpp>

struct Light {
#ifdef ASHLAR_CONTROL
  double range;
#else
  long double range;
#endif
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, range, strength);
