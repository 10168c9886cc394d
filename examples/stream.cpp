// Streams data through one buffer of the GPU, piece by piece, as much as you like: 16 GiB by ./examples/run stream 16.
//
// Run it with ./examples/run stream [GIBIBYTES]

#include <ashlar/ashlar.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#ifdef _WIN32
#  include <io.h>
#else
#  include <unistd.h>
#endif

namespace {

using Clock = std::chrono::steady_clock;
using Numbers = ashlar::Subbuffer<std::uint64_t[]>;

constexpr std::uint64_t mebibyte = 1U << 20U;
constexpr std::uint64_t buffer_size = 256 * mebibyte;
constexpr std::uint64_t piece_size = 64 * mebibyte;  // The buffer holds four pieces.
constexpr std::uint64_t piece_count_in_buffer = buffer_size / piece_size;
constexpr std::uint64_t numbers_per_piece = piece_size / sizeof(std::uint64_t);

// A bar that fills, on a terminal; elsewhere a line for every quarter.
class ProgressBar {
 public:
  explicit ProgressBar(std::uint64_t total) : total_{total} {}

  void show(std::uint64_t done) {
    std::uint64_t const step = done * (is_terminal_ ? 200 : 4) / total_;
    if (step == last_step_) {
      return;
    }
    last_step_ = step;
    double const part = static_cast<double>(done) / static_cast<double>(total_);
    double const seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    double const speed = static_cast<double>(done) / 1e9 / seconds;
    if (is_terminal_) {
      int const filled = static_cast<int>(part * 40);
      std::printf("\r[%.*s%*s] %3.0f %%, %.2f GB/s ", filled, "########################################", 40 - filled,
                  "", part * 100, speed);
      std::fflush(stdout);
    } else {
      std::printf("%3.0f %%, %.2f GB/s\n", part * 100, speed);
    }
  }

  void end() const { std::printf("%s", is_terminal_ ? "\n" : ""); }

 private:
#ifdef _WIN32
  bool is_terminal_ = _isatty(_fileno(stdout)) != 0;
#else
  bool is_terminal_ = isatty(STDOUT_FILENO) != 0;
#endif
  Clock::time_point start_ = Clock::now();
  std::uint64_t total_;
  std::uint64_t last_step_ = 0;
};

// An element of a piece, on its way back.
struct Sample {
  std::uint64_t expected;
  ashlar::Pending<std::uint64_t> value;
};

// Asks for three elements. The numbers of the whole stream count up: which one has to come is known.
std::vector<Sample> take_samples(ashlar::Transfer const& transfer, Numbers const& part, std::uint64_t first) {
  std::vector<Sample> samples;
  for (std::uint64_t const i : {std::uint64_t{0}, first / 7 % numbers_per_piece, numbers_per_piece - 1}) {
    samples.push_back({first + i, transfer.download(part.index(i))});
  }
  return samples;
}

bool all_right(std::vector<Sample>& samples) {
  bool right = true;
  for (Sample& sample : samples) {
    right = sample.value.get() == sample.expected && right;
  }
  return right;
}

bool stream(std::uint64_t gibibytes) {
  auto const device = ashlar::Device::create_default();
  auto const allocator = ashlar::StandardMemoryAllocator{device};
  auto const transfer = ashlar::Transfer{allocator};
  std::printf("device: %s\n", device.physical_device().name());

  // One buffer in the GPU's own memory, and one piece in ours. The transfer takes up to 64 MiB of staging memory beside
  // it.
  Numbers const buffer = ashlar::Buffer::new_slice<std::uint64_t>(
      allocator, {.usage = ashlar::BufferUsage::TransferDestination | ashlar::BufferUsage::TransferSource},
      {.usage = ashlar::MemoryUsage::DeviceOnly}, buffer_size / sizeof(std::uint64_t));
  std::vector<std::uint64_t> piece(numbers_per_piece);

  std::uint64_t const total = gibibytes * 1024 * mebibyte;
  ProgressBar bar{total};
  auto const start = Clock::now();
  bool right = true;
  std::vector<Sample> samples;
  for (std::uint64_t n = 0; n < total / piece_size; ++n) {
    std::uint64_t number = n * numbers_per_piece;
    for (std::uint64_t& element : piece) {
      element = number++;
    }

    // Returns when the piece is copied out of our memory, which may then be filled anew while the device still copies.
    // If the device still uses this part of the buffer, the copies wait for that.
    auto const part = buffer.slice(n % piece_count_in_buffer * numbers_per_piece, numbers_per_piece);
    transfer.upload_to(part, piece, [&](std::uint64_t done, std::uint64_t) { bar.show(n * piece_size + done); });

    // To look at the samples now would be to wait for the device. By the next piece they are here.
    right = all_right(samples) && right;
    samples = take_samples(transfer, part, n * numbers_per_piece);
  }
  right = all_right(samples) && right;
  bar.end();

  double const seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf("%llu GiB in %.1f s: %.2f GB/s; the samples are %s\n", static_cast<unsigned long long>(gibibytes),
              seconds, static_cast<double>(total) / 1e9 / seconds, right ? "right" : "WRONG");
  return right;
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::uint64_t const gibibytes = argument_count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1;
  if (gibibytes == 0) {
    std::fprintf(stderr, "usage: %s [GIBIBYTES]\n", arguments[0]);
    return 1;
  }
  try {
    return stream(gibibytes) ? 0 : 1;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
