// expect: of a struct, list the fields with ASHLAR_BUFFER_CONTENTS.*ItIsNotListedWithAshlarBufferContents
#include <ashlar/ashlar.hpp>

struct Light {
  float strength;
};
#ifdef ASHLAR_CONTROL
ASHLAR_BUFFER_CONTENTS(Light, strength);
#endif

float test(ashlar::Subbuffer<Light> const& light) { return light.read()->strength; }
