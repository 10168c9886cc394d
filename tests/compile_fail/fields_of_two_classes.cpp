// expect: Light has no standard layout: let all fields be public, of itself or all of one base
#include <ashlar/ashlar.hpp>

struct Place {
  float x, y;
};
ASHLAR_BUFFER_CONTENTS(Place, x, y);

#ifdef ASHLAR_CONTROL
struct Light {
  Place place;
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, place, strength);
#else
struct Light : Place {
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, x, y, strength);
#endif
