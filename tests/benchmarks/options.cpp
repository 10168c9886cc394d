#include "benchmarks/options.hpp"

#include <bit>
#include <charconv>
#include <system_error>

namespace ashlar::bench {

char const* const options_text =
    "  --live N           allocations that live at the same time, for each thread (1 to 10000000)\n"
    "  --ops N            pairs of a free and an allocation, for each thread and pass (1 to 1000000000)\n"
    "  --passes N         passes over the same operations, default 1; of several the first is not timed\n"
    "  --sizes r256|raw   sizes rounded up to a multiple of 256, or as they are\n"
    "  --hi N             sizes are below 2^N, 9 to 30; each length from 2^8 on is as likely as any other\n"
    "  --threads N        1 to 64\n"
    "  --remote N         one in N frees is done by the next thread; 0, the default: none\n"
    "  --seed N           of the random numbers; each thread adds its index\n"
    "  --strategy default|min-memory\n"
    "  --granule N        of the free list: a power of two, or 0 for the smallest that will do; default 256\n"
    "  --granularity N    a power of two; above the granule each allocation is linear or optimal, at random\n"
    "  --fill F           of c3: above 0, below 1\n"
    "  --bytes N          of one transfer; on the device --ops times as many in uploads\n"
    "  --driver simulated|no-op\n"
    "                     the simulated driver in this process; no-op: with buffers of which nothing is checked.\n"
    "                     Without it the Vulkan loader's best device, or the one that ASHLAR_DEVICE names\n"
    "  --gpu NAME         of the simulated driver: a part of a GPU's name, default NVIDIA H100\n";

namespace {

/// The text as a number, decimal, or hexadecimal after 0x.
std::uint64_t number(std::string const& name, std::string const& text, std::uint64_t least, std::uint64_t most) {
  bool const hexadecimal = text.starts_with("0x");
  char const* const begin = text.c_str() + (hexadecimal ? 2 : 0);
  char const* const end = text.c_str() + text.size();
  std::uint64_t value = 0;
  auto const [stop, error] = std::from_chars(begin, end, value, hexadecimal ? 16 : 10);
  if (begin == end || stop != end || error != std::errc{} || value < least || value > most) {
    throw UsageError{name + " takes a number from " + std::to_string(least) + " to " + std::to_string(most) +
                     ", not '" + text + "'"};
  }
  return value;
}

std::uint32_t small_number(std::string const& name, std::string const& text, std::uint32_t least, std::uint32_t most) {
  return static_cast<std::uint32_t>(number(name, text, least, most));
}

std::uint64_t power_of_two(std::string const& name, std::string const& text, std::uint64_t least) {
  std::uint64_t const value = number(name, text, least, std::uint64_t{1} << 40U);
  if (value != 0 && !std::has_single_bit(value)) {
    throw UsageError{name + " takes a power of two, not '" + text + "'"};
  }
  return value;
}

double fraction(std::string const& name, std::string const& text) {
  double value = 0;
  char const* const end = text.c_str() + text.size();
  auto const [stop, error] = std::from_chars(text.c_str(), end, value);
  if (stop != end || error != std::errc{} || !(value > 0 && value < 1)) {
    throw UsageError{name + " takes a number above 0 and below 1, not '" + text + "'"};
  }
  return value;
}

/// Whether the text is the second of two words.
bool second_of(std::string const& name, std::string const& text, char const* first, char const* second) {
  if (text != first && text != second) {
    throw UsageError{name + " takes " + first + " or " + second + ", not '" + text + "'"};
  }
  return text == second;
}

void set_option(Options& options, std::string const& name, std::string const& value) {
  if (name == "--live") {
    options.live = small_number(name, value, 1, 10'000'000);
  } else if (name == "--ops") {
    options.ops = number(name, value, 1, 1'000'000'000);
  } else if (name == "--passes") {
    options.passes = small_number(name, value, 1, 1000);
  } else if (name == "--sizes") {
    options.sizes.rounded = !second_of(name, value, "r256", "raw");
  } else if (name == "--hi") {
    options.sizes.hi = small_number(name, value, 9, 30);
  } else if (name == "--threads") {
    options.threads = small_number(name, value, 1, 64);
  } else if (name == "--remote") {
    options.remote = small_number(name, value, 0, 1'000'000);
  } else if (name == "--seed") {
    options.seed = number(name, value, 0, ~std::uint64_t{0});
  } else if (name == "--strategy") {
    options.strategy = second_of(name, value, "default", "min-memory") ? SuballocationStrategy::MinMemory
                                                                       : SuballocationStrategy::Default;
  } else if (name == "--granule") {
    options.granule = power_of_two(name, value, 0);
  } else if (name == "--granularity") {
    options.granularity = power_of_two(name, value, 1);
  } else if (name == "--fill") {
    options.fill = fraction(name, value);
  } else if (name == "--bytes") {
    options.bytes = number(name, value, 1, std::uint64_t{1} << 40U);
  } else if (name == "--driver") {
    options.driver = second_of(name, value, "simulated", "no-op") ? DriverChoice::NoOp : DriverChoice::Simulated;
  } else if (name == "--gpu") {
    options.gpu = value;
  } else {
    throw UsageError{"there is no option '" + name + "'"};
  }
}

}  // namespace

Options parse_options(Options defaults, std::vector<std::string> const& arguments) {
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    if (i + 1 == arguments.size()) {
      throw UsageError{"'" + arguments[i] + "' has no value"};
    }
    set_option(defaults, arguments[i], arguments[i + 1]);
  }
  return defaults;
}

}  // namespace ashlar::bench
