#include "failure_sweep/watchdog.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>

namespace ashlar::test {

namespace {

constexpr unsigned patience = 240;  // Seconds, of which a run takes milliseconds.

char current[1024];

void print(char const* text) { static_cast<void>(!write(STDERR_FILENO, text, std::strlen(text))); }

void print_current(char const* problem) {
  print(problem);
  print(current);
  print("\n");
}

}  // namespace

void start_watchdog() {
  std::set_terminate([] {
    print_current("FAILED, std::terminate was called: ");
    std::abort();
  });
  std::signal(SIGSEGV, [](int) {
    print_current("FAILED, the memory is not valid that it uses: ");
    std::signal(SIGSEGV, SIG_DFL);
    static_cast<void>(std::raise(SIGSEGV));
  });
  std::signal(SIGALRM, [](int) {
    print_current("FAILED, it hangs: ");
    _exit(1);
  });
}

void begin(std::string const& gpu, std::string const& point) {
  std::string const text = gpu + ": " + point;
  std::strncpy(current, text.c_str(), sizeof current - 1);
  alarm(patience);
}

}  // namespace ashlar::test
