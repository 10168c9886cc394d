// expect: list the fields of Light behind it
#include <ashlar/ashlar.hpp>

struct Light {
  float strength;
};
#ifdef ASHLAR_CONTROL
ASHLAR_BUFFER_CONTENTS(Light, strength);
#else
ASHLAR_BUFFER_CONTENTS(Light);
#endif
