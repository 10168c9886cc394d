// expect: Light has virtual functions: their table lies among its bytes
#include <ashlar/ashlar.hpp>

struct Light {
#ifndef ASHLAR_CONTROL
  virtual float brightness() const { return strength; }
#endif
  float strength = 0;
};
ASHLAR_BUFFER_CONTENTS(Light, strength);
