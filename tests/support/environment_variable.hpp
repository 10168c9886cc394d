#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace ashlar::test {

/// An environment variable of this process for the time of a test; null takes it away. Not for tests that run threads.
class EnvironmentVariable {
 public:
  EnvironmentVariable(char const* name, char const* value) : name_{name} {
    if (char const* const before = std::getenv(name)) {
      before_ = before;
    }
    set(value);
  }
  EnvironmentVariable(EnvironmentVariable const&) = delete;
  EnvironmentVariable& operator=(EnvironmentVariable const&) = delete;
  ~EnvironmentVariable() { set(before_ ? before_->c_str() : nullptr); }

 private:
#if defined(_WIN32)
  void set(char const* value) { _putenv_s(name_, value != nullptr ? value : ""); }
#else
  void set(char const* value) { value != nullptr ? setenv(name_, value, 1) : unsetenv(name_); }
#endif

  char const* name_;
  std::optional<std::string> before_;
};

}  // namespace ashlar::test
