// expect: OffsetOfFieldDiffers<.*Light::color.*InCpp<4>.*InShader<16>
#include <ashlar/ashlar.hpp>

#include <array>

template <>
inline constexpr auto ashlar::enable_buffer_contents<std::array<float, 3>> = ashlar::shader_vector<float, 3>;

struct Light {
  float strength;
#ifdef ASHLAR_CONTROL
  alignas(16) std::array<float, 3> color;
#else
  std::array<float, 3> color;
#endif
};
ASHLAR_BUFFER_CONTENTS(Light, strength, color);

static_assert(ashlar::matches_std140<Light>);
