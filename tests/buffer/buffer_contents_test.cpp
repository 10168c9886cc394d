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

// All of it is checked at compile time; what has to fail, with its message, is in tests/compile_fail.

namespace {

using ashlar::BufferContents;

static_assert(BufferContents<std::uint8_t> && BufferContents<std::int64_t> && BufferContents<float>);
static_assert(BufferContents<double> && BufferContents<char> && BufferContents<std::byte>);
static_assert(BufferContents<int[4]> && BufferContents<float[4][4]>);
static_assert(BufferContents<std::array<int, 4>> && BufferContents<std::array<std::array<float, 4>, 4>>);
static_assert(BufferContents<std::complex<float>> && BufferContents<std::complex<double>[2]>);
static_assert(!BufferContents<long double> && !BufferContents<std::complex<long double>>);

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
ASHLAR_BUFFER_CONTENTS(Plain, position, color);
static_assert(BufferContents<Plain> && BufferContents<Plain[3]> && BufferContents<std::array<Plain, 2>>);

struct Nested {
  std::uint32_t a;
  float b[2];
  Plain c[2];
  std::array<Plain, 3> d;
  std::complex<float> e;
  Scoped f;
};
ASHLAR_BUFFER_CONTENTS(Nested, a, b, c, d, e, f);
static_assert(BufferContents<Nested>);

struct Unlisted {
  float a;
};
union Union {
  float f;
  std::uint32_t u;
};
static_assert(!BufferContents<Unlisted> && !BufferContents<Unlisted[2]> && !BufferContents<Union>);

struct Derived : Plain {};
struct DerivedWithMore : Plain {
  float more;
};
static_assert(!BufferContents<Derived> && !BufferContents<DerivedWithMore>, "a listed base does not count");

struct Inherited : Plain {};
ASHLAR_BUFFER_CONTENTS(Inherited, position, color);
static_assert(BufferContents<Inherited>);

class WithConstructor {
 public:
  explicit WithConstructor(int value) : a{value} {}
  int a;
};
ASHLAR_BUFFER_CONTENTS(WithConstructor, a);
static_assert(BufferContents<WithConstructor>, "copied byte by byte all the same");

struct Virtual {
  virtual ~Virtual() = default;
  int a;
};
struct Copying {
  Copying(Copying const&) {}
  int a;
};
static_assert(!BufferContents<Virtual> && !BufferContents<Copying>);

static_assert(!BufferContents<bool> && !BufferContents<bool[2]> && !BufferContents<std::array<bool, 2>>);
static_assert(!BufferContents<int*> && !BufferContents<int* [2]> && !BufferContents<std::array<int*, 2>>);
static_assert(!BufferContents<void (*)()> && !BufferContents<int Plain::*> && !BufferContents<std::nullptr_t>);
static_assert(!BufferContents<int&> && !BufferContents<int const> && !BufferContents<int volatile>);
static_assert(!BufferContents<void> && !BufferContents<int()> && !BufferContents<int[]>);
static_assert(!BufferContents<std::string> && !BufferContents<std::string_view>);
static_assert(!BufferContents<std::vector<int>> && !BufferContents<std::vector<int>::iterator>);
static_assert(!BufferContents<std::span<int>> && !BufferContents<std::span<int, 4>>);
static_assert(!BufferContents<std::initializer_list<int>> && !BufferContents<std::tuple<int, int>>);
static_assert(!BufferContents<std::ranges::iota_view<int, int>>);
static_assert(!BufferContents<std::ranges::ref_view<std::vector<int>>>);
static_assert(!BufferContents<std::unique_ptr<int>> && !BufferContents<std::optional<int>>);
static_assert(!BufferContents<std::function<void()>> && !BufferContents<std::reference_wrapper<int>>);

struct Empty {};
static_assert(!BufferContents<Empty> && !BufferContents<std::array<int, 0>>);

struct Outer {
  struct Inner {
    float a;
  };
};
ASHLAR_BUFFER_CONTENTS(Outer::Inner, a);
static_assert(BufferContents<Outer::Inner>, "of a class, listed from behind it");

template <class T>
struct Template {
  T a, b;
};
ASHLAR_BUFFER_CONTENTS(Template<float>, a, b);
static_assert(BufferContents<Template<float>> && !BufferContents<Template<int>>);

// Names that the macro must not mind.
struct Names {
  float value, List, all_fields, ashlar_a, a, T;
};
ASHLAR_BUFFER_CONTENTS(Names, value, List, all_fields, ashlar_a, a, T);

// Nor is a struct's name one of the macro's own.
struct List {
  int type_of_value, value;
};
ASHLAR_BUFFER_CONTENTS(List, type_of_value, value);

struct Many {
  int f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24,
      f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41, f42, f43, f44, f45, f46, f47,
      f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59, f60, f61, f62, f63;
};
ASHLAR_BUFFER_CONTENTS(Many, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19,
                       f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38,
                       f39, f40, f41, f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57,
                       f58, f59, f60, f61, f62, f63);
static_assert(BufferContents<Many>);

}  // namespace

// They look like std::array and std::complex, and are something else.
namespace imitations {

template <class T, std::size_t N>
struct Vector {
  using value_type = T;
  T* data();
  T components[N];
};
template <class T>
struct Polar {
  using value_type = T;
  [[nodiscard]] T real() const;
  [[nodiscard]] T imag() const;
  T radius, angle;
};
struct Owner {
  using value_type = float;
  [[nodiscard]] float real() const;
  [[nodiscard]] float imag() const;
  std::unique_ptr<float[]> numbers;
};

}  // namespace imitations
template <class T, std::size_t N>
struct std::tuple_size<imitations::Vector<T, N>> : std::integral_constant<std::size_t, N> {};
static_assert(!BufferContents<imitations::Vector<float, 3>> && !BufferContents<imitations::Polar<float>>);
static_assert(!BufferContents<imitations::Owner> && !BufferContents<std::array<float, 0>>);

// Types of other libraries: one line each.
namespace other {

template <class T, std::size_t N>
struct Vector {
  Vector(Vector const& same) : x{} { *this = same; }
  Vector& operator=(Vector const&) = default;
  T x[N];
};
struct Handle {
  std::uint64_t bits;
};

}  // namespace other

template <class T, std::size_t N>
inline constexpr auto ashlar::enable_buffer_contents<other::Vector<T, N>> = ashlar::shader_vector<T, N>;
template <>
inline constexpr auto ashlar::enable_buffer_contents<other::Handle> = true;

namespace {

static_assert(BufferContents<other::Vector<float, 3>> && BufferContents<other::Handle[2]>);
static_assert(!BufferContents<other::Vector<bool, 3>>);

struct OfOthers {
  other::Vector<float, 3> position;
  other::Handle handle;
};
ASHLAR_BUFFER_CONTENTS(OfOthers, position, handle);
static_assert(BufferContents<OfOthers>, "its field copies in its own way, and was enabled all the same");

}  // namespace
