// expect: ItIsNotListedWithAshlarBufferContents
#include <ashlar/ashlar.hpp>

struct Light {
  float strength;
};
#ifdef ASHLAR_CONTROL
ASHLAR_BUFFER_CONTENTS(Light, strength);
#endif
static_assert(ashlar::matches_std140<Light>);
