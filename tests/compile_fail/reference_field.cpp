// expect: Light::source is a pointer or a reference.*hold an index
#include <ashlar/ashlar.hpp>

struct Light {
#ifdef ASHLAR_CONTROL
  float source;
#else
  float& source;
#endif
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, source, strength);
