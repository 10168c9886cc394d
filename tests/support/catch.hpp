#pragma once

// Catch2, version 3 or 2 (Debian 12 has the latter).
#if __has_include(<catch2/catch_all.hpp>)
#  include <catch2/catch_all.hpp>
#else
#  include <catch2/catch.hpp>

#  include <string>

namespace Catch::Matchers {

/// The name that version 3 gives to this.
inline auto ContainsSubstring(std::string const& text) { return Contains(text); }

}  // namespace Catch::Matchers
#endif
