// expect: function.definition
#include <ashlar/ashlar.hpp>

struct Light {
  float strength;
};
#ifdef ASHLAR_CONTROL
ASHLAR_BUFFER_CONTENTS(Light, strength);
#endif

void test() {
#ifndef ASHLAR_CONTROL
  ASHLAR_BUFFER_CONTENTS(Light, strength);
#endif
}
