// expect: Light::kind is an enum.*give it a fixed underlying type
#include <ashlar/ashlar.hpp>

#include <cstdint>

enum class Kind : std::uint32_t { Point, Spot };
enum Loose { LoosePoint, LooseSpot };

struct Light {
#ifdef ASHLAR_CONTROL
  Kind kind;
#else
  Loose kind;
#endif
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, kind, strength);
