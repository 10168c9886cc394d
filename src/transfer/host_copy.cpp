#include "transfer/host_copy.hpp"

#include <cstdint>
#include <cstring>

#if defined(__SSE2__) || defined(_M_X64)
#  include <emmintrin.h>
#endif

namespace ashlar::detail {

#if defined(__SSE2__) || defined(_M_X64)

namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t streams = 4;
constexpr std::size_t line = 64;

/// \pre `destination` is a multiple of 16.
void copy_line(std::byte* destination, std::byte const* source) noexcept {
  __m128i parts[line / sizeof(__m128i)];
  for (std::size_t i = 0; i != line / sizeof(__m128i); ++i) {
    parts[i] = _mm_loadu_si128(reinterpret_cast<__m128i const*>(source + i * sizeof(__m128i)));
  }
  for (std::size_t i = 0; i != line / sizeof(__m128i); ++i) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(destination + i * sizeof(__m128i)), parts[i]);
  }
}

}  // namespace

void copy_past_caches(std::byte* destination, std::byte const* source, std::size_t size) noexcept {
  constexpr std::size_t block = streams * page;
  std::size_t const ahead = (line - reinterpret_cast<std::uintptr_t>(destination) % line) % line;
  if (size < ahead + block) {
    std::memcpy(destination, source, size);
    return;
  }
  std::memcpy(destination, source, ahead);
  std::size_t done = ahead;
  for (; size - done >= block; done += block) {
    for (std::size_t at = done; at != done + page; at += line) {
      for (std::size_t stream = 0; stream != streams; ++stream) {
        copy_line(destination + at + stream * page, source + at + stream * page);
      }
    }
  }
  _mm_sfence();  // What is written so is not in order with what follows.
  std::memcpy(destination + done, source + done, size - done);
}

#else

void copy_past_caches(std::byte* destination, std::byte const* source, std::size_t size) noexcept {
  std::memcpy(destination, source, size);
}

#endif

}  // namespace ashlar::detail
