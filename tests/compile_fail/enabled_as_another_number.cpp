// expect: a number whose size no number of a shader has
#include <ashlar/ashlar.hpp>

struct Opaque {
  float x, y, z;
};
#ifdef ASHLAR_CONTROL
template <>
inline constexpr auto ashlar::enable_buffer_contents<Opaque> = ashlar::shader_vector<float, 3>;
#else
template <>
inline constexpr auto ashlar::enable_buffer_contents<Opaque> = ashlar::shader_scalar;
#endif

struct Scene {
  Opaque opaque;
};
ASHLAR_BUFFER_CONTENTS(Scene, opaque);
