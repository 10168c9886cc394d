#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "simulated_driver/patterns.hpp"

namespace ashlar::simulated {

/// The bytes of one copy of a VkDeviceMemory.
class Backing {
 public:
  /// Bytes that all hold the pattern. They cost address space; a page costs memory once it is written to.
  /// Null where the process has no more of either.
  [[nodiscard]] static std::shared_ptr<Backing> create(std::uint64_t size, std::uint64_t alignment, Pattern pattern);

  /// The same in a file of its own, so that another process or device can share them. Every page costs memory.
  [[nodiscard]] static std::shared_ptr<Backing> create_exportable(std::uint64_t size, std::uint64_t alignment,
                                                                  Pattern pattern, std::string const& name);

  /// The name of a file that `create_exportable` made, in whichever process; none of any other.
  [[nodiscard]] static std::optional<std::string> exported_name(int file);

  /// The bytes of a file that `create_exportable` made, in whichever process. Owns the file descriptor if it succeeds.
  /// Null if the file is none of that size.
  [[nodiscard]] static std::shared_ptr<Backing> import(int file, std::uint64_t size, std::uint64_t alignment);

  Backing(Backing const&) = delete;
  Backing& operator=(Backing const&) = delete;
  ~Backing();

  [[nodiscard]] std::byte* bytes() const noexcept { return bytes_; }

  /// A new file descriptor of the file; -1 where there is none.
  [[nodiscard]] int duplicate_file() const;

 private:
  Backing() = default;
  [[nodiscard]] static std::shared_ptr<Backing> reserve(std::uint64_t size, std::uint64_t alignment);

  void* reservation_ = nullptr;
  std::size_t reserved_ = 0;
  std::byte* bytes_ = nullptr;
  int file_ = -1;
};

}  // namespace ashlar::simulated
