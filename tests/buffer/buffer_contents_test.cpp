#include <ashlar/buffer/buffer_contents.hpp>

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

// All of it is checked at compile time.

namespace {

using ashlar::BufferContents;

static_assert(BufferContents<std::uint8_t> && BufferContents<std::int64_t> && BufferContents<float>);
static_assert(BufferContents<double> && BufferContents<char> && BufferContents<std::byte>);
static_assert(BufferContents<int[4]> && BufferContents<float[4][4]>);
static_assert(BufferContents<std::array<int, 4>> && BufferContents<std::array<std::array<float, 4>, 4>>);
static_assert(BufferContents<std::complex<float>>);

enum class Scoped { A };
enum Fixed : std::uint8_t { FixedA };
enum Loose { LooseA };
enum class OfBool : bool { No, Yes };
static_assert(BufferContents<Scoped> && BufferContents<Fixed>);
static_assert(!BufferContents<Loose>, "not every bit pattern is a value");
static_assert(!BufferContents<OfBool>);

struct Plain {
  float position[3];
  std::uint32_t color;
};
union Union {
  float f;
  std::uint32_t u;
};
static_assert(BufferContents<Plain> && BufferContents<Plain[3]> && BufferContents<Union>);

struct WithConstructor {
  explicit WithConstructor(int value) : a{value} {}
  int a;
};
static_assert(BufferContents<WithConstructor>, "copied byte by byte all the same");

struct Virtual {
  virtual ~Virtual() = default;
  int a;
};
struct Copying {
  Copying(Copying const&) {}
  int a;
};
struct MixedAccess {
  int a;

 private:
  [[maybe_unused]] int b;
};
static_assert(!BufferContents<Virtual> && !BufferContents<Copying> && !BufferContents<MixedAccess>);

static_assert(!BufferContents<bool> && !BufferContents<bool[2]> && !BufferContents<std::array<bool, 2>>);
static_assert(!BufferContents<int*> && !BufferContents<int* [2]> && !BufferContents<std::array<int*, 2>>);
static_assert(!BufferContents<void (*)()> && !BufferContents<int Plain::*> && !BufferContents<std::nullptr_t>);
static_assert(!BufferContents<int&> && !BufferContents<int const> && !BufferContents<int volatile>);
static_assert(!BufferContents<void> && !BufferContents<int()> && !BufferContents<int[]>);
static_assert(!BufferContents<std::string> && !BufferContents<std::string_view>);
static_assert(!BufferContents<std::vector<int>> && !BufferContents<std::vector<int>::iterator>);
static_assert(!BufferContents<std::span<int>> && !BufferContents<std::span<int, 4>>);
static_assert(!BufferContents<std::initializer_list<int>>);
static_assert(!BufferContents<std::ranges::iota_view<int, int>>);
static_assert(!BufferContents<std::ranges::ref_view<std::vector<int>>>);
static_assert(!BufferContents<std::unique_ptr<int>> && !BufferContents<std::optional<int>>);
static_assert(!BufferContents<std::function<void()>> && !BufferContents<std::reference_wrapper<int>>);

struct Empty {};
static_assert(!BufferContents<Empty> && !BufferContents<std::array<int, 0>>);

using ashlar::detail::SubbufferContents;
static_assert(SubbufferContents<int> && SubbufferContents<int[]> && SubbufferContents<int[][3]>);
static_assert(SubbufferContents<int[3]>, "one value, an element of an int[][3]");

struct Listed {
  std::uint32_t a;
  float b[2];
  Plain c;
};

}  // namespace

ASHLAR_BUFFER_CONTENTS(Plain, position, color);
ASHLAR_BUFFER_CONTENTS(Listed, a, b, c);

namespace {

struct Many {
  int f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24,
      f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41, f42, f43, f44, f45, f46, f47,
      f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59, f60, f61, f62, f63;
};
ASHLAR_BUFFER_CONTENTS(Many, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
                       f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38,
                       f39, f40, f41, f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57,
                       f58, f59, f60, f61, f62, f63);

}  // namespace
