#pragma once

#include <cstring>
#include <vector>

namespace ashlar::test {

/// The bytes of a value, four at a time.
template <class T>
std::vector<float> floats_of(T const& value) {
  static_assert(sizeof(T) % sizeof(float) == 0);
  std::vector<float> floats(sizeof(T) / sizeof(float));
  std::memcpy(floats.data(), static_cast<void const*>(&value), sizeof(T));
  return floats;
}

}  // namespace ashlar::test
