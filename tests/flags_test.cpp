#include <ashlar/flags.hpp>

#include <cstdint>
#include <type_traits>

#include "support/catch.hpp"

// In ashlar's namespace, as its own flags are: that is where `|` is looked up.
namespace ashlar {

enum class Colour : std::uint8_t { Red = 1, Green = 2, Blue = 4 };
enum class Plain : std::uint8_t { One = 1 };

template <>
inline constexpr bool enable_flags<Colour> = true;

}  // namespace ashlar

namespace {

using ashlar::Colour;
using ashlar::Plain;
using Colours = ashlar::Flags<Colour>;

template <class A, class B>
concept CanBeJoined = requires(A a, B b) { a | b; };

}  // namespace

TEST_CASE("flags are a set of bits", "[flags]") {
  Colours const yellow = Colour::Red | Colour::Green;
  CHECK(yellow.mask() == 3);
  CHECK(yellow.contains(Colour::Red));
  CHECK_FALSE(yellow.contains(Colour::Blue));
  CHECK_FALSE(yellow.contains(Colour::Red | Colour::Blue));
  CHECK(yellow.contains({}));
  CHECK(yellow.intersects(Colour::Red | Colour::Blue));
  CHECK_FALSE(yellow.intersects(Colour::Blue));
  CHECK_FALSE(yellow.intersects({}));
  CHECK(yellow.without(Colour::Red | Colour::Blue) == Colour::Green);
  CHECK((yellow & (Colour::Green | Colour::Blue)) == Colour::Green);
  CHECK((yellow | Colour::Blue).mask() == 7);
}

TEST_CASE("flags are changed in place", "[flags]") {
  Colours colours = Colour::Red;
  colours |= Colour::Blue;
  CHECK(colours == (Colour::Red | Colour::Blue));
  colours &= Colour::Blue;
  CHECK(colours == Colour::Blue);
}

TEST_CASE("no flags are empty", "[flags]") {
  CHECK(Colours{}.empty());
  CHECK(Colours{}.mask() == 0);
  CHECK_FALSE(Colours{Colour::Red}.empty());
}

TEST_CASE("bits that the enum does not name enter by their mask", "[flags]") {
  auto const colours = Colours::from_mask(0x81);
  CHECK(colours.contains(Colour::Red));
  CHECK(colours.without(Colour::Red).mask() == 0x80);
}

TEST_CASE("only enums that were made flags can be joined, and only with their own", "[flags]") {
  STATIC_REQUIRE(CanBeJoined<Colour, Colour>);
  STATIC_REQUIRE(CanBeJoined<Colours, Colour>);
  STATIC_REQUIRE_FALSE(CanBeJoined<Plain, Plain>);
  STATIC_REQUIRE_FALSE(CanBeJoined<Colour, Plain>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<Colours, int>);
}

TEST_CASE("flags work at compile time", "[flags]") {
  constexpr Colours white = Colour::Red | Colour::Green | Colour::Blue;
  STATIC_REQUIRE(white.mask() == 7);
}
