// expect: Light::next is a pointer or a reference.*hold an index
#include <ashlar/ashlar.hpp>

#include <cstdint>

struct Light {
#ifdef ASHLAR_CONTROL
  std::uint32_t next;
#else
  Light* next;  // an address of this process means nothing to a device
#endif
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, next, strength);
