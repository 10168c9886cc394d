#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

/// \file
/// Message texts from parts.

namespace ashlar::detail {

inline void append(std::string& text, std::string_view part) { text += part; }

template <std::integral Number>
void append(std::string& text, Number part) {
  text += std::to_string(part);
}

/// Strings and integers, one after the other.
template <class... Parts>
[[nodiscard]] std::string text(Parts const&... parts) {
  std::string result;
  (append(result, parts), ...);
  return result;
}

/// "1610612736 bytes (1.5 GiB)"; below 1 KiB the bytes alone.
[[nodiscard]] inline std::string bytes_text(std::uint64_t bytes) {
  constexpr std::string_view units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::string result = text(bytes, bytes == 1 ? " byte" : " bytes");
  if (bytes < 1024) {
    return result;
  }
  std::uint64_t unit = 1024;
  std::size_t name = 0;
  while (bytes / unit >= 1024) {
    unit *= 1024;
    ++name;
  }
  std::uint64_t const tenths = (bytes % unit) / (unit / 10);
  append(result, text(" (", bytes / unit));
  if (tenths != 0) {
    append(result, text(".", tenths < 10 ? tenths : 9));
  }
  append(result, text(" ", units[name], ")"));
  return result;
}

}  // namespace ashlar::detail
