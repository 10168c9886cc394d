// expect: another vector than the type is
#include <ashlar/ashlar.hpp>

struct Opaque {
  float x, y;
};
#ifdef ASHLAR_CONTROL
template <>
inline constexpr auto ashlar::enable_buffer_contents<Opaque> = ashlar::shader_vector<float, 2>;
#else
template <>
inline constexpr auto ashlar::enable_buffer_contents<Opaque> = ashlar::shader_vector<float, 4>;
#endif

struct Scene {
  Opaque opaque;
};
ASHLAR_BUFFER_CONTENTS(Scene, opaque);
