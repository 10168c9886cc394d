#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

/// The fuzz target.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> files_of(std::filesystem::path const& path) {
  if (!std::filesystem::is_directory(path)) {
    return {path};
  }
  std::filesystem::directory_iterator const folder{path};
  std::vector<std::filesystem::path> files{begin(folder), end(folder)};
  std::sort(files.begin(), files.end());
  return files;
}

bool replay(std::filesystem::path const& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    std::cerr << path << " cannot be opened\n";
    return false;
  }
  std::vector<char> const bytes{std::istreambuf_iterator<char>{file}, {}};
  std::cout << path << ' ' << bytes.size() << " bytes" << std::endl;  // Now: it may be the last that is heard of it.
  LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
  return true;
}

}  // namespace

/// Stands in for libFuzzer, which comes with Clang only: runs the target once with each of the files, or the files of
/// the folders, that it is called with.
int main(int argc, char** argv) {
  bool good = true;
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    for (auto const& file : files_of(argv[i])) {
      good = replay(file) && good;
      ++count;
    }
  }
  std::cout << count << " inputs\n";
  return good && count != 0 ? 0 : 1;
}
