// expect: scene::Light .*belongs to another namespace: list a struct right behind its definition, in the namespace
#include <ashlar/ashlar.hpp>

namespace scene {
struct Light {
  float strength;
};
#ifdef ASHLAR_CONTROL
ASHLAR_BUFFER_CONTENTS(Light, strength);
#endif
}  // namespace scene

#ifndef ASHLAR_CONTROL
ASHLAR_BUFFER_CONTENTS(scene::Light, strength);
#endif
