// expect: Light was used before this line, or belongs to another namespace
#include <ashlar/ashlar.hpp>

struct Light {
  float strength;
};
#ifndef ASHLAR_CONTROL
constexpr bool too_early = ashlar::BufferContents<Light>;
#endif
ASHLAR_BUFFER_CONTENTS(Light, strength);
