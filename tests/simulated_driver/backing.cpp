#include "simulated_driver/backing.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "simulated_driver/rounding.hpp"

namespace ashlar::simulated {

namespace {

/// Fresh memory shows one such file again and again. The kernel allows a process about 65,000 mappings, which this
/// size makes enough for a terabyte.
constexpr std::size_t pattern_file_size = std::size_t{16} << 20U;

std::size_t page_size() {
  static std::size_t const size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

/// Fills the file from its start with the pattern; false where the file system is full.
bool write_pattern(int file, std::uint64_t size, Pattern pattern) {
  std::array<char, std::size_t{1} << 16U> chunk{};
  chunk.fill(static_cast<char>(pattern));
  while (size > 0) {
    ssize_t const written =
        write(file, chunk.data(), static_cast<std::size_t>(std::min<std::uint64_t>(size, chunk.size())));
    if (written <= 0) {
      return false;
    }
    size -= static_cast<std::uint64_t>(written);
  }
  return true;
}

constexpr std::string_view file_prefix = "ashlar-simulated-memory: ";

int create_file(std::uint64_t size, Pattern pattern, std::string const& name) {
  int const file = memfd_create((std::string{file_prefix} + name).c_str(), MFD_CLOEXEC);
  if (file >= 0 && !write_pattern(file, size, pattern)) {
    close(file);
    return -1;
  }
  return file;
}

int pattern_file(Pattern pattern) {
  static int const device = create_file(pattern_file_size, Pattern::Device, "fresh");
  static int const host = create_file(pattern_file_size, Pattern::Host, "fresh");
  return pattern == Pattern::Device ? device : host;
}

}  // namespace

Backing::~Backing() {
  if (reservation_ != nullptr) {
    munmap(reservation_, reserved_);
  }
  if (file_ >= 0) {
    close(file_);
  }
}

std::shared_ptr<Backing> Backing::reserve(std::uint64_t size, std::uint64_t alignment) {
  std::shared_ptr<Backing> backing{new Backing};
  std::size_t const slack = alignment > page_size() ? static_cast<std::size_t>(alignment) : 0;
  backing->reserved_ = round_up(size, page_size()) + slack;
  void* const address =
      mmap(nullptr, backing->reserved_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) {
    return nullptr;
  }
  backing->reservation_ = address;
  auto const start = reinterpret_cast<std::uintptr_t>(address);
  backing->bytes_ = static_cast<std::byte*>(address) + (round_up(start, std::max<std::uint64_t>(alignment, 1)) - start);
  return backing;
}

std::shared_ptr<Backing> Backing::create(std::uint64_t size, std::uint64_t alignment, Pattern pattern) {
  auto backing = reserve(size, alignment);
  int const file = pattern_file(pattern);
  if (backing == nullptr || file < 0) {
    return nullptr;
  }
  std::size_t const whole = round_up(size, page_size());
  for (std::size_t at = 0; at < whole; at += pattern_file_size) {
    if (mmap(backing->bytes_ + at, std::min(pattern_file_size, whole - at), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file, 0) == MAP_FAILED) {
      return nullptr;
    }
  }
  return backing;
}

std::shared_ptr<Backing> Backing::create_exportable(std::uint64_t size, std::uint64_t alignment, Pattern pattern,
                                                    std::string const& name) {
  int const file = create_file(size, pattern, name);
  if (file < 0) {
    return nullptr;
  }
  auto backing = import(file, size, alignment);
  if (backing == nullptr) {
    close(file);
  }
  return backing;
}

std::optional<std::string> Backing::exported_name(int file) {
  std::array<char, 4096> target{};
  ssize_t const length = readlink(("/proc/self/fd/" + std::to_string(file)).c_str(), target.data(),
                                  target.size());  // "/memfd:… (deleted)"
  std::string_view const path{target.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
  std::size_t const begin = path.find(file_prefix);
  std::size_t const end = path.rfind(" (deleted)");
  if (begin == std::string_view::npos || end == std::string_view::npos) {
    return {};
  }
  return std::string{path.substr(begin + file_prefix.size(), end - begin - file_prefix.size())};
}

std::shared_ptr<Backing> Backing::import(int file, std::uint64_t size, std::uint64_t alignment) {
  struct stat status{};
  if (fstat(file, &status) != 0 || static_cast<std::uint64_t>(status.st_size) != size) {
    return nullptr;
  }
  auto backing = reserve(size, alignment);
  if (backing == nullptr || mmap(backing->bytes_, round_up(size, page_size()), PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED) {
    return nullptr;
  }
  backing->file_ = file;
  return backing;
}

int Backing::duplicate_file() const { return file_ >= 0 ? dup(file_) : -1; }

}  // namespace ashlar::simulated
