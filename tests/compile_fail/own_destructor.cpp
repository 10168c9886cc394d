// expect: Light has its own way of being copied: only a trivially copyable struct is its bytes
#include <ashlar/ashlar.hpp>

struct Light {
  float strength = 0;
#ifndef ASHLAR_CONTROL
  ~Light() { strength = 0; }  // nobody would call it
#endif
};
ASHLAR_BUFFER_CONTENTS(Light, strength);
