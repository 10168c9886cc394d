// expect: Light::visible is a bool.*hold a std::uint32_t
#include <ashlar/ashlar.hpp>

#include <cstdint>

struct Light {
#ifdef ASHLAR_CONTROL
  std::uint32_t visible;
#else
  bool visible;
#endif
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, visible, strength);
