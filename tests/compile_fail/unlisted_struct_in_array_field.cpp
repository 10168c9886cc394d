// expect: Light::places is of a class that no ASHLAR_BUFFER_CONTENTS lists
#include <ashlar/ashlar.hpp>

#include <array>

struct Place {
  float x, y;
};
ASHLAR_BUFFER_CONTENTS(Place, x, y);

struct Direction {
  float x, y;
};

struct Light {
#ifdef ASHLAR_CONTROL
  std::array<Place, 2> places;
#else
  std::array<Direction, 2> places;
#endif
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, places, strength);
