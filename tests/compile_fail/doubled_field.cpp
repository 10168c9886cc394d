// expect: red(eclaration|efinition) of .*ashlar_field_y
#include <ashlar/ashlar.hpp>

struct Light {
  float x, y, strength;
};
#ifdef ASHLAR_CONTROL
ASHLAR_BUFFER_CONTENTS(Light, x, y, strength);
#else
ASHLAR_BUFFER_CONTENTS(Light, x, y, y);
#endif
