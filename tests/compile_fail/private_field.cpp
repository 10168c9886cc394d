// expect: strength.* (is private|is a private member)
#include <ashlar/ashlar.hpp>

class Light {
 public:
  float x = 0, y = 0;

#ifndef ASHLAR_CONTROL
 private:
#endif
  float strength = 0;
};
ASHLAR_BUFFER_CONTENTS(Light, x, y, strength);
