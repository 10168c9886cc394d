// expect: MatrixStrideOfFieldDiffers<.*Light::rotation.*InCpp<12>.*InShader<16>
#include <ashlar/ashlar.hpp>

#ifdef ASHLAR_CONTROL
struct Matrix {
  float columns[3][4];
};
#else
struct Matrix {
  float columns[3][3];
};
#endif
template <>
inline constexpr auto ashlar::enable_buffer_contents<Matrix> = ashlar::shader_matrix<float, 3, 3>;

struct Light {
  Matrix rotation;
};
ASHLAR_BUFFER_CONTENTS(Light, rotation);

static_assert(ashlar::matches_std140<Light>);
