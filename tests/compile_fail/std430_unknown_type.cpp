// expect: ShaderTypeOfFieldIsUnknown<.*Light::color
#include <ashlar/ashlar.hpp>

class Color {
  float red_, green_, blue_, alpha_;
};
template <>
#ifdef ASHLAR_CONTROL
inline constexpr auto ashlar::enable_buffer_contents<Color> = ashlar::shader_vector<float, 4>;
#else
inline constexpr auto ashlar::enable_buffer_contents<Color> = true;  // but what is it in a shader?
#endif

struct Light {
  Color color;
};
ASHLAR_BUFFER_CONTENTS(Light, color);

static_assert(ashlar::matches_std430<Light>);
