// expect: FieldOf
#include <ashlar/ashlar.hpp>

struct Light {
  float strength;
};
ASHLAR_BUFFER_CONTENTS(Light, strength);

struct Camera {
  float zoom;
};
ASHLAR_BUFFER_CONTENTS(Camera, zoom);

void test(ashlar::Std140<Light>& light) {
#ifdef ASHLAR_CONTROL
  light.store<&Light::strength>(1);
#else
  light.store<&Camera::zoom>(1);
#endif
}
