// expect: the fields of Light are not listed in the order of their declaration
#include <ashlar/ashlar.hpp>

struct Light {
  float x, y, strength;
};
#ifdef ASHLAR_CONTROL
ASHLAR_BUFFER_CONTENTS(Light, x, y, strength);
#else
ASHLAR_BUFFER_CONTENTS(Light, y, x, strength);
#endif
