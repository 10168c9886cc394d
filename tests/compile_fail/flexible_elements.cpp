// expect: the elements are not laid out as this layout asks
#include <ashlar/ashlar.hpp>

struct Direction {
  float x, y, z;
};
template <>
inline constexpr auto ashlar::enable_buffer_contents<Direction> = ashlar::shader_vector<float, 3>;

#ifdef ASHLAR_CONTROL
using Element = ashlar::Padded<Direction, 4>;
#else
using Element = Direction;  // std430 sets them 16 bytes apart
#endif

static_assert(ashlar::Flexible<float, Element>::tail_offset == 16);
