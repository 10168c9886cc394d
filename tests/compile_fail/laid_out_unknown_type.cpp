// expect: not known in a shader.*ShaderTypeOfFieldIsUnknown<.*Scene::opaque
#include <ashlar/ashlar.hpp>

struct Opaque {
  float m[9];
};
#ifdef ASHLAR_CONTROL
template <>
inline constexpr auto ashlar::enable_buffer_contents<Opaque> = ashlar::shader_matrix<float, 3, 3>;
#else
template <>
inline constexpr auto ashlar::enable_buffer_contents<Opaque> = true;
#endif

struct Scene {
  float time;
  Opaque opaque;
};
ASHLAR_BUFFER_CONTENTS(Scene, time, opaque);

ashlar::Std140<Scene> laid_out;
