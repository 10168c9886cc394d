// expect: the head is not laid out as this layout asks
#include <ashlar/ashlar.hpp>

struct Color {
  float red, green, blue, alpha;
};
template <>
inline constexpr auto ashlar::enable_buffer_contents<Color> = ashlar::shader_vector<float, 4>;

struct Head {
  float strength;
#ifdef ASHLAR_CONTROL
  alignas(16) Color color;
#else
  Color color;
#endif
};
ASHLAR_BUFFER_CONTENTS(Head, strength, color);

static_assert(ashlar::Flexible<Head, float>::tail_offset == 32);
