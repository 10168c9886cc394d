// expect: bit-field .*(Light::)?kind
#include <ashlar/ashlar.hpp>

#include <cstdint>

struct Light {
#ifdef ASHLAR_CONTROL
  std::uint32_t kind;
#else
  std::uint32_t kind : 3;
#endif
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, kind, strength);
