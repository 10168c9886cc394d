// expect: deleted
#include <ashlar/ashlar.hpp>

#include <cstdint>

void test(ashlar::Subbuffer<ashlar::Flexible<std::uint32_t, float>> const& list) {
#ifdef ASHLAR_CONTROL
  auto guard = list.write();
  auto const tail = guard.tail();
#else
  auto const tail = list.write().tail();  // the guard dies here, and the lock with it
#endif
  tail[0] = 3;
}
