// expect: Light::name is more than its bytes
#include <ashlar/ashlar.hpp>

#include <string>

struct Light {
#ifdef ASHLAR_CONTROL
  char name[8];
#else
  std::string name;
#endif
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, name, strength);
