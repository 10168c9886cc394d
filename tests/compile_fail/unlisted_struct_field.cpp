// expect: Light::place is of a class that no ASHLAR_BUFFER_CONTENTS lists
#include <ashlar/ashlar.hpp>

struct Place {
  float x, y;
};
ASHLAR_BUFFER_CONTENTS(Place, x, y);

struct Direction {
  float x, y;
};

struct Light {
#ifdef ASHLAR_CONTROL
  Place place;
#else
  Direction place;
#endif
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, place, strength);
