#pragma once

#include <ashlar/ashlar.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace ashlar::fuzzing {

using Word = std::uint32_t;

/// What the first words of a buffer have to be.
struct Contents {
  static constexpr std::size_t most_words = 512;

  VkBuffer buffer = {};
  VkDeviceMemory memory = {};
  std::uint64_t offset = 0;  ///< In the memory; bytes.
  std::uint64_t atom = 0;    ///< Bytes that reach the device together; 0 on coherent memory.
  bool host_visible = false;
  bool may_be_dirty = false;  ///< A flush may have failed.
  std::span<std::pair<bool, Word>> part(std::size_t first, std::size_t count) {
    return count == 0 ? std::span<std::pair<bool, Word>>{} : std::span{words}.subspan(first, count);
  }

  std::vector<std::pair<bool, Word>> words;  ///< Whether it is known, and what it is.
};

/// Words of a buffer.
struct View {
  Subbuffer<Word[]> subbuffer;
  std::shared_ptr<Contents> contents;

  std::size_t first() const { return static_cast<std::size_t>(subbuffer.offset() / sizeof(Word)); }
};

/// A guard of some of a buffer's words.
struct Hold {
  std::variant<ReadGuard<Word[]>, WriteGuard<Word[]>, OverwriteGuard<Word[]>> guard;
  std::shared_ptr<Contents> contents;
  std::size_t first = 0;
  std::size_t count = 0;

  bool writes() const { return guard.index() != 0; }

  /// Whether it stands in the way of a guard of such words.
  bool conflicts(Contents const& other, std::size_t other_first, std::size_t other_count, bool other_writes) const {
    return contents.get() == &other && (writes() || other_writes) && first < other_first + other_count &&
           other_first < first + count;
  }
};

}  // namespace ashlar::fuzzing
