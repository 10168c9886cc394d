// expect: .strenght.+ is not a member of .+Light|no member named 'strenght' in 'Light'
#include <ashlar/ashlar.hpp>

struct Light {
  float x, y, strength;
};
#ifdef ASHLAR_CONTROL
ASHLAR_BUFFER_CONTENTS(Light, x, y, strength);
#else
ASHLAR_BUFFER_CONTENTS(Light, x, y, strenght);
#endif
