// expect: lvalue reference
#include <ashlar/ashlar.hpp>

#include <cstdint>

void test(ashlar::Subbuffer<ashlar::Flexible<std::uint32_t, float>> const& list) {
#ifdef ASHLAR_CONTROL
  auto guard = list.write();
  auto& count = guard.head();
#else
  auto& count = list.write().head();  // the guard dies here, and the lock with it
#endif
  count = 3;
}
